"""Connections and transactions: SQLite in WAL by default; stores see only `Transaction`.

SQLite runs in the event loop's thread: a page of rows costs less than a hop to another thread. What may wait does not:
only one write transaction is open in the process at a time (an asyncio lock), another process's write is waited for
with sleeps, and the commit's fsync runs in a thread.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from time import monotonic
from typing import Any

from sqlalchemy import Connection, Engine, Executable, Row, create_engine, event, text
from sqlalchemy.pool import NullPool

from server.errors import ApiError
from server.settings import Settings

BUSY_PAUSE_SECONDS = 0.005
KEPT_CONNECTIONS = 16

Parameters = Mapping[str, Any]


class Transaction:
    """One transaction: the only door to the database for stores.

    Stores build each statement once, with bind parameters: building one costs more than running it.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def all(self, statement: Executable, parameters: Parameters | None = None) -> list[Row[Any]]:
        """All rows. `parameters` fill the statement's bind parameters, here and below."""
        return list(self._connection.execute(statement, parameters).fetchall())

    async def first(self, statement: Executable, parameters: Parameters | None = None) -> Row[Any] | None:
        """The first row, or None."""
        return self._connection.execute(statement, parameters).first()

    async def scalar(self, statement: Executable, parameters: Parameters | None = None) -> Any:
        """The first cell of the first row, or None."""
        return self._connection.execute(statement, parameters).scalar()

    async def run(
        self, statement: Executable, parameters: Parameters | Sequence[Parameters] | None = None
    ) -> int:
        """Execute a change, once or for each of several sets of parameters; the number of rows it touched.

        Parameters named like columns are what an insert or an update sets.
        """
        return int(self._connection.execute(statement, parameters).rowcount)


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
        self._idle: list[Connection] = []

    @property
    def engine(self) -> Engine:
        """The engine, for migrations."""
        return self._engine

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """A read transaction: every statement sees the same state."""
        with self._connection() as connection:
            _driver(connection).execute("BEGIN")
            yield Transaction(connection)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        """A write transaction: committed when the block ends, rolled back when it raises.

        Raises ApiError `service_unavailable` when another process holds the database too long.
        """
        async with self._writing:
            with self._connection() as connection:
                await self._begin(_driver(connection))
                yield Transaction(connection)
                await _commit(_driver(connection))

    async def ping(self) -> None:
        """Raise when the database cannot answer."""
        async with self.read() as tx:
            await tx.scalar(_PING)

    def close(self) -> None:
        """Close every connection."""
        while self._idle:
            self._idle.pop().close()
        self._engine.dispose()

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        """A connection to itself; what is not committed when the block ends is rolled back.

        Connections are kept open: a pool's checkout and reset cost as much as a statement.
        """
        connection = self._idle.pop() if self._idle else self._engine.connect()
        try:
            yield connection
        finally:
            _driver(connection).rollback()
            if len(self._idle) < KEPT_CONNECTIONS:
                self._idle.append(connection)
            else:
                connection.close()

    async def _begin(self, driver: sqlite3.Connection) -> None:
        give_up = monotonic() + self._wait_seconds
        while True:
            try:
                driver.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or monotonic() > give_up:
                    raise ApiError("service_unavailable", "The database is busy.", retry_after=1) from error
                await asyncio.sleep(BUSY_PAUSE_SECONDS)
            else:
                return


def _driver(connection: Connection) -> sqlite3.Connection:
    """The driver's connection. BEGIN and COMMIT go to it directly: through SQLAlchemy they cost as much as a query."""
    driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    return driver


async def _commit(driver: sqlite3.Connection) -> None:
    """Commit in a thread; a caller cancelled meanwhile still waits, since the connection must not be reused before."""
    committing = asyncio.ensure_future(asyncio.to_thread(driver.execute, "COMMIT"))
    cancelled: asyncio.CancelledError | None = None
    while not committing.done():
        try:
            await asyncio.wait({committing})
        except asyncio.CancelledError as error:
            cancelled = error
    committing.result()
    if cancelled is not None:
        raise cancelled


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return "locked" in str(error)


def _sqlite_engine(url: str, synchronous: str) -> Engine:
    # Statements run in the loop's thread and commits in another, one at a time, so the thread check is off.
    engine = create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        poolclass=NullPool,
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
