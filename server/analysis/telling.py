"""The analysis with its sentences beside it, as a job of a child process."""

from base64 import b64encode
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from typing import Any

import orjson

from server.analysis.engine import write_report
from server.analysis.job import checked_request
from server.analysis.spoken import sentences


def run(payload: dict[str, Any], progress: Callable[[str, float], None]) -> bytes:
    """As `job.run`, answering JSON: {"report": base64, "sentences": [{"text", "figures", "names"}], "names"}.

    Raises JobFailed when the period cannot be read.
    """
    with ExitStack() as stack:
        written = write_report(checked_request(payload, stack), progress)
    report = b64encode(written.report.SerializeToString(deterministic=True)).decode()
    told = [asdict(sentence) for sentence in sentences(written)]
    return orjson.dumps({"report": report, "sentences": told, "names": sorted(written.ledger.names)})
