"""SQLite databases, read from the uploaded bytes alone: read-only, immutable, their own code distrusted."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import quote as url_quote

from server.connectors.base import MAX_COLUMNS, MAX_TABLES, Desk, RawTable, SourceFile, bad_file
from server.connectors.stage import stage_rows
from server.query.sql import quote, select

_MAGIC = b"SQLite format 3\0"
_MAX_VALUE_BYTES = 4 << 20
_MAX_SQL_BYTES = 100_000
_STEPS = 1_000_000
"""Instructions of SQLite between two looks at the budget."""
_MAX_LOOKS = 20_000
"""Looks in all: a view that never ends is stopped; the process limit on CPU stands behind it."""
_FETCHED = 1000
_READING = frozenset((sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE))
_FUNCTIONS = (
    "abs avg cast ceil ceiling coalesce concat count date datetime floor format glob group_concat ifnull iif instr "
    "julianday length like lower ltrim max min nullif printf replace round rtrim sign strftime substr substring sum "
    "time total trim typeof unicode upper row_number rank dense_rank lag lead first_value last_value json_extract"
)
_BUILT_IN = frozenset(_FUNCTIONS.split())


class SqliteConnector:
    """SQLite database files."""

    engine = "sqlite"

    def detect(self, file: SourceFile, head: bytes) -> bool:
        """By its mark; or by its ending, so that a broken file is called one."""
        return head.startswith(_MAGIC) or file.ending in {"sqlite", "sqlite3", "db"}

    def tables(self, file: SourceFile, desk: Desk) -> Iterator[RawTable]:
        """One table for each table and view that holds rows."""
        with closing(_open(file)) as database:
            try:
                yield from _tables(database, file, desk)
            except sqlite3.Error as error:
                raise bad_file(f"{file.name} cannot be read as an SQLite database: {error}.") from None


def _open(file: SourceFile) -> sqlite3.Connection:
    # immutable: no journal beside it is looked for, nothing is locked.
    address = f"file:{url_quote(str(file.path))}?mode=ro&immutable=1"
    database = sqlite3.connect(address, uri=True)
    try:
        for pragma in ("trusted_schema = off", "cell_size_check = on", "mmap_size = 0", "query_only = on"):
            database.execute(f"pragma {pragma}")
    except sqlite3.Error:
        database.close()
        raise bad_file(f"{file.name} is not an SQLite database.") from None
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_VALUE_BYTES)
    database.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, _MAX_SQL_BYTES)
    database.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    database.text_factory = lambda data: data.decode("utf-8", "replace")
    database.set_authorizer(_authorize)
    database.set_progress_handler(_Budget(), _STEPS)
    return database


class _Budget:
    """Counts the looks; a true answer stops the statement."""

    def __init__(self) -> None:
        self._looks = 0

    def __call__(self) -> int:
        self._looks += 1
        return int(self._looks > _MAX_LOOKS)


def _authorize(action: int, first: str | None, second: str | None, *_: Any) -> int:
    """Reading only, and only with harmless built-in functions: a view may call what it likes otherwise."""
    if action in _READING:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _BUILT_IN:
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def _tables(database: sqlite3.Connection, file: SourceFile, desk: Desk) -> Iterator[RawTable]:
    sql = select(
        ["name", "sql"],
        "sqlite_master",
        where="type in ('table', 'view') and name not like 'sqlite\\_%' escape '\\'",
    )
    listed = database.execute(sql + " order by name").fetchall()
    # Virtual tables run code of extensions: they and their shadows are left alone.
    names = [
        name for name, text in listed if not str(text or "").lstrip().lower().startswith("create virtual")
    ]
    if len(names) > MAX_TABLES:
        raise bad_file(f"{file.name} has {len(names):,} tables; {MAX_TABLES} are allowed.")
    found = 0
    for name in names:
        cursor = database.execute(select(["*"], quote(name)))
        header = [column[0] for column in cursor.description]
        if len(header) > MAX_COLUMNS:
            raise bad_file(f"{file.name}, table {name}: {len(header)} columns; {MAX_COLUMNS} are allowed.")
        first = cursor.fetchone()
        if first is not None:
            found += 1
            yield stage_rows(desk, name, header, _rows(first, cursor))
    if not found:
        raise bad_file(f"{file.name} has no table with rows.")


def _rows(first: tuple[Any, ...], cursor: sqlite3.Cursor) -> Iterator[tuple[Any, ...]]:
    yield first
    while rows := cursor.fetchmany(_FETCHED):
        yield from rows
