"""Forecasts against the future that was drawn with the past and held out."""

from dataclasses import dataclass

import numpy as np
from claribi.v1 import insights_pb2
from claribi.v1.insights_pb2 import Insight

from tests.quality.matching import bare, function_of
from tests.quality.tables import Array, World

STEPS = {
    insights_pb2.GRAIN_DAY: "D",
    insights_pb2.GRAIN_WEEK: "W",
    insights_pb2.GRAIN_MONTH: "M",
}


@dataclass(frozen=True)
class Foresight:
    """What came in the first period ahead, what was said, and whether the interval held it."""

    actual: float
    said: float
    held: bool


def _after(first: np.datetime64, step: str) -> np.datetime64:
    if step == "M":
        return (first.astype("datetime64[M]") + 1).astype("datetime64[D]")
    return first + (7 if step == "W" else 1)


def _total(
    insight: Insight, cells: dict[str, Array], world: World, span: tuple[np.datetime64, np.datetime64]
) -> float:
    days = cells[world.time].astype("datetime64[D]")
    inside = (days >= span[0]) & (days < span[1])
    if function_of(insight.subject.measure) == "count":
        return float(inside.sum())
    return float(np.nansum(cells[bare(insight.subject.measure.column, world)][inside]))


def foresight(insight: Insight, world: World) -> Foresight | None:
    """The first period of a forecast of rows or of a sum; None when what came is not known."""
    measure, grain = insight.subject.measure, insight.subject.time.grain
    plain = function_of(measure) == "count" or measure.expression.lower().startswith("sum(")
    if not world.future or grain not in STEPS or not plain or insight.subject.where:
        return None
    if not insight.statistics.HasField("interval") or function_of(measure) not in ("", "count"):
        return None
    first = np.datetime64(getattr(insight.subject.time, "from")[:10])
    span = (first, _after(first, STEPS[grain]))
    if span[1] > world.future[world.time].max().astype("datetime64[D]"):
        return None
    actual = sum(_total(insight, cells, world, span) for cells in (world.cells, world.future))
    interval = insight.statistics.interval
    return Foresight(actual, insight.magnitude.value, interval.low <= actual <= interval.high)
