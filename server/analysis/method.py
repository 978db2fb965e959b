"""How the findings were made, for those who ask."""

from claribi.v1 import insights_pb2 as insights
from claribi.v1 import reports_pb2 as reports

from server.analysis import formats
from server.analysis.detectors import DETECTORS
from server.analysis.evidence import Name, Text, join
from server.analysis.material import Material, rate, section, statistic
from server.analysis.scope import LOOKED_AT

_LOOKED_FOR: dict[insights.InsightType, str] = {
    insights.INSIGHT_TYPE_CHANGE: "unusual changes",
    insights.INSIGHT_TYPE_TREND: "lasting trends",
    insights.INSIGHT_TYPE_CHANGE_POINT: "breaks of level",
    insights.INSIGHT_TYPE_OUTLIER: "outliers",
    insights.INSIGHT_TYPE_SEASONALITY: "rhythms of the calendar",
    insights.INSIGHT_TYPE_GROUP_DIFFERENCE: "differences between groups",
    insights.INSIGHT_TYPE_CONCENTRATION: "concentration",
    insights.INSIGHT_TYPE_DRIVER: "what drove a change",
    insights.INSIGHT_TYPE_MIX_SHIFT: "shifts of mix",
    insights.INSIGHT_TYPE_CORRELATION: "measures that go together",
    insights.INSIGHT_TYPE_EVENNESS: "evenness",
    insights.INSIGHT_TYPE_FORECAST: "forecasts that hold up",
}


def methodology(material: Material) -> reports.Section:
    """What was tested, how luck was kept out, how findings were weighed, and what was left out."""
    said = [_tests(material), *_corrected(material), _answered(material), _evidence(material)]
    told = [text for text in (*said, *_limits(material)) if text.text]
    return section(reports.SECTION_KIND_METHODOLOGY, "Methodology", told)


def _tests(material: Material) -> Text:
    say, statistics = material.ledger.say, material.report.statistics
    if not statistics.hypotheses_tested:
        return say("Nothing was tested: a test of so little would have told chance from fact only by luck.")
    kinds = dict.fromkeys(
        _LOOKED_FOR[detector.kind] for detector in DETECTORS if detector.kind in _LOOKED_FOR
    )
    listed = Name(", ".join(kinds))
    tested, found = statistic(statistics.hypotheses_tested), statistic(statistics.discoveries)
    return say(
        "Each measure was followed through time, compared across categories and set beside the others. Looked for "
        "were: {0}. Every possible finding was put to a statistical test that asks whether chance alone could have "
        "made it; there were {1} such tests, of which {2} passed.",
        listed,
        tested,
        found,
    )


def _corrected(material: Material) -> list[Text]:
    """How false alarms were kept out, and how what passed was weighed."""
    say = material.ledger.say
    if not material.report.statistics.hypotheses_tested:
        return []
    luck = say(
        "Whoever tests many things finds some by luck. All results of the report were therefore corrected together "
        "(Benjamini and Hochberg), questions about a whole table weighing more than those about its many slices, so "
        "that at most {0} of what passes is expected to be a false alarm. The corrected value is what is called very "
        "strong, strong or moderate evidence.",
        rate(),
    )
    weighed = say(
        "Passing is not enough. What is too small to matter was dropped, however certain, and what another finding "
        "says already (through a measure that moves alike, or in a part that only follows its whole) was told as "
        "part of it. The rest stands in order of size, surprise and certainty, with size counting most."
    )
    return [luck, weighed]


def _answered(material: Material) -> Text:
    if material.asked.answer is None:
        return Text("")
    return material.ledger.say(
        "The answer to the question was computed from the rows it asks about, whether or not they are remarkable. "
        "Findings near to the question come before the others."
    )


def _evidence(material: Material) -> Text:
    say = material.ledger.say
    typed = say(
        "No number was typed: each is the answer to a query on the stored snapshot, listed in the appendix, where it "
        "can be run again. The sentences around them follow fixed rules."
    )
    if not material.report.charts:
        return typed
    drawn = say(
        "A line in a chart is the answer to a query too, as a whole; the scale beside it is drawn to fit what it shows."
    )
    return join([typed, drawn])


def _limits(material: Material) -> list[Text]:
    """What was left out."""
    say, found = material.ledger.say, []
    for facts in material.tables:
        if facts.plan.left_out:
            table = Name(formats.label(facts.scope.table))
            found.append(
                say(
                    "{0} is wide, and not every column was examined: those named in the question and the first ones "
                    "were, and of the others those that, in an evenly drawn part of the rows, went most clearly with "
                    "another column or with the time. The more columns there were to pick from, the surer what was "
                    "found of these had to be.",
                    table,
                )
            )
        if facts.scope.rows > LOOKED_AT:
            table = Name(formats.label(facts.scope.table))
            found.append(
                say(
                    "{0} is long: how to cut it, and whether measures go together, was seen on an evenly drawn part "
                    "of its rows. Totals, means and counts are those of every row.",
                    table,
                )
            )
    unread = [Name(formats.label(table_name)) for table_name in material.unread]
    return [*found, *(say("The table {0} could not be read and is left out.", name) for name in unread)]
