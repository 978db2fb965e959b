"""The shop and the month: of each measure of a panel the thing that lies furthest from its own course, and when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from server.analysis.cells import cells_of
from server.analysis.columns import Dimension, Measure
from server.analysis.facts import SLICE_MEMBERS, Breakdown, Facts, broken_down, native_grain
from server.analysis.far_cells import FarCell, far_cell
from server.analysis.series import Series, member_series

MOST_CELLS = 300_000
FILLED = 0.8  # of the cells of things and periods, for the things to be those that stand in every period
ALONE = 1.05  # rows a cell holds at most on the average, for its thing to be what a row is of


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
    things = _things(facts)
    if things is None or facts.timeline is None:
        return
    measures = [m for m in facts.measures if not (m.counts_rows or m.is_share or m.is_word)]
    if not measures:
        return
    (breakdown,) = broken_down(facts, [things], native_grain(facts.timeline))
    for measure in measures:
        far = _far(facts, breakdown, measure)
        if far is not None:
            yield far


def _things(facts: Facts) -> Dimension | None:
    """The column whose members have one row each in nearly every period."""
    if facts.timeline is None or not facts.is_panel:
        return None
    periods = len(facts.timeline.starts)
    entity = () if facts.plan.entity is None else (facts.plan.entity,)
    known: tuple[Dimension, ...] = (
        *entity,
        *facts.plan.ranked,
        *(found.dimension for found in facts.breakdowns),
    )
    for dimension in known:
        cells = dimension.distinct * periods
        alone = FILLED * cells <= facts.rows <= ALONE * cells
        if alone and dimension.distinct > SLICE_MEMBERS and cells <= MOST_CELLS:
            return dimension
    return None


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
