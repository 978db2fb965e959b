"""The suite of planted truths: what was found, how high up, what was claimed beside it, how right the sizes are."""

import statistics
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from claribi.v1.insights_pb2 import Insight
from claribi.v1.reports_pb2 import Report

from tests.quality.foresight import foresight
from tests.quality.judging import CONSEQUENCE, FALSE, TRUE, judge
from tests.quality.matching import kind_of, magnitude_error, match
from tests.quality.nulls import BY_MONTH
from tests.quality.planting import VARIANTS, made, plan
from tests.quality.tables import World
from tests.quality.truths import SIZES, Case

Engine = Callable[[World], Report]
UNJUDGED = ("data_quality",)
NOWHERE = 10_000


@dataclass
class Outcome:
    """One case after its report: place of the truth (0 first), verdicts on all claims, error of the size."""

    kind: str
    case: Case
    place: int
    wrong_way: bool
    error: float | None
    verdicts: list[tuple[Insight, str, str]] = field(default_factory=list)
    claims: list[Insight] = field(default_factory=list)

    @property
    def where(self) -> str:
        """Which table it was."""
        return f"{self.kind} seed={self.case.seed} {self.case.world.domain} rows={self.case.world.rows}"

    @property
    def size(self) -> str:
        """The class of the effect as planted."""
        return self.case.truth.size


def claims_of(report: Report) -> list[Insight]:
    """The insights that are judged, best first."""
    found = sorted(report.insights, key=lambda insight: insight.rank)
    return [insight for insight in found if kind_of(insight) not in UNJUDGED]


def outcome_of(kind: str, case: Case, report: Report) -> Outcome:
    """The report on a planted table against its truth."""
    truth, world, claims = case.truth, case.world, claims_of(report)
    matches = [match(insight, truth, world) for insight in claims]
    place = next((n for n, m in enumerate(matches) if m.told), NOWHERE)
    error = (
        magnitude_error(claims[place], truth)
        if place < NOWHERE and kind_of(claims[place]) == truth.types[0]
        else None
    )
    verdicts = [
        (insight, verdict.what, verdict.why)
        for insight in claims
        for verdict in [judge(insight, truth, world)]
    ]
    wrong = any(m.wrong_way for m in matches)
    return Outcome(kind, case, place, wrong, error, verdicts, claims)


def examine(engine: Engine, seed: int, tables: int, *, kinds: list[str], tall: bool) -> list[Outcome]:
    """The outcomes of a plan."""
    found = []
    for kind, size, place, rows in plan(seed, tables, kinds=kinds, tall=tall):
        case = made(kind, size, place, rows=rows)
        found.append(outcome_of(kind, case, engine(case.world)))
    return found


def shown(insight: Insight) -> str:
    """An insight on one line, for reading."""
    subject = insight.subject
    parts = [f"{kind_of(insight)}", subject.measure.expression or subject.measure.column]
    if subject.HasField("dimension"):
        parts.append(f"by {subject.dimension.column}={subject.dimension.member or '*'}")
    if subject.HasField("second"):
        parts.append(f"with {subject.second.column}={subject.second.member}")
    parts += [f"where {c.column}={c.member}" for c in subject.where]
    span = subject.time
    if getattr(span, "from"):
        parts.append(f"{getattr(span, 'from')[:10]}..{span.to[:10]}")
    return " ".join(parts) + f" | {insight.title} | q={insight.statistics.q_value:.1e}"


def recall(outcomes: Iterable[Outcome], limit: int) -> tuple[int, int]:
    """How many of the truths are among the first `limit` claims, of how many."""
    outcomes = list(outcomes)
    return sum(o.place < limit for o in outcomes), len(outcomes)


def _share(found: tuple[int, int]) -> str:
    return f"{found[0] / found[1]:.2f}" if found[1] else "   -"


def print_planted(outcomes: list[Outcome], seed: int) -> None:
    """The tables: recall by kind and size, then the whole, then claims, directions and sizes."""
    print(f"planted truths, seed {seed}: recall@5/@20 by size (n)")
    for kind in dict.fromkeys(o.kind for o in outcomes):
        mine = [o for o in outcomes if o.kind == kind]
        cells = []
        for size in SIZES:
            part = [o for o in mine if o.size == size]
            cells.append(
                f"{size} {_share(recall(part, 5))}/{_share(recall(part, 20))} ({len(part)})"
                if part
                else f"{size}     -"
            )
        seen = recall((o for o in mine if o.case.truth.detectable), 20)
        print(
            f"  {VARIANTS[kind].type:16} {kind:20} {'  '.join(cells)}  detectable {_share(seen)} ({seen[1]})"
        )
    _print_whole("all", [o for o in outcomes if o.kind not in BY_MONTH])
    _print_whole("by month", [o for o in outcomes if o.kind in BY_MONTH])
    _print_claims(outcomes)
    _print_forecasts(outcomes)


def _print_whole(name: str, outcomes: list[Outcome]) -> None:
    """Recall over all kinds: of tables of 500 rows and more, and of figures by month, which are a few dozen rows."""
    if not outcomes:
        return
    for size in SIZES:
        part = [o for o in outcomes if o.size == size]
        print(
            f"  {name} {size:6} recall@5 {_share(recall(part, 5))}  @20 {_share(recall(part, 20))}  n={len(part)}"
        )
    detectable = [o for o in outcomes if o.case.truth.detectable]
    print(
        f"  {name} detectable (right test p < 0.001) told anywhere: {_share(recall(detectable, NOWHERE))}"
        f"  n={len(detectable)}"
    )


def _print_forecasts(outcomes: list[Outcome]) -> None:
    seen = [foresight(i, o.case.world) for o in outcomes for i in o.claims if kind_of(i) == "forecast"]
    known = [one for one in seen if one is not None]
    if known:
        errors = [abs(one.said - one.actual) / max(1e-9, abs(one.actual)) for one in known]
        print(
            f"  forecasts {len(seen)}, judged by the held-out future {len(known)}: inside the interval"
            f" {sum(one.held for one in known)}/{len(known)}, median error {statistics.median(errors):.3f}"
        )


def _print_claims(outcomes: list[Outcome]) -> None:
    verdicts = [(kind_of(i), what, why) for o in outcomes for i, what, why in o.verdicts]
    counts = Counter(what for _, what, _ in verdicts)
    total = sum(counts.values())
    print(
        f"  claims {total}: true {counts[TRUE]}, consequences {counts[CONSEQUENCE]}, false {counts[FALSE]}"
        f" ({counts[FALSE] / max(1, total):.3f}); planted truths told the wrong way round"
        f" {sum(o.wrong_way for o in outcomes)}"
    )
    false = Counter((kind, why) for kind, what, why in verdicts if what == FALSE)
    for (kind, why), number in false.most_common():
        print(f"    false {kind} ({why}): {number}")
    errors = [o.error for o in outcomes if o.error is not None]
    if errors:
        right = sum(error <= 0.01 for error in errors)
        print(
            f"  sizes: median relative error {statistics.median(errors):.4f}, within 1 % {right}/{len(errors)}"
        )
        for kind in dict.fromkeys(o.kind for o in outcomes):
            mine = [o.error for o in outcomes if o.kind == kind and o.error is not None]
            if mine and statistics.median(mine) > 0.01:
                print(f"    {kind}: median error {statistics.median(mine):.3f} (n={len(mine)})")


def print_misses(outcomes: list[Outcome]) -> None:
    """Each strong truth that was not told: what was planted, and what was said instead."""
    for o in outcomes:
        if o.size == "strong" and o.place >= 20:
            truth = o.case.truth
            print(f"MISS {o.where} p={truth.p:.0e}: {truth.line}")
            for insight in o.claims[:3]:
                print(f"     said: {shown(insight)}")


def print_consequences(outcomes: list[Outcome]) -> None:
    """Each claim that is not the planted truth and yet counts as true, to check the judge by."""
    for o in outcomes:
        for insight, what, _ in o.verdicts:
            if what == CONSEQUENCE:
                print(f"CONSEQUENCE in {o.where}: {shown(insight)}")


def print_false(outcomes: list[Outcome]) -> None:
    """Each false claim, with what was planted there."""
    for o in outcomes:
        for insight, what, why in o.verdicts:
            if what == FALSE:
                print(f"FALSE ({why}) in {o.where}: {shown(insight)}")
                print(f"     planted: {o.case.truth.line}")
