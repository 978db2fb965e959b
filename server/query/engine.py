"""Snapshots opened for questions: DuckDB in memory, one view a table, locked before the first question."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from server.query.snapshot import read_manifest
from server.query.sql import literal, quote, select

if TYPE_CHECKING:
    import duckdb
    from numpy.typing import NDArray

Question = tuple[str, Sequence[Any]]
"""A statement and the values of its parameters, in order."""

Item = TypeVar("Item")
Answer = TypeVar("Answer")

MAX_ROWS = 1_000_000
"""Most rows a question may bring into Python."""
KEPT_ROWS = 1_000
"""Most rows of an answer that is kept."""
_OPEN_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    # A name that is no table must not reach into the variables of this program.
    "python_enable_replacements": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
}


class QueryError(Exception):
    """A question the engine refuses or cannot answer; the text is for the log, not for a caller."""


class Query:
    """One open snapshot. Questions are single SELECT statements; values travel as parameters.

    Any thread may ask; a short answer in rows is kept, since a snapshot does not change.
    """

    def __init__(
        self, connection: "duckdb.DuckDBPyConnection", tables: Sequence[str], *, beside: int = 1
    ) -> None:
        self._connection = connection
        self._beside = beside
        self._own = threading.local()
        self._own.connection = connection
        self._kept: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
        self.tables = tuple(tables)

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a question. Raises QueryError."""
        asked = (sql, *((type(value), value) for value in params))  # 1 is not 1.0
        found = self._kept.get(asked)
        if found is None:
            found = self._rows(sql, params)
            if len(found) <= KEPT_ROWS:
                self._kept[asked] = found
        return list(found)

    def _rows(self, sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
        import duckdb

        try:
            cursor = self._cursor().execute(self._statement(sql), list(params))
            found = cursor.fetchmany(MAX_ROWS + 1)
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error as error:
            raise QueryError(str(error)) from error
        if len(found) > MAX_ROWS:
            raise QueryError(f"The question gave more than {MAX_ROWS:,} rows; aggregate in SQL.")
        return found

    def arrays(self, sql: str, params: Sequence[Any] = ()) -> list["NDArray[Any]"]:
        """The columns of a question as arrays, NULL as NaN among numbers. Raises QueryError.

        The statement must give every column a name of its own.
        """
        import duckdb
        import numpy as np

        try:
            found = self._cursor().execute(self._statement(sql), list(params)).fetchnumpy()
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error as error:
            raise QueryError(str(error)) from error
        return [
            np.ma.filled(column, np.nan) if column.dtype.kind == "f" else column for column in found.values()
        ]

    def gather(self, questions: Sequence[Question]) -> list[list["NDArray[Any]"]]:
        """The columns of several questions, as many side by side as the snapshot was opened for. Raises QueryError.

        Each question runs on one thread, so that sums of doubles are added in one order, whoever runs beside it.
        """
        return self.side_by_side(lambda question: self.arrays(*question), questions)

    def side_by_side(self, function: Callable[[Item], Answer], items: Sequence[Item]) -> list[Answer]:
        """The answers of a function that asks questions, in the order of the items: while one waits another works."""
        if self._beside < 2 or len(items) < 2:
            return [function(item) for item in items]
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(self._beside) as pool:
            return list(pool.map(function, items))

    def _cursor(self) -> "duckdb.DuckDBPyConnection":
        """The connection of this thread: one may not be used by two at a time."""
        if not hasattr(self._own, "connection"):
            self._own.connection = self._connection.cursor()
        connection: duckdb.DuckDBPyConnection = self._own.connection
        return connection

    def one(self, sql: str, params: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row of a question, or None when it has none. Raises QueryError."""
        found = self.rows(sql, params)
        return found[0] if found else None

    def _statement(self, sql: str) -> "duckdb.Statement":
        # The type alone is no wall (a CTE may modify): the files are read-only by the lock on access.
        statements = self._cursor().extract_statements(sql)
        if len(statements) != 1 or not _is_select(statements[0]):
            raise QueryError("A question is one SELECT statement.")
        return statements[0]


def _is_select(statement: "duckdb.Statement") -> bool:
    import duckdb

    try:
        return bool(statement.type == duckdb.StatementType.SELECT)
    except ValueError:  # kinds newer than the names the driver knows
        return False


@contextmanager
def open_snapshot(
    directory: Path, *, memory_mb: int = 512, threads: int = 2, beside: int = 1
) -> Iterator[Query]:
    """Opens the snapshot in `directory`: each table is a view of its name.

    `threads` work on one question; `beside` questions may be gathered side by side.
    Only the Parquet files of the snapshot can be read; nothing can be written, attached, installed or set.
    `memory_mb` is DuckDB's own limit in MiB, which single values can exceed: the process limit is the wall.
    Raises SnapshotError when the folder is not a snapshot.
    """
    import duckdb

    tables = read_manifest(directory)
    files = {table.name: str((directory / table.file).resolve()) for table in tables}
    connection = duckdb.connect(":memory:", config=_OPEN_CONFIG)
    try:
        for name, file in files.items():
            source = select(["*"], f"read_parquet({literal(file)})")
            connection.execute(f"create view {quote(name)} as {source}")
        _lock(connection, list(files.values()), memory_mb=memory_mb, threads=threads)
        yield Query(connection, list(files), beside=beside)
    finally:
        connection.close()


def _lock(connection: "duckdb.DuckDBPyConnection", files: list[str], *, memory_mb: int, threads: int) -> None:
    settings = [
        f"allowed_paths = [{', '.join(literal(file) for file in files)}]",
        f"memory_limit = '{int(memory_mb)}MiB'",
        f"threads = {int(threads)}",
        "TimeZone = 'UTC'",
        "temp_directory = ''",
        "max_temp_directory_size = '0KB'",
        "enable_external_access = false",  # after allowed_paths: later it could not be set
        "lock_configuration = true",
    ]
    for setting in settings:
        connection.execute(f"SET {setting}")
