"""Connections and transactions: SQLite in WAL by default; stores see only `Transaction`.

SQLite runs in the event loop's thread: a page of rows costs less than a hop to another thread. What may wait does not:
only one write transaction is open in the process at a time (an asyncio lock), another process's write is waited for
with sleeps, and the commit's fsync runs in a thread.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

from sqlalchemy import Connection, Engine, Executable, Row, create_engine, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import QueuePool

from server.errors import ApiError
from server.settings import Settings

BUSY_PAUSE_SECONDS = 0.005
READ_CONNECTIONS = 16


class Transaction:
    """One transaction: the only door to the database for stores."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def all(self, statement: Executable) -> list[Row[Any]]:
        """All rows."""
        return list(self._connection.execute(statement).fetchall())

    async def first(
        self, statement: Executable, parameters: Mapping[str, Any] | None = None
    ) -> Row[Any] | None:
        """The first row, or None. `parameters` fill the bind parameters of a statement built once."""
        return self._connection.execute(statement, parameters).first()

    async def scalar(self, statement: Executable) -> Any:
        """The first cell of the first row, or None."""
        return self._connection.execute(statement).scalar()

    async def run(self, statement: Executable, rows: Iterable[Mapping[str, Any]] | None = None) -> int:
        """Execute a change; the number of rows it touched."""
        if rows is None:
            return int(self._connection.execute(statement).rowcount)
        return int(self._connection.execute(statement, [dict(row) for row in rows]).rowcount)


class Database:
    """The database of this installation."""

    def __init__(self, settings: Settings) -> None:
        url = settings.sqlalchemy_url
        if not url.startswith("sqlite:"):
            kind = url.split(":")[0]
            raise ValueError(f"CLARIBI_DATABASE_URL: expected a sqlite URL, got {kind}; others come later")
        self._wait_seconds = settings.database_wait_seconds
        self._writing = asyncio.Lock()
        self._engine = _sqlite_engine(url, settings.sqlite_synchronous)

    @property
    def engine(self) -> Engine:
        """The engine, for migrations."""
        return self._engine

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """A read transaction: every statement sees the same state."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            try:
                yield Transaction(connection)
            finally:
                connection.exec_driver_sql("ROLLBACK")

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        """A write transaction: committed when the block ends, rolled back when it raises.

        Raises ApiError `service_unavailable` when another process holds the database too long.
        """
        async with self._writing:
            with self._engine.connect() as connection:
                await self._begin(connection)
                try:
                    yield Transaction(connection)
                except BaseException:
                    connection.exec_driver_sql("ROLLBACK")
                    raise
                await _commit(connection)

    async def ping(self) -> None:
        """Raise when the database cannot answer."""
        async with self.read() as tx:
            await tx.scalar(_PING)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    async def _begin(self, connection: Connection) -> None:
        give_up = monotonic() + self._wait_seconds
        while True:
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            except OperationalError as error:
                if not _is_busy(error) or monotonic() > give_up:
                    raise ApiError("service_unavailable", "The database is busy.", retry_after=1) from error
                await asyncio.sleep(BUSY_PAUSE_SECONDS)
            else:
                return


async def _commit(connection: Connection) -> None:
    """Commit in a thread; a caller cancelled meanwhile still waits, since the connection must not be reused before."""
    committing = asyncio.ensure_future(asyncio.to_thread(connection.exec_driver_sql, "COMMIT"))
    try:
        await asyncio.shield(committing)
    except asyncio.CancelledError:
        await asyncio.wait({committing})
        raise


def _is_busy(error: OperationalError) -> bool:
    return isinstance(error.orig, sqlite3.OperationalError) and "locked" in str(error.orig)


def _sqlite_engine(url: str, synchronous: str) -> Engine:
    # Statements run in the loop's thread and commits in another, one at a time, so the thread check is off.
    engine = create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        poolclass=QueuePool,
        pool_size=READ_CONNECTIONS,
        max_overflow=READ_CONNECTIONS,
        connect_args={"check_same_thread": False, "timeout": 0},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            "cache_size=-16384",
        ):
            connection.execute(f"PRAGMA {pragma}")

    return engine


_PING = text("SELECT 1")
