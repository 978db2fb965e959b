"""Goals that follow a measure: measured in the background after a change and after each sync of their source.

The same worker judges every goal once a day, since a new day changes statuses that nobody touched.
"""

import asyncio
from typing import Any

import structlog
from claribi.v1.goals_pb2 import GoalProgress
from sqlalchemy import Row

from server.clock import DAY, SECOND, Clock, now, to_datetime, today
from server.errors import ApiError
from server.job import JobFailed
from server.settings import Settings
from server.stores import data_sources, goal_steps, goals
from server.stores.files import Files
from server.stores.session import Database, Transaction
from server.work.goal_rules import bound_table
from server.work.goal_tree import keep_all_statuses, keep_status
from server.work.refresh import source_payload
from server.work.sandbox import Sandbox
from server.work.sync import job_limits

# The note of a value that came from the source, not from a person; one a day is kept.
MEASURED_NOTE = "Measured from the data source."
# A little after midnight, so that the day has turned on every clock involved.
AFTER_MIDNIGHT = 5 * SECOND
log = structlog.get_logger(__name__)

Key = tuple[str, str]


class BoundGoals:
    """One worker over a queue of goals to measure; a goal waits in it at most once."""

    def __init__(
        self, settings: Settings, database: Database, *, files: Files, sandbox: Sandbox, clock: Clock = now
    ) -> None:
        self._settings = settings
        self._database = database
        self._files = files
        self._sandbox = sandbox
        self._clock = clock
        self._queue: asyncio.Queue[Key] = asyncio.Queue()
        self._waiting: set[Key] = set()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin measuring; every goal is judged once now and then once a day."""
        self._tasks = [asyncio.create_task(self._measure_forever()), asyncio.create_task(self._judge_daily())]

    async def close(self) -> None:
        """Stop; a goal that was not measured is at the next sync of its source or at the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    def enqueue(self, organization_id: str, goal_id: str) -> None:
        """Measure a goal soon."""
        key = (organization_id, goal_id)
        if key not in self._waiting:
            self._waiting.add(key)
            self._queue.put_nowait(key)

    async def refresh_bound_goals(self, organization_id: str, source_id: str) -> None:
        """Measure every goal that follows a source, soon; to be told after each sync of it."""
        async with self._database.read() as tx:
            rows = await goals.fetch_bound(tx, organization_id)
        for row in rows:
            binding = goals.binding_of(row)
            if binding is not None and binding.data_source_id == source_id:
                self.enqueue(organization_id, row.id)

    async def drained(self) -> None:
        """Return when nothing waits to be measured."""
        await self._queue.join()

    async def judge_all(self) -> None:
        """Judge every goal of every organization as of now, and measure those that never were."""
        async with self._database.read() as tx:
            organizations = await goals.fetch_organizations(tx)
        for organization_id in organizations:
            async with self._database.write() as tx:
                await keep_all_statuses(tx, organization_id, self._clock())
                rows = await goals.fetch_bound(tx, organization_id)
            for row in rows:
                if row.current_value is None:
                    self.enqueue(organization_id, row.id)

    async def _judge_daily(self) -> None:
        while True:
            try:
                await self.judge_all()
            except ApiError as error:
                log.warning("judging goals put off", error=error.message)
            left = DAY - self._clock() % DAY + AFTER_MIDNIGHT
            await asyncio.sleep(left / SECOND)

    async def _measure_forever(self) -> None:
        while True:
            key = await self._queue.get()
            self._waiting.discard(key)
            try:
                await self._measure(*key)
            except (JobFailed, ApiError) as failure:
                log.warning("goal not measured", goal_id=key[1], error=failure.message)
            except Exception as failure:
                log.error("goal not measured", goal_id=key[1], exc_info=failure)
            finally:
                self._queue.task_done()

    async def _measure(self, organization_id: str, goal_id: str) -> None:
        row, payload = await self._question(organization_id, goal_id)
        if row is None or payload is None:
            return
        data = await self._sandbox.run("measure", payload, limits=job_limits(self._settings))
        measured = GoalProgress.FromString(data)
        if not measured.HasField("current_value"):
            return
        async with self._database.write() as tx:
            current = await goals.fetch_one(tx, organization_id, goal_id)
            if current is not None and _asks_the_same(current, row):
                await self._keep(tx, current, measured)

    async def _keep(self, tx: Transaction, row: Row[Any], measured: GoalProgress) -> None:
        """The value as that of today, the history as the source tells it."""
        organization_id, moment, value = row.organization_id, self._clock(), measured.current_value
        day = today(moment).isoformat()
        if not await goal_steps.replace_value(
            tx, organization_id, row.id, day=day, note=MEASURED_NOTE, value=value
        ):
            check_in = {"date": day, "value": value, "note": MEASURED_NOTE, "created_by": row.created_by}
            await goal_steps.add_check_in(tx, organization_id, row.id, check_in, now=moment)
        await goal_steps.replace_measured(tx, organization_id, row.id, measured, now=moment)
        await goals.change(tx, organization_id, row.id, {"current_value": value}, now=moment)
        await keep_status(tx, organization_id, row.id, moment)

    async def _question(
        self, organization_id: str, goal_id: str
    ) -> tuple[Row[Any] | None, dict[str, Any] | None]:
        # A write transaction, though nothing is written: it waits for the one in which the goal was put in the queue.
        async with self._database.write() as tx:
            row = await goals.fetch_one(tx, organization_id, goal_id)
            binding = None if row is None else goals.binding_of(row)
            if row is None or binding is None:
                return None, None
            source = await data_sources.fetch_one(tx, organization_id, binding.data_source_id)
        if source is None or source.snapshot_hash is None:
            return row, None
        return row, self._payload(organization_id, row, source)

    def _payload(self, organization_id: str, row: Row[Any], source: Row[Any]) -> dict[str, Any] | None:
        binding = goals.binding_of(row)
        schema = data_sources.schema_of(source)
        table = None if binding is None else bound_table(binding, schema)
        if binding is None or table is None:
            return None
        within = bool(binding.time_column)
        return {
            **source_payload(self._files, organization_id, source),
            "table": table.name,
            "measure": binding.measure,
            "aggregation": binding.aggregation,
            "time_column": binding.time_column,
            "from": row.start_date if within else None,
            "to": row.target_date if within else None,
            "label": row.name,
            "unit": row.unit,
            "now": to_datetime(self._clock()).isoformat(),
        }


def _asks_the_same(current: Row[Any], asked: Row[Any]) -> bool:
    """Whether the goal still asks what was just answered."""
    names = ("binding", "start_date", "target_date", "unit")
    return all(getattr(current, name) == getattr(asked, name) for name in names)
