"""The insights of a dashboard as a job of a child process, tested at the level its refreshes have left."""

import base64
import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from claribi.v1 import dashboards_pb2 as boards

from server.analysis.engine import find_insights
from server.analysis.job import read_request
from server.analysis.online import PROMISE, Budget


def run(payload: dict[str, Any], progress: Callable[[str, float], None]) -> bytes:
    """Insights, their evidence and statistics, as JSON {"dashboard": base64, "level", "passed", "at_most"}.

    Payload: as the analysis takes it, with `limit`; and either `level`, for data that were tested before, or
    `spendable` and `discoveries`, from which the level follows (server/analysis/online.py).
    """
    fixed = payload.get("level")
    budget = Budget(float(payload.get("spendable", PROMISE)), int(payload.get("discoveries", 0)))
    with ExitStack() as stack:
        level = budget.level if fixed is None else lambda _tests: float(fixed)
        board = find_insights(replace(read_request(payload, stack), level=level), progress)
    told = boards.Dashboard(insights=board.findings.insights, evidence=board.evidence)
    batch = board.findings.batch
    told.statistics.hypotheses_tested = board.findings.hypotheses_tested
    told.statistics.discoveries = board.findings.discoveries
    told.statistics.level = batch.level
    told.statistics.false_discovery_rate = PROMISE
    content = base64.b64encode(told.SerializeToString(deterministic=True)).decode()
    answer = {"dashboard": content, "level": batch.level, "passed": batch.passed, "at_most": batch.at_most}
    return json.dumps(answer).encode()
