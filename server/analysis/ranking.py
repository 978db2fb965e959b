"""Which hypotheses become findings, and in what order."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from claribi.v1 import insights_pb2 as insights

from server.analysis import formats, inference
from server.analysis.hypothesis import Finding, Hypothesis
from server.analysis.merging import merge, relative_size, same_table
from server.analysis.online import Batch, most_passing
from server.analysis.question import Question

FALSE_DISCOVERY_RATE = 0.05
Level = Callable[[int], float]
WEIGHTS = {"size": 0.5, "surprise": 0.25, "certainty": 0.25}
SURE_DIGITS = 10.0  # a q value of 1e-10 is as sure as the score can tell
SLICE_WEIGHT = 0.85  # what holds for a part matters less than what holds for the whole
OLD = timedelta(days=730)  # how long before the newest table a table ends that nobody acts upon any more
OLD_WEIGHT = 0.6
COUNT_WEIGHT = 0.9  # a count of rows matters less than a measure
AGAIN_WEIGHT = 0.5  # how rows are spread over a further category or calendar, where that of another is told
_OF_ROWS = (insights.INSIGHT_TYPE_CONCENTRATION, insights.INSIGHT_TYPE_SEASONALITY)
# The many slices, cuts and derived measures must not drown what is asked of the table's own columns. A type asked once
# of all pairs of a table stands for all of them; what members hold, or moved, is plain where it is true at all.
PAIRS_WEIGHT = 12.0
WHOLE_WEIGHT = 4.0
DERIVED_WEIGHT = 3.0
WORD_WEIGHT = 1.0
PLAIN_WEIGHT = 2.0
CUT_WEIGHT = 1.0
RANGE_WEIGHT = 2.0  # one scan asks a pair of numbers all it can be asked
TIMED_LINK_WEIGHT = (
    1.0  # p values of links through time are approximate, and a shared course makes the worst of them
)
_OF_ALL_PAIRS = (insights.INSIGHT_TYPE_MIX_SHIFT,)
_PLAIN = (insights.INSIGHT_TYPE_DRIVER, insights.INSIGHT_TYPE_CONCENTRATION)
QUIET_REMARKS = 1  # a table, on what is true of most tables
MOST = 0.5  # of a move, which a part must make up to be named as what it mostly is
MOVES_MORE = 1.5  # how many times as strongly as the whole such a part must move


@dataclass(frozen=True)
class Ranking:
    """The findings, best first, near-duplicates merged; what was tested, and what passed before merging."""

    findings: tuple[Finding, ...]
    hypotheses_tested: int
    discoveries: int
    batch: Batch


def rank(hypotheses: Sequence[Hypothesis], question: Question, level: Level | None = None) -> Ranking:
    """Corrects every p value of the report together, drops what is immaterial, merges what is said twice.

    What the question asks for comes first, whatever its score. `level` gives the share of false discoveries allowed,
    of the number of hypotheses; FALSE_DISCOVERY_RATE when None.
    """
    ordered = sorted(hypotheses, key=lambda hypothesis: hypothesis.key)
    # What was counted rather than tested is no hypothesis, and must not make room for any.
    counted = [Finding(h, 0.0, score(h, 0.0)) for h in ordered if not h.choices]
    loud = [hypothesis for hypothesis in ordered if not hypothesis.quiet and hypothesis.choices]
    allowed = FALSE_DISCOVERY_RATE if level is None else level(len(loud))
    if not ordered:
        return Ranking((), 0, 0, Batch(allowed, 0, 0))
    newest = max((h.facts.timeline.last for h in ordered if h.facts.timeline), default=None)
    passed = _held(loud, question, newest, level=allowed)
    # Quiet ones, nearly all of which hold, must not make room for the others either.
    quiet = _held([h for h in ordered if h.choices and h.quiet], question, newest, level=FALSE_DISCOVERY_RATE)
    passed = _in_company(_in_order([*counted, *passed, *quiet], question), question)
    explained = _spread_once([_explained(finding, passed) for finding in merge(passed)])
    # Where no measure is named, everything of the kind asked for comes before the rest.
    named = any(question.names_measure(hypothesis) for hypothesis in ordered)
    explained.sort(key=lambda finding: _place(finding, question, passed, named=named))
    tested = sum(hypothesis.choices for hypothesis in ordered)
    discoveries = sum(finding.hypothesis.choices > 0 for finding in passed)
    return Ranking(tuple(explained), tested, discoveries, _batch(loud, level=allowed))


def _held(
    hypotheses: Sequence[Hypothesis], question: Question, newest: datetime | None, *, level: float
) -> list[Finding]:
    """The findings that hold up when the share of false ones is counted among those told, not among all that pass.

    A fact that passes in five guises is told once and must not make room for five others: the threshold is lowered
    until it fits what is left after merging. Katsevich, Sabatti and Bogomolov 2021, "Filtering the rejection set
    while preserving false discovery rate control", J. Am. Stat. Assoc. 118.
    """
    p_values = _weighted_p(hypotheses)
    pairs = zip(hypotheses, p_values, inference.benjamini_hochberg(p_values), strict=True)
    passed = [(h, float(p), float(q)) for h, p, q in pairs if q <= level]
    told = 0
    while passed:
        findings = [Finding(h, q, score(h, q, newest)) for h, _, q in passed]
        told = len(merge(_in_order(findings, question)))
        kept = [one for one in passed if one[1] <= level * told / len(hypotheses)]
        if len(kept) == len(passed):
            break
        passed = kept
    # One finding told stands for several that passed: each q value is that of the told ones.
    widen = len(passed) / max(told, 1)
    corrected = [(h, min(level, q * widen)) for h, _, q in passed]
    return [Finding(h, q, score(h, q, newest)) for h, q in corrected]


def _in_order(findings: Sequence[Finding], question: Question) -> list[Finding]:
    """The asked measure before its likes, then money; a whole before parts that move as it does."""
    return sorted(findings, key=lambda finding: _speaks(finding, question))


def _batch(loud: Sequence[Hypothesis], *, level: float) -> Batch:
    """What was tested at which level, for those who test again and again."""
    p_values = _weighted_p(loud)
    passed = int((inference.benjamini_hochberg(p_values) <= level).sum())
    return Batch(level, passed, most_passing([float(p) for p in p_values], level))


def _in_company(passed: Sequence[Finding], question: Question) -> list[Finding]:
    """The findings, of the quiet ones only those asked for, and a few beside another finding of their table."""
    loud = [f.hypothesis for f in passed if not f.hypothesis.quiet and f.hypothesis.choices]
    unasked = [f for f in passed if f.hypothesis.quiet and not _asked(f.hypothesis, question)]
    remarks, left_out = Counter[tuple[str, str]](), set[int]()
    for finding in sorted(unasked, key=lambda finding: -finding.score):
        scope = finding.hypothesis.facts.scope
        remarks[scope.source_id, scope.table] += 1
        few = remarks[scope.source_id, scope.table] <= QUIET_REMARKS
        if not few or not any(_company(finding.hypothesis, other) for other in loud):
            left_out.add(id(finding))
    return [finding for finding in passed if id(finding) not in left_out]


def _company(hypothesis: Hypothesis, other: Hypothesis) -> bool:
    """Whether the other, of another kind, makes a report of the same table anyway."""
    return same_table(hypothesis, other) and hypothesis.kind != other.kind


def _asked(hypothesis: Hypothesis, question: Question) -> bool:
    """Whether the question names the measure and the dimension."""
    dimension = hypothesis.dimension
    return (
        bool(question.text)
        and dimension is not None
        and question.names_measure(hypothesis)
        and question.names(dimension.column)
    )


def _speaks(finding: Finding, question: Question) -> tuple[bool, bool, bool, bool, float]:
    """For sorting: who speaks for those that say the same."""
    hypothesis = finding.hypothesis
    return (
        not question.names_measure(hypothesis),
        hypothesis.where is not None,
        _is_second_hand(hypothesis),
        not formats.is_money(hypothesis.measure.unit),
        -finding.score,
    )


def _is_second_hand(hypothesis: Hypothesis) -> bool:
    """Whether another says it better: a correlation for ranges and ratios, a season for parts of the calendar, and a
    column itself, where it went the same way in the same time, for a ratio made of it."""
    dimension, second = hypothesis.dimension, hypothesis.second
    cut = dimension is not None and (dimension.is_calendar or dimension.is_range)
    if hypothesis.kind == insights.INSIGHT_TYPE_CORRELATION and second is not None:
        own = {measure.column for measure in hypothesis.facts.measures}
        return bool(hypothesis.measure.made) or second.column not in own
    if dimension is None:
        return hypothesis.measure.aggregation == "ratio"
    return cut and hypothesis.kind == insights.INSIGHT_TYPE_GROUP_DIFFERENCE


def is_old(hypothesis: Hypothesis, newest: datetime | None) -> bool:
    """Whether the table ends long before the newest one: what it shows is history."""
    own = hypothesis.facts.timeline
    return own is not None and newest is not None and newest - own.last > OLD


def _place(
    finding: Finding, question: Question, passed: Sequence[Finding], *, named: bool
) -> tuple[float, ...]:
    """For sorting: near to the question first, then by score; a whole before the part that explains it."""
    close = (*question.closeness(finding.hypothesis), not named and question.answered_by(finding.hypothesis))
    part = max((other.score for other in passed if other.hypothesis is finding.mostly), default=0.0)
    standing = max(finding.score, part)
    last = finding.hypothesis.quiet and not _asked(finding.hypothesis, question)
    return (
        float(last),
        *(-float(near) for near in close),
        -standing,
        float(finding.hypothesis.where is not None),
    )


def _spread_once(findings: list[Finding]) -> list[Finding]:
    """The findings, of each table and kind only the strongest on how its rows are spread at its full score."""
    told, found = set[tuple[object, ...]](), []
    for finding in sorted(findings, key=lambda finding: -finding.score):
        hypothesis = finding.hypothesis
        scope = hypothesis.facts.scope
        of_rows = hypothesis.of_rows or hypothesis.measure.counts_rows
        spread = of_rows and hypothesis.where is None and hypothesis.kind in _OF_ROWS
        place = (scope.source_id, scope.table, hypothesis.kind)
        again = spread and place in told
        if spread:
            told.add(place)
        found.append(replace(finding, score=AGAIN_WEIGHT * finding.score) if again else finding)
    return found


def _explained(finding: Finding, passed: Sequence[Finding]) -> Finding:
    """The finding with the part, itself a finding, that makes up most of the same move; the one that moved most."""
    whole = finding.hypothesis
    parts = [other.hypothesis for other in passed if _makes_up(other.hypothesis, whole)]
    return replace(finding, mostly=max(parts, key=relative_size)) if parts else finding


def _makes_up(part: Hypothesis, whole: Hypothesis) -> bool:
    same = (
        same_table(part, whole)
        and part.kind == whole.kind == insights.INSIGHT_TYPE_CHANGE
        and part.measure == whole.measure
        and whole.measure.additive
        and part.where is not None
        and whole.where is None
        and part.span == whole.span
        and part.base == whole.base
        and part.direction == whole.direction
    )
    if not same or not whole.magnitude.value:
        return False
    share = part.magnitude.value / whole.magnitude.value
    return share >= MOST and relative_size(part) >= MOVES_MORE * relative_size(whole)


def _prior(hypothesis: Hypothesis) -> float:
    """The weight of a hypothesis among all, fixed by what it asks and not by what the data answer."""
    if hypothesis.where is not None:
        return 1.0
    dimension, measure = hypothesis.dimension, hypothesis.measure
    if dimension is not None and dimension.made and hypothesis.kind != insights.INSIGHT_TYPE_SEASONALITY:
        return RANGE_WEIGHT if dimension.is_range and not measure.made else CUT_WEIGHT
    if hypothesis.kind in _OF_ALL_PAIRS:
        return PAIRS_WEIGHT
    if hypothesis.kind == insights.INSIGHT_TYPE_CORRELATION and measure.level:
        return TIMED_LINK_WEIGHT
    if measure.is_word or hypothesis.kind in _PLAIN:
        return WORD_WEIGHT if measure.is_word else PLAIN_WEIGHT
    twin = measure in hypothesis.facts.averages
    return DERIVED_WEIGHT if measure.made or twin else WHOLE_WEIGHT


def _weighted_p(hypotheses: Sequence[Hypothesis]) -> inference.Floats:
    """p values divided by weights of mean 1 that were fixed beforehand; 1 for what is too small to matter.

    What is immaterial is not told, so it must not count as found either.
    Genovese, Roeder and Wasserman 2006, "False discovery control with p-value weighting", Biometrika 93.
    """
    weights = [_prior(hypothesis) for hypothesis in hypotheses]
    mean = sum(weights) / max(len(weights), 1)
    pairs = zip(hypotheses, weights, strict=True)
    return np.array([min(1.0, h.tested.p_value * mean / w) if h.material else 1.0 for h, w in pairs])


def score(hypothesis: Hypothesis, q_value: float, newest: datetime | None = None) -> float:
    """Worth in 0 to 1: how large, how surprising, how sure; less for parts, for counts of rows, and for what is old."""
    sure = min(1.0, -math.log10(max(q_value, 1e-300)) / SURE_DIGITS)
    parts = {"size": hypothesis.size, "surprise": max(0.0, hypothesis.surprise), "certainty": sure}
    value = sum(WEIGHTS[name] * min(1.0, part) for name, part in parts.items())
    if hypothesis.where is not None:
        value *= SLICE_WEIGHT
    if is_old(hypothesis, newest):
        value *= OLD_WEIGHT
    return value * (COUNT_WEIGHT if hypothesis.measure.counts_rows else 1.0)
