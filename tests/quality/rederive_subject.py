"""What a finding is about, as columns of raw tables: read of its structured part, never of text or queries."""

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd
from claribi.v1 import insights_pb2 as insights

from tests.quality.frame_values import moments, truncated

Tables = Mapping[str, pd.DataFrame]
GRAINS = ("hour", "day", "week", "month", "quarter", "year")
PERCENT = 100.0
LEAST_KNOWN = 0.8  # of the references of a table, that lead to a row of the other
PARTS = {
    "weekday": lambda at: at.dt.day_name(),
    "month": lambda at: at.dt.month_name(),
    "hour": lambda at: at.dt.strftime("%H:00"),
}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_SECONDS = {"seconds": 1.0, "minutes": 60.0, "hours": 3600.0, "days": 86400.0}


class NotDescribed(Exception):
    """The structured part of the finding does not say enough."""


def _taken(pattern: str, expression: str) -> list[str] | None:
    found = re.fullmatch(pattern, expression, re.DOTALL)
    return None if found is None else list(found.groups())


class Subject:
    """A finding and its tables; `only` cuts the rows further."""

    def __init__(self, insight: insights.Insight, tables: Tables, name: str) -> None:
        self.insight, self.tables, self.table = insight, tables, tables[name]
        self.subject, self.test = insight.subject, insight.statistics.test
        self.expression = self.subject.measure.expression
        self.counts, self.points = self.expression == "count(*)", self.subject.measure.unit == "%"
        self.mean = self.subject.measure.aggregation == insights.AGGREGATION_AVERAGE
        self.only = pd.Series(True, index=self.table.index)

    def sides(self) -> tuple[pd.Series, pd.Series]:
        """Numerator and denominator of each row, NaN where either is missing: the value and 1 of what is no ratio."""
        if (ratio := _taken(r"sum\((.*)\) / sum\((.*)\)", self.expression)) is None:
            return self.measure(), pd.Series(1.0, index=self.table.index)
        above, below = (numbers(self._column(name)) for name in ratio)
        both = above.notna() & below.notna()
        return (above * (PERCENT if self.points else 1.0)).where(both), below.where(both)

    def known(self) -> pd.Series:
        """Which rows have the measure."""
        return self.sides()[0].notna()

    def measure(self) -> pd.Series:
        """The measure for each row, NaN where it is missing; ones where rows are counted."""
        if self.counts:
            return pd.Series(1.0, index=self.table.index)
        if (state := _taken(r"share\((.*) = '(.*)'\)", self.expression)) is not None:
            return self._share(state[0], lambda texts: texts == state[1])
        if (flag := _taken(r"share\((.*)\)", self.expression)) is not None:
            return numbers(self._column(flag[0])) * PERCENT
        if (word := _taken(r"contains\((.*), '(.*)'\)", self.expression)) is not None:
            return self._share(word[0], lambda texts: texts.str.lower().str.contains(word[1], regex=False))
        if (ends := _taken(r"duration\((.*), (.*)\)", self.expression)) is not None:
            return self._duration(*ends)
        if self.expression not in {f"{how}({self.subject.measure.column})" for how in ("sum", "average")}:
            raise NotDescribed("measure")
        return numbers(self._column(self.subject.measure.column))

    def _column(self, name: str) -> pd.Series:
        if name not in self.table:
            raise NotDescribed("column of a measure")
        return self.table[name]

    def _share(self, column: str, holds: object) -> pd.Series:
        texts = self._column(column).dropna()
        return holds(texts).astype(float).mul(PERCENT).reindex(self.table.index)  # type: ignore[operator]

    def _duration(self, start: str, end: str) -> pd.Series:
        """Of what has ended and not before it began, in its unit; rows too recent to be known are not described."""
        begun, ended = (moments(self._column(name)) for name in (start, end))
        if ended[begun.notna()].isna().any():
            raise NotDescribed("durations of which some are not over")
        length = (ended - begun).dt.total_seconds() / _SECONDS[self.subject.measure.unit]
        return length.where(length >= 0)

    def total(self, groups: pd.Series | None = None, rows: pd.Series | None = None) -> pd.Series:
        """The measure of each group of rows: a total, a mean, or a ratio of sums."""
        above, below = self.sides()
        kept = self.only if rows is None else rows
        by = pd.Series(0, index=self.table.index) if groups is None else groups
        kept = kept & above.notna() & by.notna()
        sums = above[kept].groupby(by[kept]).sum()
        return sums / below[kept].groupby(by[kept]).sum() if self.mean else sums

    def second(self) -> pd.Series:
        """The other measure of a finding about two."""
        return numbers(self._column(self.subject.second.column))

    def category(self) -> pd.Series:
        """The dimension for each row as text, None where it is missing."""
        dimension = self.subject.dimension
        if (made := _taken(r"(weekday|month|hour)\((.*)\)", dimension.expression)) is not None:
            return PARTS[made[0]](moments(self._column(made[1])))
        if dimension.expression:
            raise NotDescribed("made dimension")
        return self.words(dimension.column)

    def words(self, column: str) -> pd.Series:
        """A column as text; one of another table is that of the row its reference leads to."""
        if column in self.table:
            return as_words(self.table[column])
        name, _, other = column.partition(".")
        if name not in self.tables or other not in self.tables[name]:
            raise NotDescribed("dimension")
        return _referenced(self.table, self.tables[name], other)

    def inside(self) -> pd.Series:
        """Which rows lie in the slice a finding holds in."""
        kept = self.only
        for condition in self.subject.where:
            kept = kept & (self.words(condition.column) == condition.member)
        return kept

    @property
    def grain(self) -> str:
        """The grain of the told time."""
        return insights.Grain.Name(self.subject.time.grain).removeprefix("GRAIN_").lower()

    @property
    def span(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        """The first and the last moment of the told time."""
        return pd.Timestamp(getattr(self.subject.time, "from")), pd.Timestamp(self.subject.time.to)

    def times(self) -> pd.Series:
        """The moment of each row."""
        if self.subject.time.column not in self.table:
            raise NotDescribed("time")
        return moments(self.table[self.subject.time.column])

    def by_period(self, first: pd.Timestamp, last: pd.Timestamp) -> pd.Series:
        """The measure by period at the told grain; NaN (0 for totals) where there are no rows."""
        values = self.total(truncated(self.times(), self.grain), self.inside())
        values = values.reindex(periods(first, last, self.grain))
        return values if self.mean else values.fillna(0.0)


def numbers(series: pd.Series) -> pd.Series:
    """A column as doubles."""
    plain = series.astype("Float64") if series.dtype == bool else series
    return pd.to_numeric(plain, errors="coerce").astype(float)


def as_words(series: pd.Series) -> pd.Series:
    """A column as text, None for what is missing."""
    if series.dtype == bool:
        return series.map({True: "true", False: "false"})
    if pd.api.types.is_numeric_dtype(series):
        return series.map(lambda value: None if pd.isna(value) else f"{value:g}")
    return series.astype(object).map(_word)


def _word(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if pd.isna(value) else value


def _referenced(table: pd.DataFrame, parent: pd.DataFrame, column: str) -> pd.Series:
    """The parent's column for each row, by the pair of columns in which references lead to one row each."""
    best: tuple[float, pd.Series] | None = None
    for key in (name for name in parent if parent[name].notna().all() and parent[name].is_unique):
        for name in table:
            known = table[name].isin(set(parent[key]))[table[name].notna()]
            if table[name].dtype == parent[key].dtype and len(known) and known.mean() >= LEAST_KNOWN:
                found = table[name].map(as_words(parent[column]).set_axis(parent[key]))
                if best is None or known.mean() > best[0]:
                    best = float(known.mean()), found
    if best is None:
        raise NotDescribed("reference")
    return best[1]


def periods(first: pd.Timestamp, last: pd.Timestamp, grain: str) -> pd.DatetimeIndex:
    """The starts of the periods from that of the first moment to that of the last."""
    start = truncated(moments(pd.Series([first])), grain).iloc[0]
    found = []
    while start <= last:
        found.append(start)
        start = start + step(grain)
    return pd.DatetimeIndex(np.array(found, dtype="datetime64[us]"))


def step(grain: str) -> "pd.DateOffset | pd.Timedelta":
    """The length of a period."""
    if grain in _MONTHS:
        return pd.DateOffset(months=_MONTHS[grain])
    return pd.Timedelta({"week": "7 days"}.get(grain, f"1 {grain}"))
