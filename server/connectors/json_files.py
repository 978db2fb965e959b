"""JSON: an array of objects, or an object that holds one; and one object a line."""

import json
from collections.abc import Iterator
from typing import Any

from server.connectors.base import MAX_COLUMNS, Desk, RawTable, SourceFile, bad_file
from server.connectors.stage import stage_rows
from server.job import JobFailed

MAX_JSON_BYTES = 256 << 20
"""A JSON document is read whole; larger data belong into ndjson, which is read line by line."""
_MAX_LINE_BYTES = 16 << 20
Record = dict[str, Any]


class JsonConnector:
    """Documents of JSON."""

    engine = "json"

    def detect(self, file: SourceFile, head: bytes) -> bool:
        """By ending or media type."""
        return file.ending == "json" or file.content_type.partition(";")[0] == "application/json"

    def tables(self, file: SourceFile, desk: Desk) -> Iterator[RawTable]:
        """One table for the array of objects, or for each array of objects the object holds."""
        size = file.path.stat().st_size
        if size > MAX_JSON_BYTES:
            raise bad_file(
                f"{file.name} has {size:,} bytes; JSON may have {MAX_JSON_BYTES:,}. Send it as ndjson."
            )
        for name, records in _arrays(_parsed(file), file):
            yield stage_rows(
                desk,
                name,
                header := _keys(records),
                ([_cell(row.get(key)) for key in header] for row in records),
            )


class NdjsonConnector:
    """One JSON object a line."""

    engine = "ndjson"

    def detect(self, file: SourceFile, head: bytes) -> bool:
        """By ending or media type."""
        return file.ending in {"ndjson", "jsonl"} or file.content_type == "application/x-ndjson"

    def tables(self, file: SourceFile, desk: Desk) -> Iterator[RawTable]:
        """The one table of the file, read twice: for its keys, and for its values."""
        header: dict[str, None] = {}
        for record in _lines(file):
            header.update(dict.fromkeys(record))
            if len(header) > MAX_COLUMNS:
                break
        if not header:
            raise bad_file(f"{file.name} is empty.")
        keys = list(header)
        yield stage_rows(
            desk, file.stem, keys, ([_cell(row.get(key)) for key in keys] for row in _lines(file))
        )


def _parsed(file: SourceFile) -> Any:
    import orjson

    data = file.path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    if not data.strip():
        raise bad_file(f"{file.name} is empty.")
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise bad_file(
            f"{file.name}, line {error.lineno}, column {error.colno}: this is not JSON ({error.msg})."
        ) from None


def _not_json(where: str, error: json.JSONDecodeError) -> JobFailed:
    return bad_file(f"{where}, column {error.colno}: this is not JSON ({error.msg}).")


def _arrays(document: Any, file: SourceFile) -> list[tuple[str, list[Record]]]:
    if isinstance(document, list):
        return [(file.stem, _records(document, file.name))]
    if isinstance(document, dict):
        found = [(key, value) for key, value in document.items() if _is_table(value)]
        if len(found) == 1:
            return [(file.stem, _records(found[0][1], file.name))]
        if found:
            return [(key, _records(value, f"{file.name}, {key}")) for key, value in found]
    raise bad_file(f"{file.name} holds no table: send an array of objects, or an object that holds one.")


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _records(rows: list[Any], where: str) -> list[Record]:
    if not rows:
        raise bad_file(f"{where} is an empty array.")
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise bad_file(f"{where}, element {number}: expected an object, found {_kind(row)}.")
    return rows


def _keys(records: list[Record]) -> list[str]:
    header: dict[str, None] = {}
    for record in records:
        header.update(dict.fromkeys(record))
    if not header:
        raise bad_file("The objects have no keys.")
    return list(header)


def _lines(file: SourceFile) -> Iterator[Record]:
    import orjson

    with file.path.open("rb") as stream:
        for number, line in enumerate(iter(lambda: stream.readline(_MAX_LINE_BYTES + 1), b""), start=1):
            if len(line) > _MAX_LINE_BYTES:
                raise bad_file(f"{file.name}, line {number}: longer than {_MAX_LINE_BYTES:,} bytes.")
            text = line.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else line.strip()
            if not text:
                continue
            try:
                record = orjson.loads(text)
            except orjson.JSONDecodeError as error:
                raise bad_file(
                    f"{file.name}, line {number}, column {error.colno}: this is not JSON ({error.msg})."
                ) from None
            if not isinstance(record, dict):
                raise bad_file(f"{file.name}, line {number}: expected an object, found {_kind(record)}.")
            yield record


def _kind(value: Any) -> str:
    names = {list: "an array", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return value
