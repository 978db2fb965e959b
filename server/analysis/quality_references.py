"""The rule on references between tables of one source: rows that point to nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from claribi.v1 import data_sources_pb2 as sources
from claribi.v1 import insights_pb2
from claribi.v1.data_sources_pb2 import DataColumn, DataTable
from claribi.v1.insights_pb2 import QualityFinding

from server.analysis.quality_finding import finding
from server.analysis.roles import name_words, word_set
from server.query.engine import Query
from server.query.sql import quote, select

_KEYS = word_set("id key code no nr number uuid guid sku name pk fk")
_KEY_TYPES = (sources.COLUMN_TYPE_INTEGER, sources.COLUMN_TYPE_TEXT)
_NEARLY_UNIQUE = 0.9
"""Estimated share of different values from which a column may be a key; that it is one is counted exactly."""
_FOUND = 0.5
"""Share of references by name that must be found for them to be references at all."""
_FOUND_NAMELESS = 0.9
"""The same for text that only looks like a reference by its values."""
_LEAST_ROWS = 10
_MOST_PAIRS = 200


@dataclass(frozen=True)
class Reference:
    """A column of one table that holds keys of another; rows with a value, and rows whose value is not there."""

    table: DataTable
    column: DataColumn
    parent: DataTable
    key: DataColumn
    values: int = 0
    broken: int = 0

    @property
    def is_broken(self) -> str:
        """SQL that holds for the rows of the table that point to nothing."""
        name, key = quote(self.column.name), quote(self.key.name)
        keys = select([key], quote(self.parent.name), where=f"{key} is not null")
        return f"{name} is not null and {name} not in ({keys})"


def find_references(query: Query, tables: Sequence[DataTable]) -> list[Reference]:
    """The references between the tables: by the names of columns and tables, or by text values; then by inclusion."""
    keys = [(parent, key) for parent in tables for key in parent.columns if _may_be_key(parent, key)]
    pairs = [
        (table, column, parent, key, named)
        for parent, key in keys
        for table in tables
        if table.name != parent.name
        for column in table.columns
        if (named := _named(column, parent, key)) or _alike(column, key)
    ]
    unique: dict[tuple[str, str], bool] = {}
    found: dict[tuple[str, str], Reference] = {}
    for table, column, parent, key, named in sorted(pairs, key=lambda pair: not pair[4])[:_MOST_PAIRS]:
        place = (parent.name, key.name)
        if (
            column.type != key.type
            or table.rows - column.nulls < _LEAST_ROWS
            or (table.name, column.name) in found
        ):
            continue
        if place not in unique:
            unique[place] = _is_unique(query, parent, key)
        reference = _counted(query, Reference(table, column, parent, key)) if unique[place] else None
        least = _FOUND if named else _FOUND_NAMELESS
        if reference and reference.values and 1 - reference.broken / reference.values >= least:
            found[table.name, column.name] = reference
    return list(found.values())


def broken_references(query: Query, tables: Sequence[DataTable]) -> list[QualityFinding]:
    """References with rows that point to nothing."""
    return [_finding(reference) for reference in find_references(query, tables) if reference.broken]


def _finding(reference: Reference) -> QualityFinding:
    table, parent = reference.table, reference.parent
    key = f"{parent.name}.{reference.key.name}"
    text = (
        f"{reference.broken:,} of {table.rows:,} rows have a {reference.column.name} that is not among {key}. "
        "Joining the two tables loses them; add what is missing or correct them."
    )
    code, names = insights_pb2.QUALITY_CODE_BROKEN_REFERENCE, [reference.column.name, key]
    condition = reference.is_broken
    return finding(code, table, columns=names, rows=reference.broken, text=text, condition=condition)


def _may_be_key(table: DataTable, column: DataColumn) -> bool:
    filled = column.type in _KEY_TYPES and not column.nulls and column.distinct >= 2
    return filled and column.distinct >= _NEARLY_UNIQUE * table.rows


def _named(column: DataColumn, parent: DataTable, key: DataColumn) -> bool:
    """Whether a column is called after the other table or its key: customer_id, customer, CustomerKey."""
    words, own, other = (_words(name) for name in (column.name, key.name, parent.name))
    if column.name.lower() == key.name.lower():
        return bool(set(own) - _KEYS)  # every table has an id of its own
    return bool(_stem(words)) and _stem(words)[-1:] in (
        _stem(own)[-1:] or _stem(other)[-1:],
        _stem(other)[-1:],
    )


def _words(name: str) -> list[str]:
    return [word.removesuffix("s") if len(word) > 3 else word for word in name_words(name)]


def _stem(words: list[str]) -> list[str]:
    return [word for word in words if word not in _KEYS]


def _alike(column: DataColumn, key: DataColumn) -> bool:
    """Whether text values alone may make a reference: numbers of two tables overlap by chance."""
    roles = (sources.COLUMN_ROLE_IDENTIFIER, sources.COLUMN_ROLE_DIMENSION)
    return (
        column.type == key.type == sources.COLUMN_TYPE_TEXT and column.role in roles and column.distinct >= 2
    )


def _is_unique(query: Query, table: DataTable, key: DataColumn) -> bool:
    answer = query.one(select([f"count(distinct {quote(key.name)})"], quote(table.name)))
    return answer is not None and int(answer[0]) == table.rows


def _counted(query: Query, reference: Reference) -> Reference:
    name = quote(reference.column.name)
    cells = [f"count({name})", f"count(*) filter ({reference.is_broken})"]
    values, broken = query.one(select(cells, quote(reference.table.name))) or (0, 0)
    return Reference(
        reference.table, reference.column, reference.parent, reference.key, int(values), int(broken)
    )
