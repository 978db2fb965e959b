"""The rule on text that is mostly numbers or dates: one column, two kinds of value."""

from datetime import datetime

from claribi.v1 import data_sources_pb2 as sources
from claribi.v1 import insights_pb2
from claribi.v1.data_sources_pb2 import DataColumn, DataTable
from claribi.v1.insights_pb2 import QualityFinding

from server.analysis.quality_finding import COLUMN_BATCH, finding
from server.analysis.roles import name_words, word_set
from server.query.engine import Query
from server.query.sql import quote, select

_MOSTLY = 0.7
"""Share of the values that must be of one kind for the rest to be strangers."""
_LEAST_VALUES = 20
_LEAST_DIFFERENT = 10
"""Different values below which text is a list of codes."""
_SAMPLE_ROWS = 2_000
_NAMES_OF_CODES = word_set(
    "id ids uuid key sku code zip zipcode postcode postal nr no number num account ref reference phone size version"
)
_KINDS = {
    "numbers": r"^[(]?[-+]?\s?[$€£¥]?\s?[-+]?"
    r"(0|[1-9][0-9]{0,14}|[1-9][0-9]{0,2}(,[0-9]{3})+)([.,][0-9]+)?\s?[€£%]?[)]?$",
    "dates": r"^([0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2,4})([T ][0-9:.]+Z?)?$",
}


def mixed_types(query: Query, table: DataTable, now: datetime) -> list[QualityFinding]:
    """Text columns whose values are mostly numbers or mostly dates; the other values are counted.

    What the reading of a file has made numbers or dates already is not text any more, and is told there.
    """
    asked = [column for column in table.columns if _may_mix(column)]
    found = []
    for start in range(0, len(asked), COLUMN_BATCH):
        batch = asked[start : start + COLUMN_BATCH]
        likely = _counts(query, batch, f"({select(['*'], quote(table.name), limit=_SAMPLE_ROWS)})")
        batch = [c for c, kinds in zip(batch, likely, strict=True) if _strays(kinds) is not None]
        counts = _counts(query, batch, quote(table.name)) if batch else []
        for column, kinds in zip(batch, counts, strict=True):
            strays = _strays(kinds)
            if strays is not None and strays[1]:
                found.append(_finding(table, column, *strays))
    return found


def _may_mix(column: DataColumn) -> bool:
    codes = bool(_NAMES_OF_CODES & set(name_words(column.name)))
    return column.type == sources.COLUMN_TYPE_TEXT and column.distinct >= _LEAST_DIFFERENT and not codes


def _counts(query: Query, columns: list[DataColumn], source: str) -> list[tuple[int, ...]]:
    """Of each column: values, and how many look like each kind."""
    wanted = []
    for column in columns:
        wanted.append(f"count({_text(column)})")
        wanted += [f"count(*) filter (regexp_matches({_text(column)}, '{form}'))" for form in _KINDS.values()]
    row = query.one(select(wanted, source)) or ()
    width = 1 + len(_KINDS)
    return [tuple(int(cell) for cell in row[width * i : width * (i + 1)]) for i in range(len(columns))]


def _text(column: DataColumn) -> str:
    return f"nullif(trim({quote(column.name)}), '')"


def _strays(counts: tuple[int, ...]) -> tuple[str, int] | None:
    """The kind most values have, and how many values have it not; None when no kind prevails."""
    values, *hits = counts
    if values < _LEAST_VALUES:
        return None
    kind, most = max(zip(_KINDS, hits, strict=True), key=lambda pair: pair[1])
    return (kind, values - most) if most >= _MOSTLY * values else None


def _finding(table: DataTable, column: DataColumn, kind: str, strays: int) -> QualityFinding:
    condition = f"{_text(column)} is not null and not regexp_matches({_text(column)}, '{_KINDS[kind]}')"
    text = (
        f"{strays:,} of {table.rows:,} values of {column.name} are not {kind}, though the others are. "
        "The column is kept as text, so it cannot be added up; correct them at the source."
    )
    code = insights_pb2.QUALITY_CODE_MIXED_TYPES
    return finding(code, table, columns=[column.name], rows=strays, text=text, condition=condition)
