"""How the findings were made, for those who ask."""

from claribi.v1 import reports_pb2 as reports

from server.analysis import formats
from server.analysis.evidence import Name, Text
from server.analysis.material import Material, rate, section, statistic


def methodology(material: Material) -> reports.Section:
    say, statistics = material.ledger.say, material.report.statistics
    tested, found = statistic(statistics.hypotheses_tested), statistic(statistics.discoveries)
    paragraphs = [
        say(
            "Each measure was followed through time and compared across categories, and every comparison was put to a "
            "statistical test: unusual changes, lasting trends, outliers, differences between groups, and "
            "concentration. {0} tests were made; {1} results passed.",
            tested,
            found,
        ),
        say(
            "Whoever tests many things finds some by luck. The results were therefore corrected together (Benjamini "
            "and Hochberg), so that at most {0} of what passes is expected to be a false alarm. What passed but is too "
            "small to matter was dropped, and findings that say the same were told as one.",
            rate(),
        ),
        say(
            "Evidence is called very strong, strong or moderate by that corrected measure. Every number in the text is "
            "the answer to a query on the stored snapshot; the appendix lists the queries, and they can be run again."
        ),
    ]
    return section(reports.SECTION_KIND_METHODOLOGY, "Methodology", [*paragraphs, *_limits(material)])


def _limits(material: Material) -> list[Text]:
    """What was left out."""
    say, found = material.ledger.say, []
    for facts in material.tables:
        if facts.plan.left_out:
            table = Name(formats.label(facts.scope.table))
            found.append(
                say(
                    "Not every column of {0} was examined: those named in the question and the first ones were.",
                    table,
                )
            )
    unread = [Name(formats.label(table_name)) for table_name in material.unread]
    return [*found, *(say("The table {0} could not be read and is left out.", name) for name in unread)]
