"""The engine everybody writes first: every pair of columns, the usual test, Benjamini and Hochberg (1995) at 5 %.

It knows no calendar beyond months, no autocorrelation, no clusters, no partial periods, no derived measures.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from claribi.v1 import insights_pb2 as insights
from claribi.v1.reports_pb2 import Report
from scipy import stats

from tests.quality.tables import Array, World

Q = 0.05
FEW = 30  # members a category has at most


@dataclass(frozen=True)
class Claim:
    """One tested pair with the insight it becomes."""

    p: float
    effect: float
    insight: insights.Insight


def report_of(world: World) -> Report:
    """The report: all pairs that pass, by their effect."""
    claims = [*_groups(world), *_pairs(world), *_months(world), *_chances(world), *_tops(world)]
    claims = [claim for claim in claims if np.isfinite(claim.p)]
    kept = _passed(claims)
    report = Report()
    report.statistics.hypotheses_tested = len(claims)
    for rank, claim in enumerate(sorted(kept, key=lambda c: (c.p, -abs(c.effect))), start=1):
        claim.insight.rank = rank
        report.insights.append(claim.insight)
    return report


def _passed(claims: list[Claim]) -> list[Claim]:
    ordered = sorted(claims, key=lambda claim: claim.p)
    last = max((n for n, c in enumerate(ordered, start=1) if c.p <= Q * n / len(ordered)), default=0)
    return ordered[:last]


def _numbers(world: World) -> dict[str, Array]:
    return {
        n: v.astype(float) for n, v in world.cells.items() if v.dtype.kind in "ifb" and len(set(v[:50])) > 1
    }


def _categories(world: World) -> dict[str, Array]:
    found = {}
    for name, values in world.cells.items():
        if values.dtype.kind in "Ob" and 2 <= len(set(values[:2_000].tolist())) <= FEW:
            found[name] = values.astype(str)
    if world.time:
        days = world.cells[world.time].astype("datetime64[D]")
        found[world.time + " weekday"] = ((days.astype(int) + 3) % 7).astype(str)
        found[world.time + " month"] = (days.astype("datetime64[M]").astype(int) % 12).astype(str)
    return found


def _tops(world: World) -> list[Claim]:
    """The largest member of every total, against equal shares."""
    claims = []
    for name, labels in _categories(world).items():
        if name.startswith(world.time + " "):
            continue
        names, places = np.unique(labels, return_inverse=True)
        for measure, values in {**_numbers(world), "": np.ones(world.rows)}.items():
            totals = np.bincount(places, weights=np.abs(values))
            top, rows = int(np.argmax(totals)), np.bincount(places)
            share = totals[top] / totals.sum()
            if share < 1.5 / len(names):
                continue
            made = _insight(insights.INSIGHT_TYPE_CONCENTRATION, measure, "sum", insights.DIRECTION_NONE)
            if not measure:
                made.subject.measure.ClearField("column")
                made.subject.measure.expression = "count(*)"
            made.subject.dimension.column, made.subject.dimension.member = name, str(names[top])
            made.magnitude.value = float(share)
            p = float(stats.binomtest(round(share * rows.sum()), int(rows.sum()), 1 / len(names)).pvalue)
            claims.append(Claim(p, float(share), made))
    return claims


def _insight(kind: int, measure: str, aggregation: str, direction: int) -> insights.Insight:
    made = insights.Insight(type=kind, direction=direction)
    made.subject.measure.column = measure
    made.subject.measure.expression = f"{aggregation}({measure})"
    return made


def _groups(world: World) -> list[Claim]:
    claims = []
    for measure, values in _numbers(world).items():
        for name, labels in _categories(world).items():
            if name == measure:
                continue
            for member in sorted(set(labels)):
                inside = labels == member
                one, other = values[inside], values[~inside]
                if min(len(one), len(other)) < 3:
                    continue
                gap = one.mean() - other.mean()
                way = insights.DIRECTION_HIGHER if gap > 0 else insights.DIRECTION_LOWER
                made = _insight(insights.INSIGHT_TYPE_GROUP_DIFFERENCE, measure, "average", way)
                made.subject.dimension.column, made.subject.dimension.member = name, member
                made.magnitude.value = gap
                p = float(stats.ttest_ind(one, other, equal_var=False).pvalue)
                claims.append(Claim(p, gap / (values.std() or 1), made))
    return claims


def _pairs(world: World) -> list[Claim]:
    claims = []
    for (one, first), (other, second) in combinations(_numbers(world).items(), 2):
        r, p = stats.pearsonr(first, second)
        way = insights.DIRECTION_POSITIVE if r > 0 else insights.DIRECTION_NEGATIVE
        made = _insight(insights.INSIGHT_TYPE_CORRELATION, one, "average", way)
        made.subject.second.column, made.magnitude.value = other, float(r)
        claims.append(Claim(float(p), float(r), made))
    return claims


def _months(world: World) -> list[Claim]:
    """Trend, last change and largest outlier of monthly sums; seasonality by weekday."""
    if not world.time:
        return []
    days = world.cells[world.time].astype("datetime64[D]")
    months = days.astype("datetime64[M]").astype(int)
    months -= months.min()
    claims = []
    for measure, values in {**_numbers(world), "": np.ones(world.rows)}.items():
        totals = np.bincount(months, weights=values)
        if len(totals) < 6:
            continue
        claims += _series_claims(measure, totals, days)
        parts = [values[(days.astype(int) + 3) % 7 == weekday] for weekday in range(7)]
        if measure and min(len(part) for part in parts) > 2:
            made = _insight(insights.INSIGHT_TYPE_SEASONALITY, measure, "average", insights.DIRECTION_NONE)
            made.subject.time.column = world.time
            f = stats.f_oneway(*parts)
            claims.append(Claim(float(f.pvalue), float(f.statistic) / len(values) ** 0.5, made))
    return claims


def _series_claims(measure: str, totals: Array, days: Array) -> list[Claim]:
    way = lambda gap: insights.DIRECTION_INCREASE if gap > 0 else insights.DIRECTION_DECREASE  # noqa: E731
    fit = stats.linregress(np.arange(len(totals)), totals)
    steps = np.diff(totals)
    spread, usual = steps[:-1].std(ddof=1) or 1.0, totals.std(ddof=1) or 1.0
    place = int(np.argmax(np.abs(totals - totals.mean())))
    moves = [
        (
            insights.INSIGHT_TYPE_TREND,
            float(fit.pvalue),
            float(fit.rvalue),
            way(fit.slope),
            (0, len(totals) - 1),
        ),
        (
            insights.INSIGHT_TYPE_CHANGE,
            float(2 * stats.norm.sf(abs(steps[-1]) / spread)),
            steps[-1] / usual,
            way(steps[-1]),
            (len(totals) - 1, len(totals) - 1),
        ),
        (
            insights.INSIGHT_TYPE_OUTLIER,
            float(2 * stats.norm.sf(abs(totals[place] - totals.mean()) / usual)),
            (totals[place] - totals.mean()) / usual / 5,
            way(totals[place] - totals.mean()),
            (place, place),
        ),
    ]
    first = days.min().astype("datetime64[M]")
    claims = []
    for kind, p, effect, direction, (low, high) in moves:
        made = _insight(kind, measure, "sum", direction)
        if not measure:
            made.subject.measure.ClearField("column")
            made.subject.measure.expression = "count(*)"
        setattr(made.subject.time, "from", str((first + low).astype("datetime64[D]")))
        made.subject.time.to = str((first + high + 1).astype("datetime64[D]") - 1)
        claims.append(Claim(p, float(effect), made))
    return claims


def _chances(world: World) -> list[Claim]:
    claims = []
    for (one, first), (other, second) in combinations(_categories(world).items(), 2):
        if world.time and one.startswith(world.time + " "):
            continue
        _, a = np.unique(first, return_inverse=True)
        _, b = np.unique(second, return_inverse=True)
        table = np.zeros((a.max() + 1, b.max() + 1))
        np.add.at(table, (a, b), 1)
        chi = stats.chi2_contingency(table)
        rest = table - chi.expected_freq
        row, column = np.unravel_index(int(np.argmax(np.abs(rest))), rest.shape)
        way = insights.DIRECTION_HIGHER if rest[row, column] > 0 else insights.DIRECTION_LOWER
        made = insights.Insight(type=insights.INSIGHT_TYPE_GROUP_DIFFERENCE, direction=way)
        made.subject.measure.column = other
        made.subject.measure.expression = f"share({other} = '{np.unique(second)[column]}')"
        made.subject.dimension.column, made.subject.dimension.member = one, str(np.unique(first)[row])
        claims.append(Claim(float(chi.pvalue), float((chi.statistic / len(first)) ** 0.5), made))
    return claims
