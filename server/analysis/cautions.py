"""What the reader must know about the data, said with evidence."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite

from claribi.v1 import insights_pb2 as insights

from server.analysis import formats
from server.analysis.evidence import Figure, Ledger, Name, NoValue, Text
from server.analysis.scope import Condition, Scalar, Scope, aggregate
from server.query.engine import QueryError
from server.query.sql import quote, select

_INT32_MAX = 2**31 - 1
DUPLICATES_ROWS_LIMIT = 300_000  # comparing whole rows above this costs seconds

_WORDS = {
    insights.QUALITY_CODE_NEGATIVE_DURATION: "Some rows of {0} end before they start ({1}). Leave them out.",
    insights.QUALITY_CODE_DUPLICATE_ROWS: "Some rows of {0} are there more than once. Remove the copies at the source.",
    insights.QUALITY_CODE_NULLS: "Some rows of {0} have no value in {1}. Numbers about it cover the rest.",
    insights.QUALITY_CODE_UNIT_JUMP: "{1} in {0} changes its order of magnitude between stretches. Check its unit.",
    insights.QUALITY_CODE_PARTIAL_PERIOD: "The last period of {0} by {1} is not over. It is left out of comparisons.",
    insights.QUALITY_CODE_RIGHT_CENSORED: "Some durations in {0} ({1}) are not over. Means of them run low.",
    insights.QUALITY_CODE_OUT_OF_RANGE: "{1} in {0} holds values beyond what its name or its other values lead one to "
    "expect. Check them.",
    insights.QUALITY_CODE_MIXED_TYPES: "{1} in {0} mixes numbers, dates or words. What did not fit was left empty.",
    insights.QUALITY_CODE_CONSTANT_COLUMN: "{1} in {0} is the same in every row. It says nothing and was left aside.",
    insights.QUALITY_CODE_FUTURE_DATES: "{1} in {0} holds moments that have not come yet. Check how they got there.",
    insights.QUALITY_CODE_INCONSISTENT_CATEGORY: "{1} in {0} spells one value in several ways. Groups by it are split.",
    insights.QUALITY_CODE_LATE_DATA: "Rows of {0} came long after their time ({1}). The latest periods may still grow.",
    insights.QUALITY_CODE_BROKEN_REFERENCE: "{1} in {0} points to rows that are not there. Joins lose these rows.",
}
_COUNTED = {
    insights.QUALITY_CODE_NEGATIVE_DURATION: "{2} of {3} rows of {0} end before they start ({1}). Leave them out of "
    "durations.",
    insights.QUALITY_CODE_DUPLICATE_ROWS: "{2} of {3} rows of {0} are copies of another. Remove them at the source: "
    "totals count them again.",
    insights.QUALITY_CODE_NULLS: "{2} of {3} rows of {0} have no value in {1}. Numbers about it cover the rest.",
    insights.QUALITY_CODE_UNIT_JUMP: "In {2} of {3} rows of {0}, from one stretch of time, {1} has another order of "
    "magnitude. They are left out of its numbers until it is in one unit.",
    insights.QUALITY_CODE_PARTIAL_PERIOD: "{0} covers one period by {1} only in part: {2} of {3} rows. It is left out "
    "of comparisons.",
    insights.QUALITY_CODE_RIGHT_CENSORED: "{2} of {3} rows of {0} have begun and not ended ({1}). Durations of recent "
    "rows run low until they do.",
    insights.QUALITY_CODE_OUT_OF_RANGE: "{1} can hardly be right in {2} of {3} rows of {0}. Check them at the source.",
    insights.QUALITY_CODE_MIXED_TYPES: "{2} of {3} rows of {0} hold something else in {1} than the rest does. Correct "
    "them, and the column can be added up.",
    insights.QUALITY_CODE_CONSTANT_COLUMN: "{1} is the same in all of the {2} rows of {0}. It says nothing and was "
    "left aside.",
    insights.QUALITY_CODE_FUTURE_DATES: "{2} of {3} rows of {0} lie in the future by {1}. Check how they got there.",
    insights.QUALITY_CODE_INCONSISTENT_CATEGORY: "{2} of {3} rows of {0} spell a value of {1} in a rarer way. Groups "
    "by it are split.",
    insights.QUALITY_CODE_LATE_DATA: "{2} of {3} rows of {0} came much later than the others ({1}). The latest periods "
    "may still grow.",
    insights.QUALITY_CODE_BROKEN_REFERENCE: "{2} of {3} rows of {0} point to something that is not there ({1}). Joins "
    "lose them.",
}
_THIN_END = (
    "The newest part of {0} by {1} holds {2} of {3} rows, far fewer than usual. Some may be on their way."
)
_FARTHEST = "At {4}, where the middle of all is {5}, {1} can hardly be right (in {2} of {3} rows of {0}). "
_KEPT = "Check them at the source: means and totals follow them."
_LEFT_OUT = "Check them at the source: its numbers leave them out until they are mended."
MOST_COUNTED = 60
"""Findings of a table that are told with their numbers; the rest go without, since each costs a query."""


def cautions(
    scopes: Sequence[Scope], findings: Callable[[Scope], Sequence[insights.QualityFinding]], ledger: Ledger
) -> list[insights.QualityFinding]:
    """The quality findings of each table, gravest first, told again in words whose numbers are in the ledger."""
    told = []
    for scope in scopes:
        gravest = sorted(findings(scope), key=lambda finding: -finding.severity)
        told += [_told(scope, finding, ledger, place < MOST_COUNTED) for place, finding in enumerate(gravest)]
    return sorted(told, key=lambda finding: -finding.severity)


def _told(
    scope: Scope, finding: insights.QualityFinding, ledger: Ledger, counted: bool
) -> insights.QualityFinding:
    columns = Name(", ".join(_spoken(column) for column in finding.columns) or "the rows")
    table = Name(formats.label(scope.table))
    text = _counted(scope, finding, ledger, table=table, columns=columns) if counted else None
    if text is None:
        text = ledger.say(_WORDS.get(finding.code, "{0} needs care ({1})."), table, columns)
    kept = insights.QualityFinding()
    kept.CopyFrom(finding)
    kept.description = text.text
    del kept.evidence_ids[:]
    kept.evidence_ids.extend(text.evidence_ids)
    return kept


def _spoken(column: str) -> str:
    """The column as the rest of the report calls it."""
    return formats.label(column, formats.unit_of(column, low=0.0, high=100.0))


def _counted(
    scope: Scope, finding: insights.QualityFinding, ledger: Ledger, *, table: Name, columns: Name
) -> Text | None:
    """The finding with its number of rows, where a query gives the number the finding states."""
    figure = affected(scope, finding, ledger)
    if figure is None or finding.code not in _COUNTED:
        return None
    all_rows = ledger.number(
        f"rows of {table.text}", aggregate(scope, "count(*)"), unit="rows", display=formats.count
    )
    thin = finding.code == insights.QUALITY_CODE_LATE_DATA and len(finding.columns) == 1
    words = _THIN_END if thin else _COUNTED[finding.code]
    ends = _ends(scope, finding, ledger) if finding.code == insights.QUALITY_CODE_OUT_OF_RANGE else ()
    if ends:
        words = _FARTHEST + (_LEFT_OUT if finding.left_out else _KEPT)
    return ledger.say(words, table, columns, figure, all_rows, *ends)


def _ends(scope: Scope, finding: insights.QualityFinding, ledger: Ledger) -> tuple[Figure, ...]:
    """The farthest of the values out of range and the median of all; nothing where they are no numbers."""
    column = finding.columns[0]
    value = f"cast({quote(column)} as double)"
    outside = [Condition(f"({finding.condition})")]
    unit = formats.unit_of(column, low=0.0, high=100.0)
    try:
        middle = ledger.number(f"median {_spoken(column)}", aggregate(scope, f"median({value})"), unit=unit)
        ends = [aggregate(scope, f"{pick}({value})", outside) for pick in ("max", "min")]
        read = [(end.run(), end) for end in ends]
    except (QueryError, NoValue):
        return ()  # days have no farthest number
    far = [
        (abs(found - middle.value), found, end)
        for found, end in read
        if found is not None and isfinite(found)
    ]
    if not far:
        return ()
    _, found, end = max(far, key=lambda one: one[0])
    return ledger.known(f"farthest {_spoken(column)}", end, value=found, unit=unit), middle


def affected(scope: Scope, finding: insights.QualityFinding, ledger: Ledger) -> Figure | None:
    """The rows a finding touches, in the ledger; None when no query gives the number the finding states."""
    counting = _counting(scope, finding)
    if counting is None:
        return None
    try:
        value = counting.run()
    except QueryError:
        return None  # told without its number: the condition is of a table that has changed
    if value is None or min(round(value), _INT32_MAX) != finding.rows_affected:
        return None
    columns = ", ".join(_spoken(column) for column in finding.columns) or "the rows"
    label = f"rows of {formats.label(scope.table)} with a finding in {columns}"
    return ledger.known(label, counting, value=value, unit="rows", display=formats.count)


def _counting(scope: Scope, finding: insights.QualityFinding) -> Scalar | None:
    if finding.condition:
        return aggregate(scope, "count(*)", [Condition(f"({finding.condition})")])
    if finding.code == insights.QUALITY_CODE_DUPLICATE_ROWS and scope.rows <= DUPLICATES_ROWS_LIMIT:
        table = quote(scope.table)
        whole = select(["count(*) as n"], table)
        different = select(["count(*) as n"], f"({select(['distinct *'], table)})")
        sql = select(["a.n - b.n"], f"({whole}) as a, ({different}) as b")
        return Scalar(scope, sql)
    return None


@dataclass(frozen=True)
class Weight:
    """How many findings of each severity there are."""

    critical: int
    warning: int


def weigh(findings: Sequence[insights.QualityFinding]) -> Weight:
    """Counts by severity."""
    return Weight(
        critical=sum(finding.severity == insights.SEVERITY_CRITICAL for finding in findings),
        warning=sum(finding.severity == insights.SEVERITY_WARNING for finding in findings),
    )
