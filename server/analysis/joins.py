"""Tables of one source brought together: what a row points to tells more about the row."""

from collections.abc import Sequence
from dataclasses import dataclass

from claribi.v1 import data_sources_pb2 as data_sources

from server.analysis.quality_references import Reference, find_references
from server.query.engine import Query
from server.query.sql import quote, select

MOST_COLUMNS = 8  # of all the tables a table points to
MOST_MEMBERS = 50
MOST_BROKEN = 0.2  # share of references that may lead nowhere


@dataclass(frozen=True)
class Join:
    """A table that each row of another points to at most one row of; its columns are written `table.column`."""

    parent: str
    key: str
    column: str  # of the pointing table
    columns: tuple[str, ...]  # of the parent, that are brought along

    def named(self, column: str) -> str:
        """What a column of the parent is called beside those of the pointing table."""
        return f"{self.parent}.{column}"


def joined(table: str, joins: Sequence[Join], pieces: Sequence[str]) -> str:
    """SQL of the table, with the columns of its parents that the pieces of a statement speak of.

    Every key is unique in its table, so that no row is lost or counted twice.
    """
    brought, tables = [], [f"{quote(table)} as t"]
    for place, join in enumerate(joins):
        used = [name for name in join.columns if any(quote(join.named(name)) in piece for piece in pieces)]
        if used:
            brought += [f"j{place}.{quote(name)} as {quote(join.named(name))}" for name in used]
            on = f"t.{quote(join.column)} = j{place}.{quote(join.key)}"
            tables.append(f"left join {quote(join.parent)} as j{place} on {on}")
    return f"({select(['t.*', *brought], ' '.join(tables))})" if brought else quote(table)


@dataclass(frozen=True)
class Wider:
    """A table with the categories of those it points to."""

    table: data_sources.DataTable
    joins: tuple[Join, ...] = ()


def widened(query: Query, tables: Sequence[data_sources.DataTable]) -> list[Wider]:
    """Each table with the categories of the tables it points to, found by inclusion and confirmed by uniqueness."""
    references = find_references(query, tables) if len(tables) > 1 else []
    return [
        _widened(table, [found for found in references if found.table.name == table.name]) for table in tables
    ]


def _widened(table: data_sources.DataTable, references: Sequence[Reference]) -> Wider:
    wider = data_sources.DataTable()
    wider.CopyFrom(table)
    joins: dict[str, Join] = {}
    for reference in references:
        room = MOST_COLUMNS + len(table.columns) - len(wider.columns)
        brought = [column for column in reference.parent.columns if _tells(column, reference)][:room]
        broken = reference.broken > MOST_BROKEN * max(reference.values, 1)
        if not broken:
            _point(wider, reference)
        if reference.parent.name in joins or not brought or broken:
            continue
        names = tuple(column.name for column in brought)
        join = Join(reference.parent.name, reference.key.name, reference.column.name, names)
        joins[join.parent] = join
        for column in brought:
            added = wider.columns.add()
            added.CopyFrom(column)
            added.name = join.named(column.name)
            added.nulls = 0 if not column.nulls else 1
    return Wider(wider, tuple(joins.values()))


def _point(table: data_sources.DataTable, reference: Reference) -> None:
    """A number that points to rows of another table is no quantity, whatever its name."""
    own = next(column for column in table.columns if column.name == reference.column.name)
    if own.role == data_sources.COLUMN_ROLE_MEASURE:
        own.role = data_sources.COLUMN_ROLE_IDENTIFIER


def _tells(column: data_sources.DataColumn, reference: Reference) -> bool:
    """Whether a column of the parent is a category worth comparing by, which the rows do not carry themselves."""
    if column.name.lower() in {own.name.lower() for own in reference.table.columns}:
        return False
    category = (
        column.role == data_sources.COLUMN_ROLE_DIMENSION or column.type == data_sources.COLUMN_TYPE_BOOLEAN
    )
    return category and column.name != reference.key.name and 2 <= column.distinct <= MOST_MEMBERS
