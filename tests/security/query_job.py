"""A job that asks whatever it is told to, for the tests of bombs."""

from pathlib import Path
from typing import Any

from server.job import Progress
from server.query.engine import open_snapshot


def run(payload: dict[str, Any], progress: Progress) -> bytes:
    with open_snapshot(Path(payload["directory"]), memory_mb=128, threads=2) as query:
        return repr(query.rows(payload["sql"])).encode()
