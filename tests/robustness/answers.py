"""What holds of every answer, whatever was asked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from tests.support.transports import ERRORS

ALWAYS = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "x-request-id")
# What would tell a stranger about the machine or the code.
LEAKS = re.compile(
    r"Traceback|File \"|\.py\b|site-packages|sqlalchemy|sqlite3|SELECT |INSERT |/tmp/|/home/|/usr/|/data/|"
    r"0x[0-9a-f]{8}|claribi\.v1\.|google\.protobuf|Error:|Exception",
)
SLOW_BODY = 408


def problems(status: int, raw_headers: list[tuple[bytes, bytes]], body: bytes) -> Iterator[str]:
    """What is wrong with an HTTP answer."""
    names = [name.decode() for name, _ in raw_headers]
    if len(names) != len(set(names)):
        yield f"a header is sent twice: {sorted(names)}"
    headers = {name.decode(): value.decode() for name, value in raw_headers}
    for name in ALWAYS:
        if not headers.get(name):
            yield f"no {name}"
    if not 200 <= status < 500:
        yield f"status {status}"
    if status >= 400:
        yield from _envelope(status, headers, body)
    elif body and headers.get("content-type", "").startswith("application/json"):
        json.loads(body)


def _envelope(status: int, headers: Mapping[str, str], body: bytes) -> Iterator[str]:
    if headers.get("content-type") != "application/json":
        yield f"an error in {headers.get('content-type')}"
        return
    if not body:  # the answer to HEAD
        return
    document = json.loads(body)
    if set(document) != {"error"} or set(document["error"]) != {"message", "code", "details"}:
        yield f"not the envelope: {document!r:.300}"
        return
    error = document["error"]
    row = ERRORS.rows.get(error["code"])
    if row is None or status not in (row.http, SLOW_BODY):
        yield f"code {error['code']} with status {status}"
    if not error["message"] or not isinstance(error["details"], dict):
        yield f"an empty message or details that are no object: {error!r:.300}"
    yield from leaks(error["message"], error["details"])


def leaks(message: str, details: Mapping[str, object]) -> Iterator[str]:
    """What an error gives away: what was sent may come back in quotes, the rest of the text is ours."""
    texts = [
        message,
        *(
            str(text)
            for value in details.values()
            for text in (value if isinstance(value, list) else [value])
        ),
    ]
    for text in texts:
        found = LEAKS.search(re.sub(r"'[^']*'", "''", text))
        if found:
            yield f"tells {found[0]!r}: {text!r:.300}"
