"""The executive summary: the answer or the headline, what matters, what to do next, how sure."""

from collections.abc import Sequence

from claribi.v1 import insights_pb2 as insights
from claribi.v1 import reports_pb2 as reports

from server.analysis import formats, periods
from server.analysis.advice import advice_of
from server.analysis.answers.wording import Cell, Table
from server.analysis.evidence import Figure, Name, Text, join
from server.analysis.facts import Facts, native_grain
from server.analysis.hypothesis import certainty
from server.analysis.material import Material, rate, section, statistic
from server.analysis.merging import same_table
from server.analysis.reading import Outcome, misread, understood
from server.analysis.scope import aggregate

MATTERS = 3  # findings the executive summary lists
NAMED = 4  # measures said to hold nothing
TABLES = 4  # the summary names one by one
_WHY = (insights.INSIGHT_TYPE_DRIVER, insights.INSIGHT_TYPE_MIX_SHIFT)
_MOVES = (
    insights.INSIGHT_TYPE_CHANGE,
    insights.INSIGHT_TYPE_TREND,
    insights.INSIGHT_TYPE_CHANGE_POINT,
    insights.INSIGHT_TYPE_OUTLIER,
)


def executive_summary(material: Material) -> reports.Section:
    """The section, with the answer's table where there is one."""
    answer = material.asked.answer
    first = _opening(material) if answer is None else join([answer.lead, *answer.notes])
    second = Text("") if answer is None else _headline(material)
    paragraphs = [
        first,
        _asked(material),
        second,
        _why(material),
        _next(material),
        _how_sure(material),
        _basis(material),
    ]
    bullets = [told.title for told in material.findings.told[:MATTERS]]
    written = section(reports.SECTION_KIND_EXECUTIVE_SUMMARY, "Executive summary", paragraphs, bullets)
    if answer is not None and answer.table is not None:
        _fill(written, answer.table)
    return written


def write_summary(material: Material, kinds: Sequence[int]) -> Text:
    """What matters, in a few sentences; the answer's numbers stand in the executive summary, so only with it."""
    answer = material.asked.answer
    shown = not kinds or reports.SECTION_KIND_EXECUTIVE_SUMMARY in kinds
    told = material.findings.told
    if answer is None or not shown:
        return join([_opening(material), *_titles(material, 1), _how_sure(material), _doubt(material)])
    titles = _titles(material, 0)[: MATTERS - 1] if told else []
    return join(
        [
            answer.lead,
            *titles,
            _how_sure(material),
            misread(material.asked.reading, material.tables, material.ledger),
        ]
    )


def _fill(written: reports.Section, table: Table) -> None:
    """The table with the evidence of its numbers."""
    written.table.columns.extend(table.columns)
    for row in table.rows:
        written.table.rows.add(cells=[_printed(cell) for cell in row])
    ids = [evidence_id for row in table.rows for cell in row for evidence_id in _ids(cell)]
    written.evidence_ids.extend(dict.fromkeys(i for i in ids if i not in set(written.evidence_ids)))


def _printed(cell: Cell) -> str:
    return cell.display if isinstance(cell, Figure) else cell.text


def _ids(cell: Cell) -> tuple[str, ...]:
    return (cell.evidence_id,) if isinstance(cell, Figure) else cell.evidence_ids


def _opening(material: Material) -> Text:
    """The numbers behind the headline, which stands over the text and first among what matters."""
    told = material.findings.told
    return told[0].lead if told else nothing(material)


def nothing(material: Material) -> Text:
    """Why there is no finding."""
    say = material.ledger.say
    filled = [facts for facts in material.tables if facts.rows]
    if not filled:
        return say("There are no rows to analyse in what was asked for.")
    if not material.findings.hypotheses_tested:
        return say(
            "The data are too thin for anything to be told from chance, so this report makes no claims; the numbers "
            "it shows are right as they stand."
        )
    start = "Nothing in the data stands out from chance, so this report makes no claims."
    names = [measure.label for measure in filled[0].measures if not measure.counts_rows][:NAMED]
    if not names:
        return say(start)
    listed = Name(f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0])
    return say(f"{start} Such differences as {{0}} show are no more than luck would have it.", listed)


def _headline(material: Material) -> Text:
    """The first finding beside an answer, unless the answer says it already."""
    told, answer = material.findings.told, material.asked.answer
    if not told or answer is None or told[0].lead.text in answer.lead.text:
        return Text("")
    return told[0].lead


def _titles(material: Material, first: int) -> list[Text]:
    return [material.ledger.say("{0}.", told.title) for told in material.findings.told[first:MATTERS]]


def _why(material: Material) -> Text:
    """What is behind the first finding, where another finding explains it."""
    pairs = list(zip(material.findings.kept, material.findings.told, strict=True))
    if not pairs or pairs[0][0].hypothesis.kind not in _MOVES:
        return Text("")
    first = pairs[0][0].hypothesis
    found = (
        told.lead
        for finding, told in pairs[1:]
        if finding.hypothesis.kind in _WHY
        and finding.hypothesis.measure.columns == first.measure.columns
        and same_table(finding.hypothesis, first)
    )
    return next(found, Text(""))


def _next(material: Material) -> Text:
    """The first piece of advice."""
    advice = advice_of(material)
    return material.ledger.say("Next step: {0}", advice[0]) if advice else Text("")


def _asked(material: Material) -> Text:
    """How the question was read, whether the findings answer it, and what of it was not understood."""
    asked = material.asked
    if not asked.question.text:
        return Text("")
    told = understood(asked, material.ledger, outcome=_outcome(material))
    return join([told, misread(asked.reading, material.tables, material.ledger)])


def _outcome(material: Material) -> Outcome:
    asked, kept = material.asked, [finding.hypothesis for finding in material.findings.kept]
    question = asked.question
    if asked.reading is None or not asked.reading.known:
        return Outcome.FULL if any(map(question.answered_by, kept)) else Outcome.NONE
    close = [hypothesis for hypothesis in kept if question.matches(hypothesis)]
    if any(question.answered_by(hypothesis) or not question.intents for hypothesis in close):
        return Outcome.FULL
    return Outcome.PART if close else Outcome.NONE


def _is_unanswered(material: Material) -> bool:
    reading = material.asked.reading
    return reading is not None and reading.known and _outcome(material) is Outcome.NONE


def _doubt(material: Material) -> Text:
    """What the summary must own up to: a question not understood, or not answered."""
    asked = material.asked
    if not asked.question.text:
        return Text("")
    clear = asked.reading is not None and asked.reading.known and _outcome(material) is Outcome.FULL
    return misread(asked.reading, material.tables, material.ledger) if clear else _asked(material)


def _basis(material: Material) -> Text:
    """How many rows of which tables, over which time, in one sentence; tables with a time first."""
    tables = sorted((t for t in material.tables if t.rows), key=lambda t: (t.timeline is None, -t.rows))
    if not tables:
        return Text("")
    parts = [_rows_of(material, facts) for facts in tables[:TABLES]]
    more = " and further tables" if len(tables) > TABLES else ""
    listed = "{0}" if len(parts) == 1 else ", ".join(f"{{{i}}}" for i in range(len(parts) - 1))
    last = "" if len(parts) == 1 else f"{',' if more else ' and'} {{{len(parts) - 1}}}"
    return material.ledger.say(f"All of this rests on {listed}{last}{more}.", *parts)


def _rows_of(material: Material, facts: Facts) -> Text:
    ledger, table = material.ledger, Name(formats.label(facts.scope.table))
    rows = ledger.number(
        f"rows of {table.text}", aggregate(facts.scope, "count(*)"), unit="rows", display=formats.count
    )
    if facts.timeline is None:
        return ledger.say("{0} rows of {1}", rows, table)
    grain = native_grain(facts.timeline)
    first, last = (
        Name(
            periods.period_name(periods.floor(moment, grain), grain)
            if grain in {"month", "quarter", "year"}
            else periods.day_name(moment)
        )
        for moment in (facts.timeline.first, facts.timeline.last)
    )
    return ledger.say("{0} rows of {1} ({2} to {3})", rows, table, first, last)


def _how_sure(material: Material) -> Text:
    say, statistics = material.ledger.say, material.report.statistics
    tested, found = statistic(statistics.hypotheses_tested), statistic(statistics.discoveries)
    if not statistics.hypotheses_tested:
        return Text("")
    if not statistics.discoveries:
        return say(
            "{0} possible findings were tested; none is both large enough to matter and clear of chance.",
            tested,
        )
    passed = "of the kind that passes, at most {2} are expected to be chance"
    if not material.findings.kept:
        return say(f"{{0}} possible findings were tested and {{1}} held up; {passed}.", tested, found, rate())
    sure = certainty(material.findings.kept[0].q_value)
    return say(
        f"{{0}} possible findings were tested and {{1}} held up; {passed}. For the first one told here the evidence is "
        f"{sure}.",
        tested,
        found,
        rate(),
    )
