"""Expressions of SQL over the rows of a data frame, by pandas: the second engine's arithmetic.

Conditions are of dtype `boolean`, so that what is unknown stays unknown; numbers are doubles, moments whole
microseconds.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sqlglot import exp

DAY_US = 86_400_000_000


class NotExpressed(Exception):
    """The query is beyond this engine."""


class Context:
    """What names mean where an expression stands: `known` gives a whole expression its values, by its SQL."""

    def __init__(
        self, frame: pd.DataFrame, cell_of: Callable[[Any], Any], rows_of: Callable[[Any], pd.DataFrame]
    ) -> None:
        self.frame, self.cell_of, self.rows_of = frame, cell_of, rows_of
        self.index = frame.index
        self.known: dict[str, pd.Series] = {}

    def column(self, node: Any) -> pd.Series:
        """A column by its name, or by its table's and its own."""
        found = [c for c in self.frame.columns if c[1] == node.name and node.table in ("", c[0])]
        if not found:
            raise NotExpressed(f"column {node.sql()}")
        return self.frame[found[0]]

    def constant(self, value: Any) -> pd.Series:
        """The same value in each row."""
        return pd.Series([value] * len(self.index), index=self.index)

    def aggregate(self, node: Any) -> pd.Series:
        """An aggregate, where rows are grouped."""
        raise NotExpressed(f"aggregate {type(node).__name__} of rows")


def values(node: Any, context: Context) -> pd.Series:
    """The expression for each row. Raises NotExpressed."""
    known = context.known.get(node.sql())
    if known is not None:
        return known
    if isinstance(node, exp.AggFunc | exp.Filter | exp.IgnoreNulls):
        return context.aggregate(node)
    make = _MAKERS.get(type(node))
    if make is None:
        raise NotExpressed(type(node).__name__)
    return make(node, context)


def numbers(node: Any, context: Context) -> pd.Series:
    """The expression as doubles, NaN where it is unknown."""
    return as_numbers(values(node, context))


def as_numbers(series: pd.Series) -> pd.Series:
    """Doubles, NaN for what is missing."""
    if series.dtype == "boolean":
        return series.astype("Float64").astype(float)
    return pd.to_numeric(series, errors="coerce").astype(float)


def truth(node: Any, context: Context) -> pd.Series:
    """The condition for each row, false where it is unknown."""
    return _logical(values(node, context)).fillna(False).astype(bool)


def _logical(series: pd.Series) -> pd.Series:
    return series if series.dtype == "boolean" else series.astype("boolean")


def moments(series: pd.Series) -> pd.Series:
    """Moments in microseconds."""
    return pd.to_datetime(series).astype("datetime64[us]")


def _literal(node: Any, context: Context) -> pd.Series:
    return context.constant(node.this if node.is_string else float(node.this))


def _cast(node: Any, context: Context) -> pd.Series:
    inner, name = values(node.this, context), node.to.this.name
    if name in {"TIMESTAMP", "TIMESTAMPNTZ", "DATETIME", "DATE"}:
        return moments(inner)
    if name in {"DOUBLE", "BIGINT", "INT"}:
        return as_numbers(inner)
    if name in {"TEXT", "VARCHAR"}:
        return _text(inner)
    if name == "BOOLEAN":
        return _logical(inner)
    raise NotExpressed(f"cast to {name}")


def _text(series: pd.Series) -> pd.Series:
    if series.dtype in ("boolean", bool):
        words = series.astype(object).map(lambda v: None if v is pd.NA or v is None else str(v).lower())
        return words
    if series.dtype == object:
        return series
    if series.dtype.kind == "i":
        return series.map(str)
    if series.dtype.kind == "f" and (series.dropna() % 1 == 0).all():
        return series.map(lambda v: None if np.isnan(v) else str(int(v)))
    raise NotExpressed(f"text of {series.dtype}")


def _arithmetic(node: Any, context: Context) -> pd.Series:
    left, right = numbers(node.this, context), numbers(node.expression, context)
    with np.errstate(divide="ignore", invalid="ignore"):
        if isinstance(node, exp.Add):
            return left + right
        if isinstance(node, exp.Sub):
            return left - right
        if isinstance(node, exp.Mul):
            return left * right
        if isinstance(node, exp.Mod):
            return pd.Series(np.fmod(left, right), index=left.index)
        return (left / right).where(right != 0)  # by zero is NULL


def _plain(function: Callable[[Any], Any]) -> Callable[[Any, Context], pd.Series]:
    """A function of one number."""
    return lambda node, context: function(numbers(node.this, context))


def _power(node: Any, context: Context) -> pd.Series:
    return numbers(node.this, context) ** numbers(node.expression, context)


def _both(node: Any, context: Context) -> pd.Series:
    left, right = (_logical(values(side, context)) for side in (node.this, node.expression))
    return left & right if isinstance(node, exp.And) else left | right


def _compared(node: Any, context: Context) -> pd.Series:
    sign = {exp.EQ: "eq", exp.NEQ: "ne", exp.LT: "lt", exp.LTE: "le", exp.GT: "gt", exp.GTE: "ge"}[type(node)]
    left, right = _alike(values(node.this, context), values(node.expression, context))
    known = left.notna() & right.notna()
    return getattr(left, sign)(right).astype("boolean").where(known, pd.NA)


def _alike(left: pd.Series, right: pd.Series) -> tuple[pd.Series, pd.Series]:
    if left.dtype.kind == "M" or right.dtype.kind == "M":
        return moments(left), moments(right)
    if left.dtype == "boolean" or right.dtype == "boolean":
        return _logical(left), _logical(right)
    return left, right


def _in(node: Any, context: Context) -> pd.Series:
    left = values(node.this, context)
    if query := node.args.get("query"):
        known = set(context.rows_of(query.this).iloc[:, 0].dropna())
        return left.isin(known).astype("boolean").where(left.notna(), pd.NA)
    found = context.constant(False).astype("boolean")
    for item in node.expressions:
        one, other = _alike(left, values(item, context))
        found = found | one.eq(other).astype("boolean")
    return found.where(left.notna(), pd.NA)


def _is(node: Any, context: Context) -> pd.Series:
    if isinstance(node.expression, exp.Null):
        return values(node.this, context).isna().astype("boolean")
    return _logical(values(node.this, context)).fillna(False) == bool(node.expression.this)


def _case(node: Any, context: Context) -> pd.Series:
    default = node.args.get("default")
    found = values(default, context) if default is not None else context.constant(None)
    for case in reversed(node.args["ifs"]):
        chosen = truth(case.this, context)
        value = values(case.args["true"], context)
        if object in (value.dtype, found.dtype):
            value, found = value.astype(object), found.astype(object)
        found = value.where(chosen, found)
    return found


def _coalesce(node: Any, context: Context) -> pd.Series:
    found = values(node.this, context)
    for other in node.expressions:
        found = found.where(found.notna(), values(other, context))
    return found


def _nullif(node: Any, context: Context) -> pd.Series:
    left, right = values(node.this, context), values(node.expression, context)
    return left.where(left.ne(right) | right.isna())


def _extreme(node: Any, context: Context) -> pd.Series:
    sides = pd.concat([numbers(one, context) for one in (node.this, *node.expressions)], axis=1)
    return sides.max(axis=1) if isinstance(node, exp.Greatest) else sides.min(axis=1)


def _strings(function: Callable[[Any, Any], Any]) -> Callable[[Any, Context], pd.Series]:
    """A function of texts, told the rest of the expression's constant."""

    def made(node: Any, context: Context) -> pd.Series:
        texts = values(node.this, context)
        constant = node.expression.name if node.args.get("expression") is not None else ""
        told = [None if pd.isna(text) else function(str(text), constant) for text in texts]
        series = pd.Series(told, index=texts.index, dtype=object)
        return series.astype("boolean") if any(isinstance(one, bool) for one in told) else series

    return made


def _matches(text: str, pattern: str) -> bool:
    import re

    return re.search(pattern, text) is not None


def _of_moment(take: Callable[[Any], Any]) -> Callable[[Any, Context], pd.Series]:
    """A part of a moment."""
    return lambda node, context: take(moments(values(node.this, context)).dt)


def _seconds(node: Any, context: Context) -> pd.Series:
    found = moments(values(node.this, context))
    return found.astype("int64").where(found.notna()).astype(float) / 1e6


def _truncated(node: Any, context: Context) -> pd.Series:
    return truncated(moments(values(node.this, context)), node.args["unit"].name.lower())


def truncated(found: pd.Series, grain: str) -> pd.Series:
    """The start of the hour, day, week (Monday), month, quarter or year each moment lies in."""
    at = found.to_numpy().astype("datetime64[us]")
    if grain == "week":
        days = at.astype("datetime64[D]").astype("int64")
        start = ((days + 3) // 7 * 7 - 3).astype("datetime64[D]")
    elif grain == "quarter":
        start = (at.astype("datetime64[M]").astype("int64") // 3 * 3).astype("datetime64[M]")
    else:
        start = at.astype(f"datetime64[{ {'hour': 'h', 'day': 'D', 'month': 'M', 'year': 'Y'}[grain] }]")
    cut = pd.Series(start.astype("datetime64[us]"), index=found.index)
    return cut.where(found.notna())


def _spelled(node: Any, context: Context) -> pd.Series:
    form = node.args["format"].name
    return moments(values(node.this, context)).dt.strftime(form.replace("%-", "%"))


def _last_day(node: Any, context: Context) -> pd.Series:
    found = moments(values(node.this, context))
    month = found.to_numpy().astype("datetime64[M]")
    last = (month + 1).astype("datetime64[D]") - np.timedelta64(1, "D")
    return pd.Series(last.astype("datetime64[us]"), index=found.index)


def _apart(node: Any, context: Context) -> pd.Series:
    """Whole borders of a unit between two moments."""
    unit = str(node.args["unit"].name).lower()
    late, early = (moments(values(side, context)) for side in (node.this, node.expression))
    width = {"second": 1_000_000, "minute": 60_000_000, "hour": 3_600_000_000, "day": DAY_US}[unit]
    steps = [side.astype("int64") // width for side in (late, early)]
    return (steps[0] - steps[1]).where(late.notna() & early.notna()).astype(float)


_MAKERS: dict[Any, Callable[[Any, Context], pd.Series]] = {
    exp.Paren: lambda node, context: values(node.this, context),
    exp.Alias: lambda node, context: values(node.this, context),
    exp.Column: lambda node, context: context.column(node),
    exp.Literal: _literal,
    exp.Boolean: lambda node, context: context.constant(bool(node.this)).astype("boolean"),
    exp.Null: lambda node, context: context.constant(None),
    exp.Cast: _cast,
    **dict.fromkeys((exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod), _arithmetic),
    exp.Neg: _plain(lambda v: -v),
    exp.Abs: _plain(np.abs),
    exp.Ceil: _plain(np.ceil),
    exp.Floor: _plain(np.floor),
    exp.Ln: _plain(np.log),
    exp.Exp: _plain(np.exp),
    exp.Sqrt: _plain(np.sqrt),
    exp.Sign: _plain(np.sign),
    exp.Pow: _power,
    **dict.fromkeys((exp.And, exp.Or), _both),
    exp.Not: lambda node, context: ~_logical(values(node.this, context)),
    **dict.fromkeys((exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE), _compared),
    exp.In: _in,
    exp.Is: _is,
    exp.Case: _case,
    exp.Coalesce: _coalesce,
    exp.Nullif: _nullif,
    **dict.fromkeys((exp.Greatest, exp.Least), _extreme),
    exp.Lower: _strings(lambda text, _: text.lower()),
    exp.Trim: _strings(lambda text, _: text.strip(" ")),
    exp.Contains: _strings(lambda text, part: part in text),
    exp.RegexpLike: _strings(_matches),
    exp.Dayname: _of_moment(lambda dt: dt.day_name()),
    exp.Monthname: _of_moment(lambda dt: dt.month_name()),
    exp.DayOfWeekIso: _of_moment(lambda dt: dt.day_of_week + 1.0),
    exp.DayOfWeek: _of_moment(lambda dt: (dt.day_of_week + 1.0) % 7),
    exp.WeekOfYear: _of_moment(lambda dt: dt.isocalendar().week.astype(float)),
    exp.Quarter: _of_moment(lambda dt: dt.quarter.astype(float)),
    exp.Month: _of_moment(lambda dt: dt.month.astype(float)),
    exp.Day: _of_moment(lambda dt: dt.day.astype(float)),
    exp.Hour: _of_moment(lambda dt: dt.hour.astype(float)),
    exp.Year: _of_moment(lambda dt: dt.year.astype(float)),
    exp.LastDay: _last_day,
    exp.TimeToUnix: _seconds,
    exp.TimestampTrunc: _truncated,
    exp.TimeToStr: _spelled,
    exp.DateDiff: _apart,
    exp.Subquery: lambda node, context: context.constant(context.cell_of(node.this)),
}
