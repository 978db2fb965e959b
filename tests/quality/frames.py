"""SELECT statements over data frames, by pandas: joins, conditions, groups, windows, order.

Only what the queries of evidence use; anything else is refused, never guessed. Columns of a frame in work are pairs of
the name they came by and their own.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sqlglot import exp

from tests.quality.frame_values import Context, NotExpressed, as_numbers, moments, numbers, truth, values

Tables = Mapping[str, pd.DataFrame]
_AGGREGATES: dict[Any, Any] = {
    exp.Sum: lambda groups: groups.sum(min_count=1),
    exp.Avg: lambda groups: groups.mean(),
    exp.Median: lambda groups: groups.median(),
    exp.StddevSamp: lambda groups: groups.std(ddof=1),
    exp.StddevPop: lambda groups: groups.std(ddof=0),
    exp.Variance: lambda groups: groups.var(ddof=1),
}
_STEPS = {"month": 1, "quarter": 3, "year": 12}
_CLAUSES = {
    "expressions",
    "distinct",
    "from_",
    "from",
    "joins",
    "where",
    "group",
    "order",
    "limit",
    "with_",
    "with",
}


def relation(select: Any, tables: Tables) -> pd.DataFrame:
    """The rows of a SELECT, its columns by their names in order. Raises NotExpressed."""
    if not isinstance(select, exp.Select):
        raise NotExpressed(type(select).__name__)
    unknown = {name for name, value in select.args.items() if value and name not in _CLAUSES}
    if unknown:
        raise NotExpressed(", ".join(sorted(unknown)))
    known = dict(tables)
    for step in (select.args.get("with_") or select.args.get("with") or exp.With()).args.get(
        "expressions"
    ) or ():
        known[step.alias] = relation(step.this, known)
    frame = _source(select, known)
    if where := select.args.get("where"):
        frame = frame[truth(where.this, _context(frame, known))]
    if len(select.expressions) == 1 and isinstance(select.expressions[0].unalias(), exp.Explode):
        return _series(select.expressions[0], _context(frame, known))
    return _picked(select, frame, known)


def cell(select: Any, tables: Tables) -> float | None:
    """The one cell of a SELECT as a number; None for NULL. Raises NotExpressed."""
    rows = relation(select, tables)
    if rows.shape != (1, 1):
        raise NotExpressed(f"a cell of {rows.shape[0]} rows")
    value = float(as_numbers(rows.iloc[:, 0]).iloc[0])
    return None if np.isnan(value) else value


def _context(frame: pd.DataFrame, tables: Tables) -> Context:
    return Context(frame, lambda select: cell(select, tables), lambda select: relation(select, tables))


def _source(select: Any, tables: Tables) -> pd.DataFrame:
    source = select.args.get("from_") or select.args.get("from")
    if source is None:
        return pd.DataFrame(index=range(1))
    frame = _named(source.this, tables)
    for join in select.args.get("joins") or ():
        frame = _joined(frame, join, tables)
    return frame


def _named(item: Any, tables: Tables) -> pd.DataFrame:
    if isinstance(item, exp.Table):
        if item.name not in tables:
            raise NotExpressed(f"table {item.name}")
        found = tables[item.name]
    elif isinstance(item, exp.Subquery):
        found = relation(item.this, tables)
    elif isinstance(item, exp.Values):
        found = _listed(item)
    else:
        raise NotExpressed(type(item).__name__)
    name = item.alias or (item.name if isinstance(item, exp.Table) else "")
    named = found.copy(deep=False)
    named.columns = pd.Index([(name, column) for column in found.columns], tupleize_cols=False)
    return named.reset_index(drop=True)


def _listed(item: Any) -> pd.DataFrame:
    alone = _context(pd.DataFrame(index=range(1)), {})
    rows = [[values(part, alone).iloc[0] for part in row.expressions] for row in item.expressions]
    return pd.DataFrame(rows, columns=[column.name for column in item.args["alias"].columns])


def _joined(left: pd.DataFrame, join: Any, tables: Tables) -> pd.DataFrame:
    """Every pair of rows that the condition holds of; of a left join, rows without a partner too."""
    right = _named(join.this, tables)
    on, using = join.args.get("on"), join.args.get("using")
    outer = join.side == "LEFT"
    if using:
        pairs = _equal(left, right, [(left, right, name.name) for name in using])
        right = right[[column for column in right.columns if column[1] not in {name.name for name in using}]]
    elif isinstance(on, exp.EQ):
        pairs = _keyed(left, right, on, tables)
    else:
        pairs = _crossed(len(left), len(right))
    made = _side_by_side(left, right, pairs)
    if on is not None and not isinstance(on, exp.EQ):
        made = made[truth(on, _context(made, tables))].reset_index(drop=True)
    if outer:
        lone = left[~left.index.isin(pairs[0])]
        made = pd.concat([made, lone], ignore_index=True)
    return made


def _side_by_side(left: pd.DataFrame, right: pd.DataFrame, pairs: tuple[Any, Any]) -> pd.DataFrame:
    first, second = left.iloc[pairs[0]], right.iloc[pairs[1]]
    return pd.concat([first.reset_index(drop=True), second.reset_index(drop=True)], axis=1)


def _crossed(left: int, right: int) -> tuple[Any, Any]:
    return np.repeat(np.arange(left), right), np.tile(np.arange(right), left)


def _equal(left: pd.DataFrame, right: pd.DataFrame, keys: list[Any]) -> tuple[Any, Any]:
    if len(keys) != 1:
        raise NotExpressed("using several columns")
    name = keys[0][2]
    column = exp.column(name)
    return _matched(_context(left, {}).column(column), _context(right, {}).column(column))


def _keyed(left: pd.DataFrame, right: pd.DataFrame, on: Any, tables: Tables) -> tuple[Any, Any]:
    sides = []
    for node in (on.this, on.expression):
        try:
            sides.append((0, values(node, _context(left, tables))))
        except NotExpressed:
            sides.append((1, values(node, _context(right, tables))))
    ordered = dict(sides)
    if set(ordered) != {0, 1}:
        raise NotExpressed("a join on one side")
    return _matched(ordered[0], ordered[1])


def _matched(left: pd.Series, right: pd.Series) -> tuple[Any, Any]:
    if left.dtype.kind == "M" or right.dtype.kind == "M":
        left, right = moments(left), moments(right)
    one = pd.DataFrame({"key": left.to_numpy(), "a": np.arange(len(left))}).dropna()
    other = pd.DataFrame({"key": right.to_numpy(), "b": np.arange(len(right))}).dropna()
    both = one.merge(other, on="key").sort_values(["a", "b"])
    return both["a"].to_numpy(), both["b"].to_numpy()


def _series(item: Any, context: Context) -> pd.DataFrame:
    """Moments from the first to the last, a step apart."""
    made = item.find(exp.GenerateSeries)
    start, end = (moments(values(made.args[name], context)).iloc[0] for name in ("start", "end"))
    grain = made.args["step"].unit.name.lower()
    step = (
        pd.DateOffset(months=_STEPS[grain])
        if grain in _STEPS
        else pd.Timedelta(1, unit={"week": "W"}.get(grain, grain))
    )
    found = []
    while start <= end:
        found.append(start)
        start = start + step
    return pd.DataFrame({item.alias_or_name: moments(pd.Series(found))})


class _Groups(Context):
    """Groups of rows: aggregates, and what the rows were grouped by."""

    def __init__(self, inner: Context, keys: list[Any]) -> None:
        parts = [inner.constant(0), *(values(key, inner) for key in keys)]
        frame = pd.concat([part.reset_index(drop=True) for part in parts], axis=1, keys=range(len(parts)))
        places = frame.groupby(list(frame.columns), dropna=False, sort=False).ngroup().to_numpy()
        self.places, self.inner = pd.Series(places, index=inner.index), inner
        count = int(places.max()) + 1 if len(places) else int(not keys)
        super().__init__(pd.DataFrame(index=range(count)), inner.cell_of, inner.rows_of)
        for key, part in zip(keys, parts[1:], strict=True):
            firsts = part.groupby(self.places, sort=True).nth(0).to_numpy() if len(part) else part.to_numpy()
            self.known[key.sql()] = pd.Series(firsts, index=self.index, dtype=part.dtype)

    def column(self, node: Any) -> pd.Series:
        raise NotExpressed(f"column {node.sql()} outside of its group")

    def aggregate(self, node: Any) -> pd.Series:
        if isinstance(node, exp.IgnoreNulls):
            return self.aggregate(node.this)
        if isinstance(node, exp.Filter):
            kept = truth(node.expression.this, self.inner)
            return self._aggregate(node.this, kept)
        return self._aggregate(node, self.inner.constant(True).astype(bool))

    def _aggregate(self, node: Any, kept: pd.Series) -> pd.Series:
        places = self.places[kept]
        if isinstance(node, exp.Count | exp.CountIf):
            return self._count(node, kept)
        if isinstance(node, exp.Corr | exp.PercentileCont):
            return self._of_two(node, kept)
        column = values(node.this, self.inner)[kept]
        if isinstance(node, exp.Min | exp.Max | exp.AnyValue):
            found = column.dropna().groupby(places)
            told = (
                found.first()
                if isinstance(node, exp.AnyValue)
                else found.agg("min" if isinstance(node, exp.Min) else "max")
            )
            return told.reindex(self.index)
        take = _AGGREGATES.get(type(node))
        if take is None:
            raise NotExpressed(type(node).__name__)
        return take(as_numbers(column).groupby(places)).reindex(self.index)

    def _count(self, node: Any, kept: pd.Series) -> pd.Series:
        if isinstance(node, exp.CountIf):
            column: Any = truth(node.this, self.inner)[kept].groupby(self.places[kept]).sum()
        elif isinstance(node.this, exp.Star):
            column = self.places[kept].groupby(self.places[kept]).size()
        elif isinstance(node.this, exp.Distinct):
            (only,) = node.this.expressions
            column = values(only, self.inner)[kept].groupby(self.places[kept]).nunique()
        else:
            column = values(node.this, self.inner)[kept].notna().groupby(self.places[kept]).sum()
        return column.reindex(self.index).fillna(0).astype(float)

    def _of_two(self, node: Any, kept: pd.Series) -> pd.Series:
        first, second = (numbers(side, self.inner)[kept] for side in (node.this, node.expression))
        both = pd.DataFrame({"x": first, "y": second, "at": self.places[kept]}).dropna()
        told = {}
        for place, rows in both.groupby("at"):
            one = isinstance(node, exp.Corr)
            told[place] = rows["x"].corr(rows["y"]) if one else rows["x"].quantile(float(rows["y"].iloc[0]))
        return pd.Series(told, dtype=float).reindex(self.index)


def _picked(select: Any, frame: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """The columns asked for, of rows or of groups, in order."""
    context = _context(frame, tables)
    group = select.args.get("group")
    order = select.args.get("order")
    asked = [*select.expressions, *(order.expressions if order else [])]
    if group or any(_aggregates(node) for node in select.expressions):
        keys = [_position(key, select) for key in (group.expressions if group else [])]
        context = _Groups(context, keys)
    for window in (found for node in asked for found in node.find_all(exp.Window)):
        if window.find_ancestor(exp.Select) is select:
            context.known[window.sql()] = _windowed(window, context)
    columns: dict[str, pd.Series] = {}
    for node in select.expressions:
        if isinstance(node, exp.Star):
            columns |= {column[1]: frame[column] for column in frame.columns}
        elif isinstance(node, exp.Column) and isinstance(node.this, exp.Star):
            columns |= {column[1]: frame[column] for column in frame.columns if column[0] == node.table}
        else:
            columns[node.alias_or_name or node.sql()] = values(node, context)
    made = pd.DataFrame(columns, index=context.index)
    if select.args.get("distinct"):
        return made.drop_duplicates()
    return _ordered(made, select, context)


def _position(node: Any, select: Any) -> Any:
    """A key by its place among the columns, or as it is written."""
    if isinstance(node, exp.Literal) and not node.is_string:
        return select.expressions[int(node.this) - 1].unalias()
    return node


def _aggregates(node: Any) -> bool:
    """Whether a column is made of groups: has an aggregate that is no window's and no inner query's."""
    if isinstance(node, exp.Subquery | exp.Select):
        return False
    if isinstance(node, exp.Window):
        return any(_aggregates(part) for part in node.this.args.values() if isinstance(part, exp.Expression))
    if isinstance(node, exp.AggFunc):
        return True
    parts = (part for value in node.args.values() for part in (value if isinstance(value, list) else [value]))
    return any(_aggregates(part) for part in parts if isinstance(part, exp.Expression))


def _windowed(window: Any, context: Context) -> pd.Series:
    """A function of the rows that share a partition."""
    parts = [values(key, context) for key in window.args.get("partition_by") or ()]
    inside = _Groups(context, [])
    if parts:
        joined = pd.concat([part.reset_index(drop=True) for part in parts], axis=1, keys=range(len(parts)))
        inside.places = pd.Series(
            joined.groupby(list(joined.columns), dropna=False).ngroup().to_numpy(), index=context.index
        )
        inside.index = pd.RangeIndex(int(inside.places.max()) + 1 if len(inside.places) else 0)
    function, order = window.this, window.args.get("order")
    if isinstance(function, exp.RowNumber | exp.Rank | exp.Lag):
        return _placed(function, order, inside.places, context)
    if order is not None:
        raise NotExpressed("a running aggregate")
    return pd.Series(inside.places.map(inside.aggregate(function)).to_numpy(), index=context.index)


def _placed(function: Any, order: Any, places: pd.Series, context: Context) -> pd.Series:
    """Row numbers, ranks and values of rows before, in the order of a window."""
    keys = [values(item.this, context) for item in order.expressions]
    frame = pd.concat([places, *keys], axis=1, keys=range(len(keys) + 1))
    ups = [True, *(not item.args.get("desc") for item in order.expressions)]
    row = frame.sort_values(list(frame.columns), ascending=ups, kind="stable")
    group = row[0]
    number = group.groupby(group).cumcount() + 1
    if isinstance(function, exp.RowNumber):
        return number.astype(float).reindex(context.index)
    if isinstance(function, exp.Rank):
        return (
            number.groupby([row[column] for column in row.columns])
            .transform("min")
            .astype(float)
            .reindex(context.index)
        )
    offset = int(float(function.args["offset"].name)) if function.args.get("offset") else 1
    column = values(function.this, context).reindex(row.index)
    return column.groupby(group).shift(offset).reindex(context.index)


def _ordered(made: pd.DataFrame, select: Any, context: Context) -> pd.DataFrame:
    order, limit = select.args.get("order"), select.args.get("limit")
    if order:
        known = [
            made[item.this.name] if item.this.name in made else values(item.this, context)
            for item in order.expressions
        ]
        keys = pd.concat(known, axis=1, keys=range(len(known)))
        ups = [not item.args.get("desc") for item in order.expressions]
        made = made.loc[keys.sort_values(list(keys.columns), ascending=ups, kind="stable").index]
    if limit:
        made = made.head(int(limit.expression.name))
    return made.reset_index(drop=True)
