"""Defects of the data grave enough to be told among the findings."""

from dataclasses import replace

from claribi.v1 import insights_pb2 as insights
from claribi.v1.insights_pb2 import QualityFinding

from server.analysis import formats
from server.analysis.cautions import affected
from server.analysis.columns import Measure
from server.analysis.defects import is_burst
from server.analysis.evidence import Name, NoValue, join
from server.analysis.facts import Facts
from server.analysis.hypothesis import (
    Finding,
    Hypothesis,
    Magnitude,
    Tested,
    Told,
    Writer,
    required,
    saturating,
)
from server.analysis.inference import SMALLEST_P
from server.analysis.scope import aggregate

MOST_TOLD = 3  # of one table; the rest stands with the data
LEAST_SHARE = 0.005  # of the rows, below which only the gravest matter
HALF_SIZE = 0.05  # share of the rows that is half as large as can be

# Title, sentence and advice; {0} the rows, {1} all rows, {2} the table, {3} the columns.
_WORDS = {
    insights.QUALITY_CODE_NEGATIVE_DURATION: (
        "{0} rows of {2} end before they start",
        "In {0} of {1} rows the end lies before the start ({3}). Durations leave these rows out.",
        "Correct the dates at the source.",
    ),
    insights.QUALITY_CODE_DUPLICATE_ROWS: (
        "{0} rows of {2} are copies",
        "{0} of {1} rows stand there again, alike in every column, so totals count them again.",
        "Find out which load brought them, and remove them.",
    ),
    insights.QUALITY_CODE_NULLS: (
        "{3} stopped being filled for a while",
        "{0} of {1} rows, all from one stretch of time, have no {3}. Its course through time is not told.",
        "Ask what stopped recording it, and fill the gap if you can.",
    ),
    insights.QUALITY_CODE_UNIT_JUMP: (
        "{3} seems to change its unit",
        "{0} of {1} rows hold {3} at another order of magnitude than the rest. They are left out of its numbers, "
        "and its course through time is not told.",
        "Bring both stretches to one unit at the source.",
    ),
    insights.QUALITY_CODE_OUT_OF_RANGE: (
        "{3} holds values that can hardly be right",
        "In {0} of {1} rows {3} lies beyond what its name or its other values lead one to expect.",
        "Check them at the source; averages of {3} follow them.",
    ),
    insights.QUALITY_CODE_MIXED_TYPES: (
        "{3} mixes kinds of value",
        "{0} of {1} rows hold something else in {3} than the others, so it cannot be added up.",
        "Correct them at the source.",
    ),
    insights.QUALITY_CODE_FUTURE_DATES: (
        "{0} rows of {2} lie in the future",
        "{0} of {1} rows have a {3} that has not come yet. They are left out of comparisons over time.",
        "Correct the dates, or name the column as a plan.",
    ),
    insights.QUALITY_CODE_INCONSISTENT_CATEGORY: (
        "{3} spells one thing in several ways",
        "{0} of {1} rows use a rarer spelling in {3}, so what belongs together is counted apart.",
        "Agree on one spelling for each.",
    ),
    insights.QUALITY_CODE_LATE_DATA: (
        "Rows of {2} come late",
        "It touches {0} of {1} rows ({3}). What is recent may still grow.",
        "Wait for them before you judge what is recent.",
    ),
    insights.QUALITY_CODE_BROKEN_REFERENCE: (
        "{0} rows of {2} point to nothing",
        "{0} of {1} rows hold a reference that the other table does not know ({3}). Joining loses them.",
        "Add what is missing there, or correct the references.",
    ),
}
_NO_VALUES = (
    "{3} holds values that can hardly be right",
    "In {0} of {1} rows {3} lies far beyond all other values of it. Such values are left out of its numbers.",
    "Correct them at the source, and they count again.",
)


class DataQuality:
    """The gravest findings on the data, counted exactly: nothing is tested, so nothing is corrected for."""

    kind = insights.INSIGHT_TYPE_DATA_QUALITY

    def propose(self, facts: Facts) -> list[Hypothesis]:
        """The findings that matter, gravest first."""
        grave = [finding for finding in facts.findings if _matters(finding, facts.rows)]
        grave.sort(key=lambda finding: (-finding.severity, -finding.rows_affected, list(finding.columns)))
        return [_hypothesis(facts, finding) for finding in grave[:MOST_TOLD]]

    def tell(self, finding: Finding, writer: Writer) -> Told:
        """The defect in words."""
        facts = finding.hypothesis.facts
        defect = required(finding.hypothesis.detail, QualityFinding)
        # The quality of a table is that of all its rows, whatever the period.
        scope = replace(facts.scope, time=None, period=None)
        rows = affected(scope, defect, writer.ledger)
        if rows is None:
            raise NoValue("rows with a defect")
        everything = aggregate(scope, "count(*)")
        label = f"rows of {formats.label(scope.table)}"
        whole = writer.ledger.number(label, everything, unit="rows", display=formats.count)
        columns = Name(", ".join(formats.label(column) for column in defect.columns) or "all columns")
        parts = (rows, whole, Name(formats.label(scope.table)), columns)
        out_of_range = defect.code == insights.QUALITY_CODE_OUT_OF_RANGE
        spoken = _NO_VALUES if out_of_range and defect.left_out else _WORDS[defect.code]
        title, lead, advice = (writer.ledger.say(words, *parts) for words in spoken)
        return Told(title=title, lead=lead, narrative=join([lead]), advice=advice)


def _matters(finding: QualityFinding, rows: int) -> bool:
    if finding.code not in _WORDS or (finding.code == insights.QUALITY_CODE_NULLS and not is_burst(finding)):
        return False
    gravest = finding.severity == insights.SEVERITY_CRITICAL
    return bool(rows) and (gravest or finding.rows_affected >= LEAST_SHARE * rows)


def _hypothesis(facts: Facts, finding: QualityFinding) -> Hypothesis:
    share = finding.rows_affected / facts.rows
    column = finding.columns[0] if finding.columns else None
    label = formats.label(column) if column else formats.label(facts.scope.table)
    return Hypothesis(
        kind=DataQuality.kind,
        facts=facts,
        measure=Measure(column, "1.0", "count", label, "rows"),
        tested=Tested(
            "exact count of rows",
            float(finding.rows_affected),
            SMALLEST_P,
            facts.rows,
            "share_of_rows",
            share,
        ),
        magnitude=Magnitude(float(finding.rows_affected), "rows", share),
        direction=insights.DIRECTION_NONE,
        material=True,
        size=saturating(share, HALF_SIZE),
        surprise=0.5,
        members=(str(finding.code), *finding.columns),
        detail=finding,
        choices=0,
    )
