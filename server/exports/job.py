"""The job of a child process that turns a report into its file."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from claribi.v1 import dashboards_pb2, reports_pb2
from google.protobuf.message import DecodeError, Message

from server.exports import format_of, page

Progress = Callable[[str, float], None]
M = TypeVar("M", bound=Message)


def run(payload: Mapping[str, Any], progress: Progress) -> bytes:
    """Writes the file of a report, or the page behind a public link, and answers what was written.

    `payload`: `output` (the path to write; complete or absent, never half), the content, and either
    `format` (a word of `FORMATS`; the content is `report`) or
    `page` ("report" with an optional `download_url`, or "dashboard"; the content is `report` or `dashboard`).
    The content is a serialized message in base64; a report may come as `report_path`, a file of it, instead.
    The answer is JSON: `{"content_type", "size" (bytes), "sha256" (hexadecimal), "extension"}`.
    Raises ValueError naming the entry that is wrong.
    """
    output = Path(_given(payload, "output"))
    progress("Rendering", 0.0)
    content_type, extension, data = _page(payload) if "page" in payload else _file(payload)
    _write(output, data)
    progress("Rendering", 1.0)
    answer = {
        "content_type": content_type,
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "extension": extension,
    }
    return json.dumps(answer).encode()


def _file(payload: Mapping[str, Any]) -> tuple[str, str, bytes]:
    form = format_of(_given(payload, "format"))
    return form.content_type, form.extension, form.render(_message(payload, "report", reports_pb2.Report))


def _page(payload: Mapping[str, Any]) -> tuple[str, str, bytes]:
    kind = _given(payload, "page")
    if kind == "report":
        report = _message(payload, "report", reports_pb2.Report)
        data = page.report_page(report, download_url=payload.get("download_url"))
    elif kind == "dashboard":
        data = page.dashboard_page(_message(payload, "dashboard", dashboards_pb2.Dashboard))
    else:
        raise ValueError(f"There is no page {kind!r}; the pages are {', '.join(page.KINDS)}.")
    return page.PAGE_HEADERS["Content-Type"], "html", data


def page(payload: Mapping[str, Any], _progress: Progress) -> bytes:
    """The shared page of a report or dashboard, as HTML.

    `payload`: `report` with `download_url` (or null), or `dashboard`; serialized messages in base64.
    """
    if "dashboard" in payload:
        board = base64.b64decode(_given(payload, "dashboard"), validate=True)
        return dashboard_page(dashboards_pb2.Dashboard.FromString(board))
    return report_page(_report(payload), download_url=payload.get("download_url"))


def _given(payload: Mapping[str, Any], name: str) -> str:
    value = payload.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"The payload needs {name!r}, a text.")
    return value


def _message(payload: Mapping[str, Any], name: str, message: type[M]) -> M:
    path = payload.get(f"{name}_path")
    data = Path(path).read_bytes() if path else _decoded(_given(payload, name), name)
    try:
        return message.FromString(data)
    except DecodeError as error:
        raise ValueError(f"The payload's {name!r} is not a serialized {message.__name__}.") from error


def _decoded(text: str, name: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"The payload's {name!r} is not base64.") from error


def _write(output: Path, data: bytes) -> None:
    partial = output.with_name(output.name + ".partial")
    partial.write_bytes(data)
    os.replace(partial, output)
