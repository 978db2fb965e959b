"""Health of the installation: quick enough for a load balancer, silent about hosts, paths and secrets."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, perf_counter

import psutil
import structlog
from claribi.v1.monitoring_pb2 import (
    HEALTH_LEVEL_DETAILED,
    HEALTH_LEVEL_SUMMARY,
    HEALTH_STATUS_CRITICAL,
    HEALTH_STATUS_HEALTHY,
    HEALTH_STATUS_WARNING,
    DataSourcesHealth,
    GetHealthRequest,
    Health,
    HealthStatus,
    ServiceHealth,
    ServicesHealth,
    SystemHealth,
)

from server.call import Call
from server.clock import DAY, Clock, now, timestamp
from server.settings import Settings
from server.stores import health
from server.stores.session import Database

# A verdict is kept this long, so that a flood of checks costs one; an outage shows within twice this time.
KEEP_SECONDS = 1.0
CHECK_SECONDS = 2.0
STALE_AFTER = 7 * DAY
CPU_SAMPLE_SECONDS = 0.1
MS = 1000

# A check returns what to say when all is well and raises when it is not.
Check = Callable[[], Awaitable[str]]
log = structlog.get_logger("health")


@dataclass(frozen=True)
class _Verdict:
    services: ServicesHealth
    checked_at: int
    kept_until: float

    @property
    def overall(self) -> HealthStatus:
        """The worst of all that was checked."""
        parts = (self.services.database, self.services.cache, self.services.workers)
        return max(part.status for part in parts)


async def in_process_cache() -> str:
    """Rate limits kept in the server's own memory cannot be away."""
    return "In the server's memory."


class MonitoringService:
    """Health. `workers` and `cache` raise when their service is away: a warning, since reads still work."""

    def __init__(
        self,
        *,
        settings: Settings,
        database: Database,
        version: str,
        workers: Check,
        cache: Check = in_process_cache,
        clock: Clock = now,
    ) -> None:
        self._data_dir = settings.data_dir
        self._database = database
        self._version = version
        self._workers = workers
        self._cache = cache
        self._clock = clock
        self._verdict: _Verdict | None = None
        self._checking = asyncio.Lock()

    async def get_health(self, _call: Call, request: GetHealthRequest) -> Health:
        """The overall status, and as much beside it as the level asks for."""
        verdict = await self._fresh_verdict()
        answer = Health(
            overall_status=verdict.overall, timestamp=timestamp(verdict.checked_at), version=self._version
        )
        if request.level >= HEALTH_LEVEL_SUMMARY:
            answer.services.CopyFrom(verdict.services)
        if request.level == HEALTH_LEVEL_DETAILED:
            await self._add_details(answer)
        return answer

    async def _fresh_verdict(self) -> _Verdict:
        async with self._checking:
            verdict = self._verdict
            if verdict is None or verdict.kept_until < monotonic():
                verdict = self._verdict = await self._check()
            return verdict

    async def _check(self) -> _Verdict:
        database, cache, workers = await asyncio.gather(
            _judge("database", self._ping, HEALTH_STATUS_CRITICAL),
            _judge("cache", self._cache, HEALTH_STATUS_WARNING),
            _judge("workers", self._workers, HEALTH_STATUS_WARNING),
        )
        services = ServicesHealth(database=database, cache=cache, workers=workers)
        return _Verdict(services, self._clock(), monotonic() + KEEP_SECONDS)

    async def _ping(self) -> str:
        async with self._database.read() as tx:
            await health.touch(tx)
        return "Answers."

    async def _add_details(self, answer: Health) -> None:
        if answer.services.database.status == HEALTH_STATUS_HEALTHY:
            async with self._database.read() as tx:
                counts = await health.count_sources(tx, synced_before=self._clock() - STALE_AFTER)
            answer.data_sources.CopyFrom(
                DataSourcesHealth(active=counts.active, error=counts.error, stale=counts.stale)
            )
        answer.system.CopyFrom(await asyncio.to_thread(_system, self._data_dir))


async def _judge(name: str, check: Check, when_away: HealthStatus) -> ServiceHealth:
    """One verdict; the cause of a failure goes to the log, since its text may name hosts and paths."""
    start = perf_counter()
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            message = await check()
    except Exception as error:
        log.warning("service is away", service=name, exc_info=error)
        return _service(when_away, start, "Does not answer.")
    return _service(HEALTH_STATUS_HEALTHY, start, message)


def _service(status: HealthStatus, start: float, message: str) -> ServiceHealth:
    return ServiceHealth(status=status, latency_ms=(perf_counter() - start) * MS, message=message)


def _system(folder: Path) -> SystemHealth:
    """Load of the processors over a short sample, memory, and the disk that holds the data folder."""
    return SystemHealth(
        cpu_percent=psutil.cpu_percent(CPU_SAMPLE_SECONDS),
        memory_percent=psutil.virtual_memory().percent,
        disk_percent=psutil.disk_usage(str(folder)).percent,
    )
