"""The job of a child process that turns a report into its file, or into the page behind a public link."""

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

from server.exports import format_of
from server.exports.page import dashboard_page, report_page

Progress = Callable[[str, float], None]
M = TypeVar("M", bound=Message)


def run(payload: Mapping[str, Any], progress: Progress) -> bytes:
    """Writes the file of a report and answers what was written.

    `payload`: `report` (a serialized Report in base64) or `report_path` (a file of one), `format` (a word of
    `FORMATS`), `output` (the path to write; complete or absent, never half). The answer is JSON:
    `{"content_type", "size" (bytes), "sha256" (hexadecimal), "extension"}`.
    Raises ValueError naming the entry that is wrong.
    """
    form = format_of(_given(payload, "format"))
    output = Path(_given(payload, "output"))
    report = _message(payload, "report", reports_pb2.Report)
    progress("Rendering", 0.0)
    data = form.render(report)
    _write(output, data)
    progress("Rendering", 1.0)
    answer = {
        "content_type": form.content_type,
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "extension": form.extension,
    }
    return json.dumps(answer).encode()


def shared_page(payload: Mapping[str, Any], _progress: Progress) -> bytes:
    """The shared page of a report or dashboard, as HTML.

    `payload`: `report` with `download_url` (a path on this server, or null), or `dashboard`; serialized messages in
    base64. Raises ValueError naming the entry that is wrong.
    """
    if "dashboard" in payload:
        return dashboard_page(_message(payload, "dashboard", dashboards_pb2.Dashboard))
    report = _message(payload, "report", reports_pb2.Report)
    return report_page(report, download_url=payload.get("download_url"))


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
