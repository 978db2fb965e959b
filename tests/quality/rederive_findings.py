"""Sizes and numbers of rows of findings, worked out of the raw tables by pandas from what a finding says it is about.

What the structured part of a finding leaves open is not guessed: `NotDescribed`. Where it leaves a choice (which period
a change is measured from, which grain a series was tested at) every choice that it allows is given.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from claribi.v1 import insights_pb2 as insights

from tests.quality.rederive_subject import (
    GRAINS,
    PARTS,
    PERCENT,
    NotDescribed,
    Subject,
    Tables,
    periods,
    step,
)

Size = tuple[float, float | None]
SAMPLED = 12_000  # rows above which pairs are tested on a part of them
MOST_FORECAST = 800  # periods a forecast learns from
_CYCLE = {"hour": 24, "day": 7, "week": 52, "month": 12, "quarter": 4, "year": 3}

_OVER_ROWS = {"rows", "quasi-Poisson"}  # words of tests of a season whose n are rows


def sizes(insight: insights.Insight, tables: Tables, name: str) -> list[Size]:
    """Value and relative size. Raises NotDescribed."""
    rule = _SIZES.get(insight.type)
    if rule is None:
        raise NotDescribed(insights.InsightType.Name(insight.type))
    return rule(Subject(insight, tables, name))


def _difference(own: float, rest: float, *, points: bool) -> Size:
    return own - rest, None if points or rest == 0 else (own - rest) / abs(rest)


def _group_difference(about: Subject) -> list[Size]:
    category, member = about.category(), about.subject.dimension.member
    if about.counts:
        raise NotDescribed("numbers of rows of a group")
    sides = category == member, category.notna() & (category != member)
    if "Mann-Whitney" in about.test:
        own, rest = (float(about.measure()[side].median()) for side in sides)
    else:
        own, rest = (float(about.total(None, side).iloc[0]) for side in sides)
    return [_difference(own, rest, points=about.points)]


def _change(about: Subject) -> list[Size]:
    first, last = about.span
    whole = [first - step(about.grain), first - pd.DateOffset(years=1)]
    bases = [*whole, first - pd.Timedelta("364 days"), first - pd.Timedelta("7 days")]
    values = about.by_period(min(bases), last)
    known = [values.get(base, np.nan) for base in bases]
    return [_difference(values.iloc[-1], base, points=about.points) for base in known if not np.isnan(base)]


def _trend(about: Subject) -> list[Size]:
    values = about.by_period(*about.span)
    known = values.notna().to_numpy()
    v, i = values.to_numpy()[known], np.arange(len(values), dtype=float)[known]
    earlier, later = np.triu_indices(len(v), 1)
    slope = float(np.median((v[later] - v[earlier]) / (i[later] - i[earlier])))
    width = max(2, min(len(values) // 4, _CYCLE[about.grain]))
    rise = _difference(values.iloc[-width:].mean(), values.iloc[:width].mean(), points=about.points)
    return [(slope, rise[1]), (slope, None)]


def _concentration(about: Subject) -> list[Size]:
    held = about.total(about.category())
    share = float(held.max() / held.sum())
    return [(PERCENT * share, share * len(held) - 1.0)]


def _evenness(about: Subject) -> list[Size]:
    category = about.category()
    values = about.total(category)
    middle = values.mean() if about.counts else _middle(about, category)
    return [(PERCENT * float((values / middle - 1.0).abs().max()), None)]


def _middle(about: Subject, category: pd.Series) -> float:
    """The mean of the groups' values, weighted by their rows."""
    kept = about.known() & category.notna()
    rows = category[kept].value_counts()
    return float((about.total(category) * rows).sum() / rows.sum())


def _season(about: Subject) -> list[Size]:
    """The mean in the named parts of the calendar against the mean elsewhere."""
    if "over rows" not in about.test:
        raise NotDescribed("season of a series")
    at, measure, dimension = about.times(), about.measure(), about.subject.dimension
    names = {dimension.member, *dimension.other_members}
    for name, part in PARTS.items():
        called = part(at)
        if names <= set(called.dropna()):
            first, last = about.span
            hours = at.between(first, last + pd.Timedelta("1 hour"), inclusive="left")
            seen = hours if name == "hour" else at.notna()
            own, rest = (measure[seen & (called.isin(names) == side)].mean() for side in (True, False))
            return [_difference(own, rest, points=about.points)]
    raise NotDescribed("part of the calendar")


def _correlation(about: Subject) -> list[Size]:
    """The coefficient of rows, or of their ranks; what is compared within times or as changes is not described."""
    both = pd.DataFrame({"x": about.measure(), "y": about.second()}).dropna()
    if len(about.table) > SAMPLED:
        raise NotDescribed("correlation of a sample")
    ranked = about.insight.statistics.effect.name == "spearman_rho"
    return [(float(both["x"].corr(both["y"], method="spearman" if ranked else "pearson")), None)]


def _quality(about: Subject) -> list[Size]:
    """The share of rows; which rows are wrong is what the query of its evidence says."""
    rows = about.insight.magnitude.value
    return [(rows, rows / len(about.table))]


def _driver(about: Subject) -> list[Size]:
    """What a member's total changed by, and its share in the change of the whole (none where that hardly moved)."""
    if about.mean:
        raise NotDescribed("driver of a mean")
    whole = _change(about)
    about.only = about.category() == about.subject.dimension.member
    part = _change(about)
    shares = [one[0] / all_of[0] if all_of[0] else None for one, all_of in zip(part, whole, strict=True)]
    return [
        pair for one, share in zip(part, shares, strict=True) for pair in ((one[0], share), (one[0], None))
    ]


_SIZES: dict[int, Callable[[Subject], list[Size]]] = {
    insights.INSIGHT_TYPE_GROUP_DIFFERENCE: _group_difference,
    insights.INSIGHT_TYPE_CHANGE: _change,
    insights.INSIGHT_TYPE_TREND: _trend,
    insights.INSIGHT_TYPE_CONCENTRATION: _concentration,
    insights.INSIGHT_TYPE_EVENNESS: _evenness,
    insights.INSIGHT_TYPE_SEASONALITY: _season,
    insights.INSIGHT_TYPE_CORRELATION: _correlation,
    insights.INSIGHT_TYPE_DRIVER: _driver,
    insights.INSIGHT_TYPE_DATA_QUALITY: _quality,
}
_BY_ROWS = (
    insights.INSIGHT_TYPE_GROUP_DIFFERENCE,
    insights.INSIGHT_TYPE_EVENNESS,
    insights.INSIGHT_TYPE_CONCENTRATION,
)


def counts(insight: insights.Insight, tables: Tables, name: str) -> set[int]:
    """What `n` may be: rows the test could use, pairs of them, or periods of its series. Raises NotDescribed."""
    about = Subject(insight, tables, name)
    if insight.type == insights.INSIGHT_TYPE_DATA_QUALITY:
        return {len(about.table)}
    if insight.type in _BY_ROWS:
        return _rows(about)
    if insight.type == insights.INSIGHT_TYPE_CORRELATION:
        pairs = len(pd.DataFrame({"x": about.measure(), "y": about.second()}).dropna())
        return {pairs, pairs - 1} if pairs <= SAMPLED else set(range(SAMPLED // 2, 2 * SAMPLED))
    if insight.type == insights.INSIGHT_TYPE_SEASONALITY and _OVER_ROWS & set(about.test.split()):
        return _rows_within(about)
    if insight.type in (insights.INSIGHT_TYPE_MIX_SHIFT, insights.INSIGHT_TYPE_DRIVER):
        return _rows_of_sides(about)
    return _periods(about)


def _rows(about: Subject) -> set[int]:
    """Rows with the measure and the category; members of too few rows may be left out.

    Where rows hang together by somebody they belong to, those are counted, once in each category. Which members were
    left out for that is not described, so that a smaller n may be right and is not judged.
    """
    category = about.category()
    found: set[int] = set()
    for kept in (about.inside(), about.inside() & about.known()):
        found |= set(category[kept].dropna().value_counts().cumsum().tolist())
        for owner in about.table.columns:
            rows = pd.DataFrame({"owner": about.table[owner], "category": category})[kept].dropna()
            found.add(len(rows.drop_duplicates()))
    n = about.insight.statistics.n
    if n not in found and min(found) < n < max(found):
        raise NotDescribed("which members were compared")
    return found


def _rows_within(about: Subject) -> set[int]:
    first, last = about.span
    at, known = about.times(), about.known()
    hours = known & at.between(first, last + pd.Timedelta("1 hour"))
    return {int((known & at.notna()).sum()), int(hours.sum()), int(known.sum())}


def _rows_of_sides(about: Subject) -> set[int]:
    """Rows of the told period and of one before it, of all before it, or of all the table."""
    known = about.known() & about.inside()
    if not about.subject.HasField("time"):
        return {int(known.sum())}
    first, last = about.span
    at = about.times()
    own = known & at.between(first, last + pd.Timedelta("1 day") - pd.Timedelta("1 us"))
    starts = periods(at.min(), first, about.grain)
    found = {int(known.sum())}
    for start in starts:
        one = known & (at >= start) & (at < start + step(about.grain))
        since = known & (at >= start) & (at < first)
        found |= {int((own | one).sum()), int((own | since).sum())}
    return found


def _periods(about: Subject) -> set[int]:
    """Complete periods from the first row to the last, at each grain; those at the ends may be incomplete."""
    at = about.times()[about.inside() & about.known()]
    found: set[int] = set()
    for grain in GRAINS:
        count = len(periods(at.min(), at.max(), grain))
        cycle = _CYCLE[grain]
        found |= {count, count - 1, count - 2, count // cycle * cycle, (count - 1) // cycle * cycle}
        found.add((count - 2) // cycle * cycle)
    told = len(periods(*about.span, about.grain))
    return found | {MOST_FORECAST, told}
