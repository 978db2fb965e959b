"""Cards with the numbers one asks for first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from claribi.v1 import insights_pb2 as insights
from claribi.v1 import reports_pb2 as reports

from server.analysis import formats, periods
from server.analysis.columns import Measure, row_count
from server.analysis.evidence import Figure, Ledger, Name, Text
from server.analysis.facts import Facts, complete_starts
from server.analysis.periods import Span, one_period
from server.analysis.question import Question
from server.analysis.scope import difference, measured, percent_change, within

CARDS = 6
CARDS_A_TABLE = 4
YEAR = {"month": 12, "quarter": 4}  # periods back to the same one a year earlier


@dataclass(frozen=True)
class _Compared:
    """The last complete period, the one before, and the same one a year earlier, where there is one."""

    last: Span
    previous: Span
    year_ago: Span | None


@dataclass(frozen=True)
class _Candidate:
    """A measure that may get a card, and how soon: smaller ranks first."""

    facts: Facts
    measure: Measure
    rank: tuple[int, ...]


def key_metrics(
    tables: Sequence[Facts], question: Question, ledger: Ledger, sources: Mapping[str, str]
) -> list[reports.KeyMetric]:
    """Cards of the measures that matter: asked ones, then those followed through time; `sources` are names by id."""
    chosen: list[_Candidate] = []
    candidates = sorted(_candidates(tables, question), key=lambda candidate: candidate.rank)
    several = len({id(candidate.facts) for candidate in candidates}) > 1
    for candidate in candidates:
        same = sum(other.facts is candidate.facts for other in chosen)
        if same < (CARDS_A_TABLE if several else CARDS):
            chosen.append(candidate)
    cards: list[reports.KeyMetric] = []
    for candidate in chosen:
        apart = _told_apart(candidate, chosen, sources)
        card = _card(candidate.facts, candidate.measure, ledger, apart=apart)
        if card is not None and len(cards) < CARDS:
            cards.append(card)
    return cards


def _candidates(tables: Sequence[Facts], question: Question) -> list[_Candidate]:
    """All measures of all tables; the rows of a table without measures of its own are only counted when alone."""
    found = []
    for index, facts in enumerate(tables):
        own = [measure for measure in facts.measures if not measure.counts_rows]
        asked = any(question.names(measure.column or "") for measure in own)
        still = _compared(facts) is None
        for place, measure in enumerate([*own, *_counts(facts, own, alone=len(tables) == 1)]):
            named = question.names(measure.column or measure.label)
            counted = measure.counts_rows
            found.append(_Candidate(facts, measure, (not named, still, not asked, counted, index, place)))
    return found


def _counts(facts: Facts, own: Sequence[Measure], *, alone: bool) -> list[Measure]:
    """The count of rows, where rows are events: not of a lookup table, not where each period has one row."""
    single = facts.timeline is not None and facts.timeline.rows.max(initial=0.0) <= 1.0
    events = bool(own) and facts.timeline is not None and not single
    return [row_count(facts.scope.table)] if events or (alone and not (single and own)) else []


def _told_apart(candidate: _Candidate, chosen: Sequence[_Candidate], sources: Mapping[str, str]) -> str:
    """The table's name, or the source's, where another table's card would carry the same label; else empty."""
    scope, name = candidate.facts.scope, candidate.measure.name
    alike = [other.facts.scope for other in chosen if other.measure.name == name and other is not candidate]
    if not alike:
        return ""
    if any(other.table == scope.table for other in alike):
        return sources.get(scope.source_id, scope.source_id)
    return formats.label(scope.table)


def _card(facts: Facts, measure: Measure, ledger: Ledger, *, apart: str) -> reports.KeyMetric | None:
    compared = _compared(facts)
    total = f"total {measure.label}" if measure.aggregation == "sum" and compared is None else measure.name
    name = formats.sentence_case(total) + (f" ({apart})" if apart else "")
    if compared is None:
        whole = ledger.number_or_none(
            name, measured(facts.scope, measure), unit=measure.unit, display=_display(measure)
        )
        return None if whole is None else _message(name, measure, whole, [], ledger)
    title = f"{name}, {compared.last.name}"
    later = measured(facts.scope, measure, [within(facts.scope, compared.last)])
    value = ledger.number_or_none(title, later, unit=measure.unit, display=_display(measure))
    if value is None:
        return None
    moves = [
        _moved(facts, measure, (span, compared.last), name, ledger)
        for span in (compared.previous, compared.year_ago)
    ]
    return _message(title, measure, value, moves, ledger)


def _moved(
    facts: Facts, measure: Measure, spans: tuple[Span | None, Span], name: str, ledger: Ledger
) -> tuple[Figure, Text] | None:
    """How far the measure went from one period to another, and in words; None where the first gives no base."""
    since, until = spans
    if since is None:
        return None
    earlier, later = (measured(facts.scope, measure, [within(facts.scope, span)]) for span in (since, until))
    unit = "points" if measure.unit == "%" else "%"
    moved = ledger.number_or_none(
        f"change of {name}, {since.name} to {until.name}",
        difference(later, earlier) if unit == "points" else percent_change(later, earlier),
        unit=unit,
        display=lambda size: formats.signed(size, unit),
    )
    return None if moved is None else (moved, ledger.say("{0} vs {1}", moved, Name(since.name)))


def _compared(facts: Facts) -> _Compared | None:
    if facts.timeline is None or facts.report_grain is None:
        return None
    starts = complete_starts(facts.timeline, facts.report_grain, facts.now)
    if len(starts) < 2:
        return None
    grain, year = facts.report_grain, YEAR.get(facts.report_grain)
    back = periods.shift(starts[-1], grain, -year) if year else None
    return _Compared(
        one_period(starts[-1], grain),
        one_period(periods.shift(starts[-1], grain, -1), grain),
        one_period(back, grain) if back is not None and back in starts else None,
    )


def _display(measure: Measure) -> formats.Display:
    if measure.aggregation == "count":
        return formats.count
    return lambda value: formats.display(value, measure.unit)


def _message(
    name: str, measure: Measure, value: Figure, moves: Sequence[tuple[Figure, Text] | None], ledger: Ledger
) -> reports.KeyMetric:
    label = ledger.say("{0}", Name(name))
    card = reports.KeyMetric(
        label=label.text,
        value=value.value,
        unit=measure.unit,
        display=value.display,
        evidence_ids=[value.evidence_id],
    )
    before, year_ago = moves or (None, None)
    if before is not None:
        card.change_display, card.direction = before[1].text, _direction(before[0].value)
        card.evidence_ids.extend(before[1].evidence_ids)
    if year_ago is not None:
        card.year_display = year_ago[1].text
        card.evidence_ids.extend(year_ago[1].evidence_ids)
    return card


def _direction(change: float) -> insights.Direction:
    if change == 0:
        return insights.DIRECTION_FLAT
    return insights.DIRECTION_INCREASE if change > 0 else insights.DIRECTION_DECREASE
