"""The shop and the month: of each measure of a panel the thing that lies furthest from its own course, and when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from server.analysis.cells import cells_of
from server.analysis.columns import Measure
from server.analysis.facts import SLICE_MEMBERS, Breakdown, Facts, broken_down, native_grain
from server.analysis.far_cells import FarCell, far_cell
from server.analysis.series import Series, member_series


@dataclass(frozen=True)
class FarThing:
    """The cell that lies furthest, with the course of its thing, when and how much, and of how many cells."""

    cell: FarCell
    series: Series
    start: datetime
    value: float
    cells: int


def far_things(facts: Facts) -> Iterator[FarThing]:
    """One for each measure; none where the table is no panel, or its things are few enough to be followed singly."""
    things, timeline = facts.things, facts.timeline
    if things is None or timeline is None or things.dimension.distinct <= SLICE_MEMBERS:
        return
    grain = native_grain(timeline)
    if things.grain != grain:
        (things,) = broken_down(facts, [things.dimension], grain)
    for measure in facts.measures:
        if measure.counts_rows or measure.is_share or measure.is_word:
            continue
        far = _far(facts, things, measure)
        if far is not None:
            yield far


def _far(facts: Facts, breakdown: Breakdown, measure: Measure) -> FarThing | None:
    cells = cells_of(facts, breakdown, measure, grain=breakdown.grain)
    if cells is None or facts.comes_with_age(measure):
        return None
    with np.errstate(invalid="ignore", divide="ignore"):
        values = np.where(cells.n > 0, cells.total / (1.0 if measure.additive else cells.n), np.nan)
    cell = far_cell(values)
    series = (
        None
        if cell is None
        else member_series(facts, breakdown, measure, member=cell.thing, grain=cells.grain)
    )
    if cell is None or series is None or cells.starts[cell.period] not in series.starts:
        return None
    value = float(values[cell.thing, cell.period])
    return FarThing(cell, series, cells.starts[cell.period], value, int(np.isfinite(values).sum()))
