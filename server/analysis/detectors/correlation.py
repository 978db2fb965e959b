"""Two measures go together, beyond what time and groups make them share."""

from dataclasses import dataclass, replace

import numpy as np
from claribi.v1 import insights_pb2 as insights

from server.analysis import charts, formats
from server.analysis.associations import CHANGES, LEVELS, ROWS, Association, associations
from server.analysis.columns import Measure
from server.analysis.evidence import Figure, Name, Text, join
from server.analysis.facts import Facts, native_grain
from server.analysis.hypothesis import (
    Finding,
    Hypothesis,
    Magnitude,
    Second,
    Tested,
    Told,
    Writer,
    certainty,
    required,
    saturating,
)
from server.analysis.pairs import Pairing, cloud, correlation, side_mean
from server.analysis.rows import RowSample, grouping, read_rows
from server.analysis.scope import Statement
from server.query.engine import QueryError

MATERIAL_R = 0.1  # a hundredth of the spread shared
MATERIAL_BARE = 0.07  # of that, what must be left once time and groups are out
MOST_TOLD = 8  # pairs of one table
THROUGH_ANOTHER = 0.1  # partial correlation below which a pair only goes together through a third measure
SCATTER_POINTS = 300
_PHASES = {
    "hour": "hour(t)",
    "day": "dayofweek(t)",
    "week": "weekofyear(t)",
    "month": "month(t)",
    "quarter": "quarter(t)",
}


@dataclass(frozen=True)
class _Pair:
    """Both measures, how they were compared, and the query of the points drawn."""

    first: Measure
    second: Measure
    pairing: Pairing
    association: Association
    cloud: Statement
    sampled: bool


class Correlation:
    """Product-moment or rank correlation of rows, or of changes where each period has one row."""

    kind = insights.INSIGHT_TYPE_CORRELATION

    def propose(self, facts: Facts) -> list[Hypothesis]:
        """The surest pairs of measures, their p values corrected for all pairs of the table."""
        measures = [m for m in facts.measures if m.aggregation in {"sum", "average"} and not m.is_share]
        if len(measures) < 2:
            return []
        sample = read_rows(facts, measures)
        found = associations(facts, sample)
        kept = [a for a in _direct(found) if a.adjusted < 0.5][:MOST_TOLD] or found[:1]
        return [h for a in kept if (h := _hypothesis(facts, sample, a)) is not None]

    def tell(self, finding: Finding, writer: Writer) -> Told:
        """The correlation in words."""
        return _tell(finding, writer)


def _direct(found: list[Association]) -> list[Association]:
    """The associations without those that a third measure, tied closer to both, accounts for."""
    r = {(a.first, a.second): a.strength.r for a in found}
    r |= {(j, i): value for (i, j), value in r.items()}
    columns = sorted({i for pair in r for i in pair})
    return [a for a in found if not any(_through(r, a.first, a.second, k) for k in columns)]


def _through(r: dict[tuple[int, int], float], i: int, j: int, by: int) -> bool:
    whole, one, other = r[i, j], r.get((i, by), 0.0), r.get((by, j), 0.0)
    if min(abs(one), abs(other)) <= abs(whole):
        return False
    partial = (whole - one * other) / max(1e-9, float(np.sqrt((1 - one**2) * (1 - other**2))))
    return abs(partial) < THROUGH_ANOTHER


def _hypothesis(facts: Facts, sample: RowSample, found: Association) -> Hypothesis | None:
    first, second = sample.measures[found.first], sample.measures[found.second]
    pairing = _pairing(facts, sample, found)
    shown = _shown(facts, sample, found, pairing)
    if shown is None:
        return None
    bare = found.strength.r
    same_way = (bare > 0) == (shown > 0)
    return Hypothesis(
        kind=insights.INSIGHT_TYPE_CORRELATION,
        facts=facts,
        measure=first,
        tested=Tested(
            ("rank" if found.ranked else "product-moment") + " correlation, time and groups taken out",
            bare,
            found.adjusted,
            found.strength.n,
            "spearman_rho" if found.ranked else "pearson_r",
            shown,
            _interval(shown, found.strength.worth),
        ),
        magnitude=Magnitude(shown, ""),
        direction=insights.DIRECTION_POSITIVE if shown > 0 else insights.DIRECTION_NEGATIVE,
        material=same_way and abs(shown) >= MATERIAL_R and abs(bare) >= MATERIAL_BARE,
        size=saturating(shown, 0.4),
        surprise=saturating(bare, 0.6),
        second=Second(second.column or second.expression),
        choices=found.pairs,
        detail=_Pair(first, second, pairing, found, _cloud(sample, pairing), sample.sampled),
    )


def _interval(r: float, worth: float) -> tuple[float, float]:
    """Fisher's interval at 95 % around a coefficient of so many independent pairs."""
    centre, half = np.arctanh(np.clip(r, -0.999999, 0.999999)), 1.96 / np.sqrt(max(worth - 3.0, 1.0))
    return float(np.tanh(centre - half)), float(np.tanh(centre + half))


def _pairing(facts: Facts, sample: RowSample, found: Association) -> Pairing:
    unit = next((d for d in grouping(facts) if d.column == sample.unit), None)
    drawn = sample.condition if found.ranked or found.basis == CHANGES else None
    return Pairing(
        facts.scope,
        sample.measures[found.first],
        sample.measures[found.second],
        changes=found.basis == CHANGES,
        unit=unit,
        within=_within(facts, sample, found),
        ranked=found.ranked,
        condition=drawn,
    )


def _within(facts: Facts, sample: RowSample, found: Association) -> str | None:
    """SQL of what must be the same of two moments, for their common level to be taken out."""
    if not found.within or facts.timeline is None:
        return None
    if found.basis == ROWS:
        return f"date_trunc('{facts.report_grain}', t)"
    return "t" if sample.unit is not None else _PHASES.get(native_grain(facts.timeline))


def _shown(facts: Facts, sample: RowSample, found: Association, pairing: Pairing) -> float | None:
    """The coefficient that the evidence will print, asked for only where the sample does not give it."""
    if found.basis != CHANGES and not found.within and (not sample.sampled or found.ranked):
        return found.shown
    try:
        return correlation(pairing).run()
    except QueryError:
        return None


def _cloud(sample: RowSample, pairing: Pairing) -> Statement:
    """The points drawn, of the rows that were tested."""
    return cloud(replace(pairing, condition=sample.condition), SCATTER_POINTS)


@dataclass(frozen=True)
class _Words:
    """What the sentences are made of: names, and the numbers of the pair."""

    first: Name
    second: Name
    r: Figure
    sides: tuple[Figure, Figure] | None  # the second measure where the first is high, and where it is low


def _tell(finding: Finding, writer: Writer) -> Told:
    pair, ledger = required(finding.hypothesis.detail, _Pair), writer.ledger
    words = _words(finding, pair, writer)
    changes = pair.pairing.changes
    together = finding.hypothesis.direction == insights.DIRECTION_POSITIVE
    title = _title(words, writer, together=together, changes=changes)
    lead = _lead(words, pair, writer, together=together)
    body = [lead, _how_strong(finding, words, pair, writer)]
    alt = ledger.say("A cloud of points, {0} across and {1} up; the correlation is {2}.", *_parts(words))
    return Told(
        title,
        lead,
        join(body),
        _advice(words, writer),
        _caveats(finding, pair, writer),
        _chart(pair, (title, alt), writer),
    )


def _parts(words: _Words) -> tuple[Name | Figure, ...]:
    return words.first, words.second, words.r, *(words.sides or ())


def _words(finding: Finding, pair: _Pair, writer: Writer) -> _Words:
    ledger, (first, second) = writer.ledger, (Name(pair.first.label), Name(pair.second.label))
    r = ledger.number(
        f"correlation of {first.text} and {second.text}", correlation(pair.pairing), display=_coefficient
    )
    middle = "median" if pair.association.ranked else "average"
    if pair.association.within:
        return _Words(first, second, r, None)
    where = ("after a rise of", "after a fall of") if pair.pairing.changes else ("at high", "at low")
    high, low = (
        ledger.number(
            f"{middle} {second.text} {place} {first.text}",
            side_mean(pair.pairing, upper=upper),
            unit=pair.second.unit,
        )
        for upper, place in zip((True, False), where, strict=True)
    )
    return _Words(first, second, r, (high, low))


def _coefficient(value: float) -> str:
    text = f"{abs(value):.2f}"
    return (formats.MINUS if value < 0 and text != "0.00" else "") + text


def _title(words: _Words, writer: Writer, *, together: bool, changes: bool) -> Text:
    if changes:
        together_now = ("When {0} moves, {1} moves with it", "{0} and {1} rise and fall together")
        against = ("When {0} rises, {1} tends to fall", "{0} and {1} move in opposite directions")
    else:
        together_now = ("The higher {0}, the higher {1}", "High {0} goes with high {1}")
        against = ("The higher {0}, the lower {1}", "High {0} goes with low {1}")
    return writer.ledger.say(writer.pick(together_now if together else against), words.first, words.second)


def _lead(words: _Words, pair: _Pair, writer: Writer, *, together: bool) -> Text:
    middle = "median" if pair.association.ranked else "average"
    if words.sides is None:
        side = "more" if together else "less"
        start = (
            "Within one period"
            if pair.association.basis == ROWS
            else "With what all share at the time taken out"
        )
        template = f"{start}, more {{0}} goes with {side} {{1}}: a correlation of {{2}}."
        return writer.ledger.say(template, *_parts(words))
    if pair.pairing.changes:
        template = (
            f"When {{0}} rises, the {middle} move of {{1}} is {{3}}; when it falls, {{4}}: correlation {{2}}."
        )
        return writer.ledger.say(template, *_parts(words))
    template = writer.pick(
        (
            f"Where {{0}} is in its upper quarter, the {middle} of {{1}} is {{3}}; in the lower quarter it is {{4}}, a "
            "correlation of {2}.",
            f"From the lowest quarter of {{0}} to the highest, the {middle} of {{1}} goes from {{4}} to {{3}}; the "
            "correlation is {2}.",
        )
    )
    return writer.ledger.say(template, *_parts(words))


def _how_strong(finding: Finding, words: _Words, pair: _Pair, writer: Writer) -> Text:
    size = abs(words.r.value)
    grade = "close" if size >= 0.7 else "clear" if size >= 0.4 else "moderate" if size >= 0.2 else "loose"
    timed = "It is measured within the same period, so that a shared trend cannot make it"
    held = {
        ROWS: timed if pair.association.within else "It holds within the same time and the same groups",
        LEVELS: "Neither of them drifts or remembers its past, so chance runs cannot make it",
        CHANGES: "Changes are compared, not levels, so that a shared trend cannot pass for a link",
    }[pair.association.basis]
    return writer.ledger.say(f"That is a {grade} link. {held}; the evidence is {certainty(finding.q_value)}.")


def _caveats(finding: Finding, pair: _Pair, writer: Writer) -> tuple[Text, ...]:
    say = writer.ledger.say
    found = [say("Going together is not causing: either may drive the other, or something else both.")]
    if pair.association.ranked:
        found.append(say("The values are skewed or hold extremes, so their ranks were correlated."))
    if pair.sampled:
        found.append(say("The test was made on an evenly drawn part of the rows."))
    return tuple(found)


def _advice(words: _Words, writer: Writer) -> Text:
    return writer.ledger.say(
        writer.pick(
            (
                "Before acting on {0} to move {1}, try it in a small place and watch whether {1} follows.",
                "Use {0} as an early sign of {1}, and check from time to time that the link still holds.",
            )
        ),
        words.first,
        words.second,
    )


def _chart(pair: _Pair, texts: tuple[Text, Text], writer: Writer) -> insights.Chart:
    verb = "Change of " if pair.pairing.changes else ""
    axes = [(verb + measure.label, measure.unit) for measure in (pair.first, pair.second)]
    drawn = writer.ledger.series(
        f"{axes[1][0]} against {axes[0][0]}, as drawn", pair.pairing.scope, pair.cloud, unit=pair.second.unit
    )
    return charts.scatter(drawn, texts=texts, axes=(axes[0], axes[1]), name=f"{axes[0][0]}, {axes[1][0]}")
