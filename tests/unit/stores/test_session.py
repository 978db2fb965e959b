"""Transactions: whole or not at all, one writer at a time, never a blocked loop."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from server.errors import ApiError
from server.settings import Settings
from server.stores.session import Database
from server.stores.tables import metadata, organizations


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    made = Database(Settings(data_dir=tmp_path, database_wait_seconds=0.2))
    metadata.create_all(made.engine)
    yield made
    made.close()


def _row(name: str) -> dict[str, object]:
    return {"id": name, "name": name, "tier": 1, "created_at": 0}


async def _count(database: Database) -> int:
    async with database.read() as tx:
        return int(await tx.scalar(select(func.count()).select_from(organizations)))


async def test_a_block_that_raises_leaves_nothing(database: Database) -> None:
    async def write() -> None:
        async with database.write() as tx:
            await tx.run(insert(organizations).values(**_row("a")))
            raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        await write()
    assert await _count(database) == 0


async def test_a_cancelled_block_leaves_nothing(database: Database) -> None:
    entered = asyncio.Event()

    async def write() -> None:
        async with database.write() as tx:
            await tx.run(insert(organizations).values(**_row("a")))
            entered.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(write())
    await entered.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await _count(database) == 0
    async with database.write() as tx:
        await tx.run(insert(organizations).values(**_row("b")))
    assert await _count(database) == 1


async def test_a_hundred_writers_wait_their_turn(database: Database) -> None:
    async def write(number: int) -> None:
        async with database.write() as tx:
            await asyncio.sleep(0)
            await tx.run(insert(organizations).values(**_row(f"o{number}")))

    await asyncio.gather(*(write(number) for number in range(100)))
    assert await _count(database) == 100


async def test_a_reader_sees_one_state_throughout(database: Database) -> None:
    async with database.read() as reader:
        before = await reader.scalar(select(func.count()).select_from(organizations))
        async with database.write() as tx:
            await tx.run(insert(organizations).values(**_row("a")))
        assert await reader.scalar(select(func.count()).select_from(organizations)) == before
    assert await _count(database) == before + 1


async def test_another_process_holding_the_database_is_waited_for_then_told(
    database: Database, tmp_path: Path
) -> None:
    other = sqlite3.connect(tmp_path / "claribi.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.01)

    ticking = asyncio.create_task(tick())
    with pytest.raises(ApiError) as caught:
        async with database.write():
            pass
    ticking.cancel()
    assert caught.value.word == "service_unavailable"
    assert ticks > 5, "the loop stood still while it waited"
    other.execute("ROLLBACK")
    other.close()
    async with database.write() as tx:
        await tx.run(insert(organizations).values(**_row("a")))


async def test_a_caller_who_leaves_during_the_commit_does_not_lose_it(database: Database) -> None:
    loop = asyncio.get_running_loop()
    pool = ThreadPoolExecutor(1)
    loop.set_default_executor(pool)
    gate = threading.Event()
    busy = loop.run_in_executor(None, gate.wait)

    async def write() -> None:
        async with database.write() as tx:
            await tx.run(insert(organizations).values(**_row("a")))

    task = asyncio.create_task(write())
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.sleep(0.05)
    assert not task.done(), "the connection went back while its commit was still waiting for a thread"
    gate.set()
    await busy
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await _count(database) == 1


async def test_sixty_readers_at_once_are_all_served(database: Database) -> None:
    inside = 0
    gate = asyncio.Event()

    async def read() -> int:
        nonlocal inside
        async with database.read() as tx:
            inside += 1
            if inside == 60:
                gate.set()
            await gate.wait()
            return int(await tx.scalar(select(func.count()).select_from(organizations)))

    assert await asyncio.gather(*(read() for _ in range(60))) == [0] * 60


async def test_a_failed_statement_leaves_the_connection_usable(database: Database) -> None:
    async def twice() -> None:
        async with database.write() as tx:
            await tx.run(insert(organizations).values(**_row("a")))
            await tx.run(insert(organizations).values(**_row("a")))

    with pytest.raises(IntegrityError):
        await twice()
    async with database.write() as tx:
        await tx.run(insert(organizations).values(**_row("b")))
    assert await _count(database) == 1
