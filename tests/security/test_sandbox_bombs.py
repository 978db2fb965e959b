"""Questions that would take all memory or all time end within the limits, and the server does not grow."""

import time
from pathlib import Path

import duckdb
import psutil
import pytest

from server.job import JobFailed
from server.work.jobs import Job
from server.work.sandbox import Limits, Sandbox

MIB = 1 << 20
LIMITS = Limits(memory_bytes=384 * MIB, cpu_seconds=2, wall_seconds=8)
BOMBS = [
    "select length(repeat('x', 900000000))",
    "select len(range(100000000))",
    "select len(list(i)) from range(300000000) r(i)",
    "select string_agg(repeat('y', 1000000), '') from range(100000)",
    "with recursive r as (select 1 as i union all select i + 1 from r) select count(*) from r",
    "with recursive r as (select 1 as i union select i + 1 from r) select count(*) from r",
    "select count(*) from range(1000000000) a, range(1000000000) b",
    "select count(distinct hash(a.range, b.range)) from range(100000) a, range(100000) b",
    "select * from range(100000000) order by hash(range)",
    "select i, histogram(j) from range(10000) a(i), range(10000) b(j) group by i",
    "select count(*) from range(1000000) where regexp_matches(repeat('a', 9999) || range, '(a?){30}(a*)*b')",
    "select list_transform(range(50000000), x -> repeat('z', 100))",
    "select printf('%900000000d', 1)",
    "select lpad('x', 900000000, 'ab')",
    "select array_agg(repeat('q', 100000)) from range(1000000)",
]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bombs")
    with duckdb.connect() as connection:
        connection.execute(f"copy (select range as i from range(10)) to '{folder}/t.parquet'")
    return folder


async def test_every_bomb_ends_within_its_limits_and_the_server_stays_small(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))
    module = f"{__name__.rpartition('.')[0]}.query_job".lstrip(".")
    sandbox = Sandbox(jobs={"query": Job(f"{module}:run")}, preload=("duckdb",))
    await sandbox.ready()
    before = psutil.Process().memory_info().rss
    try:
        for sql in BOMBS:
            began = time.monotonic()
            caught = await _failure(sandbox, {"directory": str(directory), "sql": sql})
            seconds = time.monotonic() - began
            assert seconds < LIMITS.wall_seconds + 2, sql
            assert caught is not None, f"harmless: {sql}"
            assert caught.code in {"data_source_unavailable", "deadline_exceeded", "internal_error"}, sql
        assert await sandbox.run("query", {"directory": str(directory), "sql": "select 42"}) == b"[(42,)]"
    finally:
        await sandbox.close()
    assert psutil.Process().memory_info().rss - before < 16 * MIB


async def _failure(sandbox: Sandbox, payload: dict[str, str]) -> JobFailed | None:
    try:
        await sandbox.run("query", payload, limits=LIMITS)
    except JobFailed as failed:
        return failed
    return None
