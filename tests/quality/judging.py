"""Whether a claim is true in a table of which everything is known.

A claim ties things together: a measure, a dimension, the calendar, another measure. It is `true` when it tells the
planted truth, a `consequence` when what it ties together have a cause in common in the world's causal picture (the
sum that rises since the rows do, the slice that carries the change, the copy that follows its original), and else
`false`. False claims have a reason: independent (nothing ties them), time (the calendar does, not in this way or not
then), trend_on_trend (two series that share nothing but the calendar), censored, partial, unit_jump, or direction.
"""

from dataclasses import dataclass

import numpy as np
from claribi.v1.insights_pb2 import Insight

from tests.quality.matching import bare, columns_in, dimensions_of, function_of, kind_of, match, touches, way
from tests.quality.tables import ROWS, TIME, World
from tests.quality.truths import DOWN, UP, Truth

TRUE, CONSEQUENCE, FALSE = "true", "consequence", "false"
IN_TIME = ("change", "trend", "change_point", "outlier", "seasonality", "driver", "forecast")
SHAPES = {
    "change": {"shift", "slope", "spike", "cycle"},
    "trend": {"slope", "shift"},
    "change_point": {"shift"},
    "outlier": {"spike", "shift"},
    "seasonality": {"cycle"},
    "driver": {"shift", "slope", "spike", "cycle"},
    "mix_shift": {"shift", "slope"},
    "forecast": {"shift", "slope", "spike", "cycle"},
}


@dataclass(frozen=True)
class Verdict:
    """What a claim is, and when false why."""

    what: str
    why: str = ""


def judge(insight: Insight, truth: Truth | None, world: World) -> Verdict:
    """The verdict on one claim; data quality has its own suite and is not judged here."""
    if truth is not None:
        told = match(insight, truth, world)
        if told.told:
            return Verdict(TRUE)
        if told.wrong_way and kind_of(insight) == truth.types[0]:
            return Verdict(FALSE, "direction")
    kind = kind_of(insight)
    nodes = measure_nodes(insight, world)
    if kind == "evenness":
        return _even(insight, nodes, world)
    if kind == "correlation":
        return _correlated(insight, nodes, world)
    if kind == "forecast":
        return Verdict(CONSEQUENCE)  # its interval is judged by what came, not by causes
    if kind in IN_TIME:
        return _in_time(insight, kind, nodes, world)
    return _grouped(insight, nodes, world)


def measure_nodes(insight: Insight, world: World) -> set[str]:
    """The nodes of the causal picture that a measure stands on."""
    measure = insight.subject.measure
    function = function_of(measure)
    if function == "duration":
        return {"#duration"} | (
            columns_in(measure.expression, world) - {world.time} if not world.span[0] else set()
        )
    nodes = (
        {bare(measure.column, world)} if measure.HasField("column") else columns_in(measure.expression, world)
    )
    nodes -= {world.time}
    if function == "count" or measure.expression.lower().startswith(("sum(", "count(")):
        nodes.add(ROWS)
    return nodes


def _tied(nodes: set[str], column: str, world: World) -> bool:
    if any(world.dependent(node, column) for node in nodes):
        return True
    return ROWS in nodes and _unequal(column, world)


def _unequal(column: str, world: World) -> bool:
    """Whether the column's members differ in rows by design; flags and states always do."""
    flag = column in world.cells and world.cells[column].dtype == bool
    return flag or column in world.uneven or column == world.state


def _source(column: str, world: World) -> str:
    """The column a derived dimension is made of."""
    if column in world.cells:
        return column
    if world.time and world.time in column:
        return world.time
    named = columns_in(column, world)
    return min(named) if named else column.rsplit(".", maxsplit=1)[-1]


def _grouped(insight: Insight, nodes: set[str], world: World) -> Verdict:
    for column in dimensions_of(insight, world):
        source = _source(column, world)
        if source == world.time:
            if any(TIME in world.ancestors(node) for node in nodes):
                return Verdict(CONSEQUENCE)
            continue
        if _tied(nodes - {source}, source, world):
            return _right_way(insight, world)
    if "censored" in world.traps and "#duration" in nodes and insight.subject.HasField("time"):
        return Verdict(FALSE, "censored")
    return Verdict(FALSE, "independent")


def _right_way(insight: Insight, world: World) -> Verdict:
    """A group difference in means of a plain column is computed again in the table."""
    subject = insight.subject
    column, dimension = bare(subject.measure.column, world), bare(subject.dimension.column, world)
    plain = (
        subject.measure.expression.lower().startswith("av")
        and column in world.cells
        and dimension in world.cells
    )
    if (
        kind_of(insight) != "group_difference"
        or not plain
        or subject.where
        or not subject.dimension.HasField("member")
    ):
        return Verdict(CONSEQUENCE)
    labels = world.cells[dimension]
    named = [subject.dimension.member, *subject.dimension.other_members]
    inside = np.isin(labels.astype(str), named)
    values = world.cells[column]
    if not inside.any() or inside.all() or values.dtype.kind not in "if":
        return Verdict(CONSEQUENCE)
    higher = np.nanmean(values[inside]) > np.nanmean(values[~inside])
    opposite = (way(insight) == UP and not higher) or (way(insight) == DOWN and higher)
    return Verdict(FALSE, "direction") if opposite else Verdict(CONSEQUENCE)


def _in_time(insight: Insight, kind: str, nodes: set[str], world: World) -> Verdict:
    subject = insight.subject
    if "#duration" in nodes and "censored" in world.traps:
        return Verdict(FALSE, "censored")
    if kind == "outlier" and not getattr(subject.time, "from") and subject.HasField("dimension"):
        return _grouped(insight, nodes, world)
    if not any(TIME in world.ancestors(node) for node in nodes):
        return Verdict(FALSE, _slip(insight, kind, world))
    beats = [beat for beat in world.beats if any(beat.measure in world.ancestors(node) for node in nodes)]
    for beat in beats:
        if beat.shape in SHAPES[kind] and _when(insight, kind, beat.window):
            return Verdict(CONSEQUENCE)
    censored = "censored" in world.traps and world.state in nodes
    return Verdict(FALSE, "censored" if censored else "time")


def _when(insight: Insight, kind: str, window: tuple[str, str]) -> bool:
    return kind in ("change", "driver", "trend", "seasonality") or touches(insight, window)


def _slip(insight: Insight, kind: str, world: World) -> str:
    if "unit_jump" in world.traps:
        return "unit_jump"
    return "partial" if kind in ("change", "outlier", "driver") and _at_end(insight, world) else "independent"


def _at_end(insight: Insight, world: World) -> bool:
    """Whether the claim's time runs into the last, incomplete month."""
    last = world.cells[world.time].max().astype("datetime64[D]")
    whole = (last + 1).astype("datetime64[M]").astype("datetime64[D]") == last + 1
    return not whole and insight.subject.time.to[:10] >= str(
        last.astype("datetime64[M]").astype("datetime64[D]")
    )


def _correlated(insight: Insight, nodes: set[str], world: World) -> Verdict:
    second = _source(bare(insight.subject.second.column, world), world)
    tied = set().union(*(world.dependent(node, second) for node in nodes - {ROWS}), set())
    if not tied and ROWS in nodes and not (nodes - {ROWS}):
        tied = world.dependent(ROWS, second)
    if tied - {TIME}:
        return Verdict(CONSEQUENCE)
    return Verdict(FALSE, "trend_on_trend" if tied or world.series else "independent")


def _even(insight: Insight, nodes: set[str], world: World) -> Verdict:
    for column in dimensions_of(insight, world):
        if _tied(nodes, _source(column, world), world) and not _alike(insight, column, world):
            return Verdict(FALSE, "uneven")
    return Verdict(CONSEQUENCE)


def _alike(insight: Insight, dimension: str, world: World) -> bool:
    """Whether the members' means of a plain column lie within a tenth of the whole's, in the table itself."""
    measure = insight.subject.measure
    column = bare(measure.column, world)
    if not measure.expression.lower().startswith("av") or not {column, dimension} <= set(world.cells):
        return False
    values, labels = world.cells[column].astype(float), world.cells[dimension].astype(str)
    means = [float(np.nanmean(values[labels == label])) for label in sorted(set(labels))]
    return max(abs(mean / float(np.nanmean(values)) - 1) for mean in means) <= 0.1
