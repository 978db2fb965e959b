"""Health tells the truth, quickly, and nothing else; the edge counts and refuses."""

from __future__ import annotations

import asyncio
from time import perf_counter

import pytest
from claribi.v1 import monitoring_pb2 as pb
from claribi.v1.data_sources_pb2 import DATA_SOURCE_STATUS_ERROR
from google.rpc import status_pb2
from sqlalchemy import update

from server.clock import DAY
from server.errors import ApiError, Refused
from server.services import monitoring
from server.services.edge import EdgeService
from server.services.monitoring import MonitoringService
from server.stores.tables import data_sources
from tests.unit.sharing.stage import Stage

HEALTHY, WARNING, CRITICAL = pb.HEALTH_STATUS_HEALTHY, pb.HEALTH_STATUS_WARNING, pb.HEALTH_STATUS_CRITICAL


class Away:
    """A service that answers or not, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.failure: Exception | None = None
        self.hangs = False

    async def __call__(self) -> str:
        self.asked += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.failure is not None:
            raise self.failure
        return "Answers."


@pytest.fixture
def workers() -> Away:
    return Away()


@pytest.fixture
def cache() -> Away:
    return Away()


@pytest.fixture(autouse=True)
def _served(stage: Stage, workers: Away, cache: Away, monkeypatch: pytest.MonkeyPatch) -> None:
    # Each call checks anew, but where a test says otherwise.
    monkeypatch.setattr(monitoring, "KEEP_SECONDS", -1.0)
    monkeypatch.setattr(monitoring, "CHECK_SECONDS", 0.2)
    stage.services["EdgeService"] = EdgeService()
    stage.services["MonitoringService"] = MonitoringService(
        settings=stage.settings,
        database=stage.database,
        version="1.2.3",
        workers=workers,
        cache=cache,
        clock=stage.clock,
    )


async def health(stage: Stage, level: int = pb.HEALTH_LEVEL_UNSPECIFIED) -> pb.Health:
    answer: pb.Health = await stage.call("GetHealth", pb.GetHealthRequest(level=level), "nobody")
    return answer


def fields(answer: pb.Health) -> list[str]:
    return [field.name for field, _ in answer.ListFields()]


async def test_each_level_tells_more_than_the_one_before(stage: Stage) -> None:
    quick = await health(stage)
    assert (quick.overall_status, quick.version) == (HEALTHY, "1.2.3")
    assert quick.timestamp.ToMicroseconds() == stage.clock()
    documented = ["overall_status", "timestamp", "version"]
    assert fields(quick) == documented
    assert fields(await health(stage, pb.HEALTH_LEVEL_QUICK)) == documented
    assert fields(await health(stage, pb.HEALTH_LEVEL_SUMMARY)) == [*documented, "services"]
    detailed = await health(stage, pb.HEALTH_LEVEL_DETAILED)
    assert fields(detailed) == [*documented, "services", "data_sources", "system"]
    assert 0 < detailed.system.memory_percent < 100
    assert 0 < detailed.system.disk_percent <= 100
    assert 0 <= detailed.system.cpu_percent <= 100
    assert detailed.services.database.latency_ms > 0


@pytest.mark.parametrize(
    ("database", "cache_away", "workers_away", "overall"),
    [
        (False, False, False, HEALTHY),
        (False, True, False, WARNING),
        (False, False, True, WARNING),
        (False, True, True, WARNING),
        (True, False, False, CRITICAL),
        (True, True, True, CRITICAL),
    ],
)
async def test_the_whole_is_as_bad_as_the_worst(
    stage: Stage,
    workers: Away,
    cache: Away,
    database: bool,
    cache_away: bool,
    workers_away: bool,
    overall: int,
) -> None:
    cache.failure = ConnectionError("redis://:hunter2@10.1.2.3 refused") if cache_away else None
    workers.failure = OSError("/opt/data/secret") if workers_away else None
    if database:
        with stage.database.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE organizations RENAME TO gone")
    answer = await health(stage, pb.HEALTH_LEVEL_DETAILED)
    assert answer.overall_status == overall
    services = answer.services
    assert services.database.status == (CRITICAL if database else HEALTHY)
    assert services.cache.status == (WARNING if cache_away else HEALTHY)
    assert services.workers.status == (WARNING if workers_away else HEALTHY)
    for leak in ("hunter2", "10.1.2.3", "/opt", "organizations", str(stage.settings.data_dir)):
        assert leak not in str(answer)
    assert answer.HasField("data_sources") is not database


async def test_a_service_that_hangs_is_away(stage: Stage, workers: Away) -> None:
    workers.hangs = True
    start = perf_counter()
    assert (await health(stage)).overall_status == WARNING
    assert perf_counter() - start < 2


async def test_a_verdict_is_kept_for_a_moment_whoever_asks(
    stage: Stage, workers: Away, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitoring, "KEEP_SECONDS", 0.15)
    answers = await asyncio.gather(*(health(stage) for _ in range(50)))
    assert workers.asked == 1
    assert all(answer == answers[0] for answer in answers)
    workers.failure = OSError("away")
    assert (await health(stage)).overall_status == HEALTHY
    await asyncio.sleep(0.2)
    assert (await health(stage)).overall_status == WARNING


async def test_sources_are_counted_active_in_error_and_stale(stage: Stage) -> None:
    counts = (await health(stage, pb.HEALTH_LEVEL_DETAILED)).data_sources
    assert (counts.active, counts.error, counts.stale) == (2, 0, 0)
    async with stage.database.write() as tx:
        old = {"last_synced_at": stage.clock() - 8 * DAY}
        await tx.run(update(data_sources).where(data_sources.c.id == stage.sources["home"]).values(**old))
        # One in error is not stale as well, however old.
        failed = {"status": DATA_SOURCE_STATUS_ERROR, **old}
        await tx.run(update(data_sources).where(data_sources.c.id == stage.sources["other"]).values(**failed))
    counts = (await health(stage, pb.HEALTH_LEVEL_DETAILED)).data_sources
    assert (counts.active, counts.error, counts.stale) == (1, 1, 1)


async def test_the_edge_admits(stage: Stage) -> None:
    assert not (await stage.call("Admit", pb.AdmitRequest(), "nobody")).ListFields()


async def test_the_edge_carries_a_refusal_unchanged(stage: Stage) -> None:
    status = ApiError("method_not_allowed", "No.", details={"allow": "GET"}).status()
    refused = await stage.refused("Refuse", pb.RefuseRequest(status=status), "nobody")
    assert isinstance(refused, Refused)
    assert (refused.word, refused.status()) == ("method_not_allowed", status)


async def test_a_refusal_that_refuses_nothing_is_refused(stage: Stage) -> None:
    empty = pb.RefuseRequest(status=status_pb2.Status(code=0, message="fine"))
    assert list(await stage.fields("Refuse", empty, "nobody")) == ["status"]
