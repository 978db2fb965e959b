"""Few members of a dimension hold much of a total."""

from claribi.v1 import insights_pb2 as insights

from server.analysis import charts, formats, inference
from server.analysis.columns import Dimension, Measure, row_count
from server.analysis.evidence import Figure, Name, NoValue, Text, join
from server.analysis.facts import Facts
from server.analysis.holdings import (
    FEW_HOLD,
    LEAST_WITNESSES,
    ROWS,
    Held,
    Holdings,
    all_holdings,
    beyond_rows,
    effective_rows,
    follows_rows,
    is_worth,
    largest,
    share_error,
)
from server.analysis.hypothesis import (
    Finding,
    Hypothesis,
    Magnitude,
    Tested,
    Told,
    Writer,
    certainty,
    member_name,
    member_of,
    required,
    saturating,
)
from server.analysis.scope import Condition, Scalar, aggregate, equals, percent_of
from server.query.sql import select

LEAST_ROWS = 50
LEAST_MEMBERS = 2
LEAD_WEIGHT = 0.3  # a lead matters less than a dependence
_FLAG = frozenset({"true", "false"})


class Concentration:
    """The share of the largest members against an even split.

    A total is told where its share is not what the rows behind it lead one to expect (an intersection of two tests,
    Berger 1982, Technometrics 24): else every measure would only say again who has most rows. That is told once for
    each dimension, of the measure that is money, if one goes with the rows.
    """

    kind = insights.INSIGHT_TYPE_CONCENTRATION

    def propose(self, facts: Facts) -> list[Hypothesis]:
        """The rows and each total that can be split, by each dimension with enough members."""
        if facts.rows < LEAST_ROWS:
            return []
        return [
            hypothesis
            for dimension, read in all_holdings(facts)
            for hypothesis in _of_dimension(facts, dimension, read)
        ]

    def tell(self, finding: Finding, writer: Writer) -> Told:
        """The concentration in words."""
        return _tell(finding, writer)


def _of_dimension(facts: Facts, dimension: Dimension, read: dict[Measure, Holdings]) -> list[Hypothesis]:
    """The rows, or the money that goes with them, and each other total."""
    held = {measure: holdings for measure, holdings in read.items() if _can_be_held(holdings)}
    led = not _counted_by_things(facts, dimension)
    most = {measure: largest(holdings, led=led) for measure, holdings in held.items()}
    worth = next((measure for measure in held if is_worth(measure)), None)
    of_rows = worth if worth is not None and follows_rows(held[worth], most[worth]) else ROWS
    return [
        _examine(facts, dimension, measure, holdings, held=most[measure], of_rows=measure is of_rows)
        for measure, holdings in held.items()
        if measure is of_rows or measure is not ROWS
    ]


def _can_be_held(holdings: Holdings) -> bool:
    """Whether one member could hold more than its part; that a flag is mostly one way is no holding."""
    several = len(holdings.members) >= LEAST_MEMBERS and not _FLAG.issuperset(holdings.members)
    return several and float(holdings.total.sum()) > 0.0


def _examine(
    facts: Facts, dimension: Dimension, measure: Measure, holdings: Holdings, *, held: Held, of_rows: bool
) -> Hypothesis:
    k = len(holdings.members)
    even = held.count / k
    error = share_error(holdings, held)
    witnesses = effective_rows(holdings, held)
    statistic = (held.share - even) / error if error > 0 and witnesses >= LEAST_WITNESSES else 0.0
    beyond = statistic if of_rows else min(statistic, beyond_rows(holdings, held))
    # The largest are chosen after the fact; the number of choices bounds how far chance could carry them.
    p_value = min(1.0, k * inference.normal_two_sided(beyond)) if beyond > 0 else 1.0
    shares = holdings.total / holdings.total.sum()
    return Hypothesis(
        kind=insights.INSIGHT_TYPE_CONCENTRATION,
        facts=facts,
        measure=row_count(facts.scope.table) if measure is ROWS else measure,
        tested=Tested(
            "share of the largest against an even split" + ("" if of_rows else ", and that of their rows"),
            statistic,
            p_value,
            int(holdings.rows.sum()),
            "herfindahl_index",
            float((shares**2).sum()),
            (100 * (held.share - 1.96 * error), min(100.0, 100 * (held.share + 1.96 * error))),
        ),
        magnitude=Magnitude(100.0 * held.share, "%", held.share / even - 1.0),
        direction=insights.DIRECTION_NONE,
        material=held.material(k),
        size=LEAD_WEIGHT * held.share if held.leads else held.share,
        surprise=(LEAD_WEIGHT if held.leads else 1.0) * saturating(held.share / even - 1.0, 3.0),
        dimension=dimension,
        members=holdings.members[: min(held.count, charts.BARS)],
        profile=shares[: charts.BARS],
        detail=held,
        of_rows=of_rows,
    )


def _counted_by_things(facts: Facts, dimension: Dimension) -> bool:
    """Whether rows come in things that each lie in one member: then rows are no independent votes for it."""
    return facts.clusters.holds(dimension)


def _tell(finding: Finding, writer: Writer) -> Told:
    hypothesis, ledger = finding.hypothesis, writer.ledger
    dimension, held = required(hypothesis.dimension, Dimension), required(hypothesis.detail, Held)
    measure = hypothesis.measure
    scope, what, by = hypothesis.facts.scope, Name(measure.label), Name(dimension.label)
    known = Condition(f"{dimension.value} is not null")
    share = ledger.number(
        f"share of {what.text} held by the largest of {by.text}",
        _share(hypothesis, dimension, held, known),
        unit="%",
    )
    members = ledger.number(
        f"number of different {by.text}",
        aggregate(scope, f"count(distinct {dimension.value})", [known]),
        unit="",
        display=formats.count,
    )
    first = Name(member_of(dimension, hypothesis.members[0]))
    if held.count == 1:
        title, body = _alone(writer, held, parts=(first, what, share, by, members))
    else:
        title, body = _several(hypothesis, dimension, held, writer, parts=(first, what, share, by, members))
    rows = [] if measure.counts_rows or held.count > 1 else [_row_share(hypothesis, dimension, known, writer)]
    strength = certainty(finding.q_value)
    sure = ledger.say(
        writer.pick(
            (
                f"The evidence that the split is not even is {strength}.",
                f"That an even split would look like this by chance is ruled out with {strength} evidence.",
                f"Chance does not deal so unevenly: {strength} evidence.",
            )
        )
    )
    drawn = charts.member_figures(
        ledger, hypothesis.facts, dimension, expression=measure.total, called=(what.text, measure.unit)
    )
    alt = ledger.say("Bars of {0} by {1}, largest first, led by {2}.", what, by, first)
    chart = charts.bars(
        dimension,
        drawn,
        texts=(title, alt),
        axis=(measure.label, measure.unit),
        emphasis=list(hypothesis.members),
    )
    return Told(
        title,
        body,
        join([body, *rows, sure]),
        _advice(writer, first, what, by, held=held),
        _caveats(writer),
        chart,
    )


def _share(hypothesis: Hypothesis, dimension: Dimension, held: Held, known: Condition) -> Scalar:
    """The share of the largest members, in percent."""
    scope, total = hypothesis.facts.scope, hypothesis.measure.total
    if held.count == 1:
        own = aggregate(scope, total, [equals(dimension, hypothesis.members[0])])
        return percent_of(own, aggregate(scope, total, [known]))
    totals = scope.select([f"{total} as v"], [known], group=dimension.value)
    ranked = select(["v"], totals.nested, where="v is not null", order="v desc", limit=held.count)
    largest = Scalar(scope, select(["sum(v)"], f"({ranked})"), totals.params)
    return percent_of(largest, aggregate(scope, total, [known]))


def _alone(
    writer: Writer, held: Held, *, parts: tuple[Name, Name, Figure, Name, Figure]
) -> tuple[Text, Text]:
    say = writer.ledger.say
    titles = ("{0} alone accounts for {2} of {1}", "{2} of {1} comes from {0}", "{0} carries {2} of {1}")
    bodies: tuple[str, ...] = (
        "Of {4} different values of {3}, {0} holds {2} of {1}.",
        "{1} leans on a single {3}: {0}, one of {4}, makes up {2}.",
    )
    if held.leads:
        titles = (
            "{0} leads in {1}, with {2} of the whole",
            "{0} is ahead of every other {3} in {1}",
            "The largest part of {1}, {2}, falls to {0}",
        )
        bodies = (
            "{0} holds {2} of {1}, more than any other of the {4} values of {3}.",
            "Split by {3}, {1} is largest in {0}, which makes up {2}; there are {4} values in all.",
            "Of the {4} values of {3}, {0} takes the largest part of {1}: {2}.",
        )
    return say(writer.pick(titles), *parts), say(writer.pick(bodies), *parts)


def _several(
    hypothesis: Hypothesis,
    dimension: Dimension,
    held: Held,
    writer: Writer,
    *,
    parts: tuple[Name, Name, Figure, Name, Figure],
) -> tuple[Text, Text]:
    """Half of a total in the hands of few."""
    first, what, share, by, members = parts
    scope, total = hypothesis.facts.scope, hypothesis.measure.total
    totals = scope.select(
        [f"{total} as v"], [Condition(f"{dimension.value} is not null")], group=dimension.value
    )
    running = "sum(v) over (order by v desc rows unbounded preceding) / sum(v) over () as s"
    sql = select([f"1 + count_if(s < {FEW_HOLD})"], f"({select([running], totals.nested)})")
    few = writer.ledger.number(
        f"fewest of {by.text} that hold half of {what.text}",
        Scalar(scope, sql, totals.params),
        display=formats.count,
    )
    if round(few.value) != held.count:
        raise NoValue("the few that hold half are not the same when counted again")
    say = writer.ledger.say
    title = say("The largest {2} of {3} by {1} hold {0} of it", share, what, few, members)
    body = say(
        "Among {3} different values of {4}, the {2} largest together hold {0} of {1}; the first of them is {5}.",
        share,
        what,
        few,
        members,
        by,
        first,
    )
    return title, body


def _row_share(hypothesis: Hypothesis, dimension: Dimension, known: Condition, writer: Writer) -> Text:
    scope = hypothesis.facts.scope
    own = aggregate(scope, "count(*)", [equals(dimension, hypothesis.members[0])])
    share = writer.ledger.number(
        f"share of rows of {member_name(hypothesis.members[0])}",
        percent_of(own, aggregate(scope, "count(*)", [known])),
        unit="%",
    )
    templates = (
        "It stands behind {0} of the rows.",
        "Of the rows it has {0}.",
        "Its part of the rows is {0}.",
    )
    return writer.ledger.say(writer.pick(templates), share)


def _caveats(writer: Writer) -> tuple[Text, ...]:
    return (writer.ledger.say("Holding much is a dependence, not by itself a fault."),)


def _advice(writer: Writer, first: Name, what: Name, by: Name, *, held: Held) -> Text:
    """What to do about a dependence; a mere lead is none."""
    if held.leads:
        return Text("")
    templates = (
        (
            "Work out what losing {0} would mean for {1}, and who would take its place.",
            "Watch {0} separately: when it moves, {1} moves with it, whatever the rest of {2} does.",
        )
        if held.count == 1
        else (
            "Name an owner for each of the largest by {2}, {0} first; {1} depends on them.",
            "Ask how much of {1} would be left without {0} and its peers, and whether that risk is priced in.",
        )
    )
    return writer.ledger.say(writer.pick(templates), first, what, by)
