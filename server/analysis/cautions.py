"""What the reader must know about the data, said with evidence."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from claribi.v1 import insights_pb2 as insights

from server.analysis import formats
from server.analysis.evidence import Ledger, Name, Text
from server.analysis.scope import Condition, Scalar, Scope, aggregate
from server.query.sql import quote, select

DUPLICATES_ROWS_LIMIT = 300_000  # comparing whole rows above this costs seconds

_WORDS = {
    insights.QUALITY_CODE_NEGATIVE_DURATION: "Some rows of {0} end before they start ({1}). Leave them out.",
    insights.QUALITY_CODE_DUPLICATE_ROWS: "Some rows of {0} are there more than once. Remove the copies at the source.",
    insights.QUALITY_CODE_NULLS: "Some rows of {0} have no value in {1}. Numbers about it cover the rest.",
    insights.QUALITY_CODE_UNIT_JUMP: "{1} in {0} changes its order of magnitude between stretches. Check its unit.",
    insights.QUALITY_CODE_PARTIAL_PERIOD: "The last period of {0} by {1} is not over. It is left out of comparisons.",
    insights.QUALITY_CODE_RIGHT_CENSORED: "Some durations in {0} ({1}) are not over. Means of them run low.",
    insights.QUALITY_CODE_OUT_OF_RANGE: "{1} in {0} holds values beyond what its name leads one to expect. Check them.",
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
    insights.QUALITY_CODE_FUTURE_DATES: "{2} of {3} rows of {0} lie in the future by {1}. Check how they got there.",
}


def cautions(
    scopes: Sequence[Scope], findings: Callable[[Scope], Sequence[insights.QualityFinding]], ledger: Ledger
) -> list[insights.QualityFinding]:
    """The quality findings of each table, told again in words whose numbers are in the ledger."""
    told = [_told(scope, finding, ledger) for scope in scopes for finding in findings(scope)]
    return sorted(told, key=lambda finding: -finding.severity)


def _told(scope: Scope, finding: insights.QualityFinding, ledger: Ledger) -> insights.QualityFinding:
    columns = Name(", ".join(_spoken(column) for column in finding.columns) or "the rows")
    table = Name(formats.label(scope.table))
    text = _counted(scope, finding, ledger, table=table, columns=columns) or ledger.say(
        _WORDS.get(finding.code, "{0} needs care ({1})."), table, columns
    )
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
    counting = _counting(scope, finding)
    if counting is None or finding.code not in _COUNTED:
        return None
    value = counting.run()
    if value is None or round(value) != finding.rows_affected:
        return None
    label = f"rows of {table.text} with a finding in {columns.text}"
    rows = ledger.known(label, counting, value=value, unit="rows", display=formats.count)
    all_rows = ledger.number(
        f"rows of {table.text}", aggregate(scope, "count(*)"), unit="rows", display=formats.count
    )
    return ledger.say(_COUNTED[finding.code], table, columns, rows, all_rows)


def _counting(scope: Scope, finding: insights.QualityFinding) -> Scalar | None:
    names = [quote(column) for column in finding.columns]
    if finding.code == insights.QUALITY_CODE_NULLS and len(names) == 1:
        return aggregate(scope, "count(*)", [Condition(f"{names[0]} is null")])
    if finding.code == insights.QUALITY_CODE_NEGATIVE_DURATION and len(names) == 2:
        return aggregate(scope, "count(*)", [Condition(f"{names[1]} < {names[0]}")])
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
