"""From a question that was read to its answer."""

import logging
from collections.abc import Sequence

from claribi.v1 import insights_pb2 as insights

from server.analysis.answers.comparisons import comparison
from server.analysis.answers.found import concentration, forecast, outliers, quality, with_trend
from server.analysis.answers.growth import growth
from server.analysis.answers.moves import change, development
from server.analysis.answers.numbers import number
from server.analysis.answers.relations import relation
from server.analysis.answers.tables import breakdown, ranking
from server.analysis.answers.wording import Answer
from server.analysis.asking.reading import Goal, Reading
from server.analysis.evidence import Ledger, NoValue
from server.analysis.hypothesis import Findings
from server.query.engine import QueryError

log = logging.getLogger(__name__)

_COMPUTED = {
    Goal.NUMBER: number,
    Goal.BREAKDOWN: breakdown,
    Goal.RANKING: ranking,
    Goal.CHANGE: change,
    Goal.WHY: change,
    Goal.DEVELOPMENT: development,
    Goal.COMPARISON: comparison,
    Goal.RELATION: relation,
    Goal.CONCENTRATION: concentration,
    Goal.GROWTH: growth,
}


def answer_to(
    reading: Reading | None,
    findings: Findings,
    faults: Sequence[insights.QualityFinding],
    ledger: Ledger,
) -> Answer | None:
    """The direct answer; None when the question names nothing that can be computed.

    A comparison or a move that has no second number falls back on the number itself.
    """
    if reading is None:
        return None
    if reading.goal is Goal.QUALITY:
        return quality(faults, ledger)
    if reading.goal is Goal.FORECAST:
        return forecast(reading, findings, ledger) if reading.known else None
    if reading.goal is Goal.OUTLIERS:
        return outliers(reading, findings, ledger)
    compute = _COMPUTED.get(reading.goal)
    if compute is None or not reading.known:
        return None
    try:
        answer = compute(reading, ledger) or number(reading, ledger)
    except NoValue:
        return None
    except QueryError as refused:
        log.error("question not answered: %s", refused)
        return None  # better a report without the answer than none
    return with_trend(reading, answer, findings, ledger) if reading.goal is Goal.DEVELOPMENT else answer
