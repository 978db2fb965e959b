"""The tables of two runs, side by side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from claribi.v1 import data_sources_pb2 as data_sources

from server.analysis.columns import Measure, Plan, plan_table, row_count
from server.analysis.compare.runs import Run, Runs, Snapshot
from server.analysis.derived.plan import derive
from server.analysis.formats import label
from server.analysis.request import AnalysisRequest
from server.analysis.scope import Scope, Statement
from server.query.engine import QueryError
from server.query.sql import quote, select

MEASURES = 6  # of a table that are compared


@dataclass(frozen=True)
class Side:
    """A table on one side: its rows in the period of the run, and the same in the period of the other."""

    own: Scope
    other_period: Scope


@dataclass(frozen=True)
class Pair:
    """A table of both runs."""

    before: Side
    after: Side
    plan: Plan
    measures: tuple[Measure, ...]


@dataclass
class Tables:
    """What could be compared, and the names of tables and measures that could not."""

    pairs: list[Pair] = field(default_factory=list)
    unlike: list[str] = field(default_factory=list)


def read_tables(runs: Runs, asked: Callable[[str], bool], now: datetime) -> Tables:
    """The tables both runs have, while both snapshots are there and anything can differ."""
    tables = Tables()
    for source_id, other in runs.counterpart.items():
        before, after = runs.before.snapshots[source_id], runs.after.snapshots[other]
        if before.query is None or after.query is None:
            continue
        if runs.same_period and runs.same_data(source_id):
            continue
        for table in after.schema.tables:
            try:
                pair = _pair(runs, before, after, table=table, asked=asked, now=now)
            except QueryError:
                tables.unlike.append(label(table.name))
                continue
            lost = [m for m in pair.measures if not _fits(pair, m.total)]
            tables.unlike += [f"{measure.name} in {label(table.name)}" for measure in lost]
            tables.pairs.append(_without(pair, lost))
    return tables


def _pair(
    runs: Runs,
    before: Snapshot,
    after: Snapshot,
    *,
    table: data_sources.DataTable,
    asked: Callable[[str], bool],
    now: datetime,
) -> Pair:
    plan = plan_table(table, asked)
    whole = Scope(after.source_id, after.hash, after.reader, table.name, table.rows, plan.time)
    plan = derive(whole, table, plan, asked)
    periods = [_period(run, now) for run in (runs.before, runs.after)]
    first = _side(before, table, plan, periods=periods)
    second = _side(after, table, plan, periods=periods[::-1])
    measures = plan.measures[:MEASURES]
    if _single_rows(first.own) and _single_rows(second.own):
        # One row a moment holds levels: adding them up would mean nothing.
        return Pair(
            first, second, plan, tuple(replace(m, aggregation="average", level=True) for m in measures)
        )
    return Pair(first, second, plan, (*measures, row_count(table.name)))


def _without(pair: Pair, lost: Sequence[Measure]) -> Pair:
    """The table without measures and dimensions that one side cannot be asked for."""
    dimensions = tuple(d for d in pair.plan.dimensions if _fits(pair, d.value))
    measures = tuple(measure for measure in pair.measures if measure not in lost)
    return replace(pair, plan=replace(pair.plan, dimensions=dimensions), measures=measures)


def _fits(pair: Pair, expression: str) -> bool:
    """Whether both sides have the columns, of the types, that an expression asks for; no row is read."""
    for side in (pair.before, pair.after):
        scope = side.own
        try:
            scope.fetch(Statement(select([expression], quote(scope.table), limit=0)))
        except QueryError:
            return False
    return True


def _side(
    snapshot: Snapshot,
    table: data_sources.DataTable,
    plan: Plan,
    *,
    periods: Sequence[tuple[datetime, datetime] | None],
) -> Side:
    bare = Scope(snapshot.source_id, snapshot.hash, snapshot.reader, table.name, 0, plan.time)
    rows = int(bare.fetch(bare.select(["count(*)"]))[0][0])
    own, other = (replace(bare, rows=rows, period=period) for period in periods)
    return Side(own, other)


def _period(run: Run, now: datetime) -> tuple[datetime, datetime] | None:
    return AnalysisRequest(run.report, (), now).period()


def _single_rows(scope: Scope) -> bool:
    if scope.time is None:
        return False
    rows, moments = scope.fetch(
        scope.select([f"count({scope.time.value})", f"count(distinct {scope.time.value})"])
    )[0]
    return bool(rows > 1 and rows == moments)
