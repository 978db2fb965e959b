"""The ledger passes the suite; ledgers measured to leak do not."""

import asyncio
import multiprocessing
from collections.abc import Iterator
from pathlib import Path

import pytest
from claribi.v1 import policy_pb2
from sqlalchemy import func, insert, select, update

from server.clock import new_id
from server.errors import ApiError
from server.stores import credits as store
from server.stores.session import Database
from server.stores.tables import credit_entries, credit_periods, metadata, organizations
from server.work import credits
from server.work.plans import CreditPeriod, credit_period
from tests.conformance.clocks import START
from tests.conformance.ledger_suite import GRANT, SUITE, Balance, Scenario, attempt, granted
from tests.unit.identity.world import plain_settings

ORGANIZATION = "0190a0a0-0000-7000-8000-00000000000a"


class DatabaseLedger:
    """The ledger of this project."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def reserve(self, credits_: int) -> str:
        async with self.database.write() as tx:
            return await credits.reserve(
                tx, ORGANIZATION, operation="o", resource_id=new_id(), credits=credits_, now=START
            )

    async def settle(self, entry_id: str) -> bool:
        async with self.database.write() as tx:
            return await credits.settle(tx, entry_id, now=START)

    async def refund(self, entry_id: str) -> bool:
        async with self.database.write() as tx:
            return await credits.refund(tx, entry_id, now=START)

    async def balance(self) -> Balance:
        async with self.database.read() as tx:
            period = await tx.first(select(credit_periods))
            assert period is not None
            entries = await tx.scalar(
                select(func.coalesce(func.sum(credit_entries.c.credits), 0)).where(
                    credit_entries.c.state != store.REFUNDED
                )
            )
        return Balance(period.used, period.granted, entries)


class SpoiledLedger(DatabaseLedger):
    """Reads the balance in one transaction and changes it in another, as happens where reads take no locks."""

    async def reserve(self, credits_: int) -> str:
        used = await self.read_used()
        if used + credits_ > GRANT:
            raise ApiError("insufficient_credits", details={"required": credits_, "remaining": GRANT - used})
        await asyncio.sleep(0)
        async with self.database.write() as tx:
            await tx.run(update(credit_periods).values(used=self.new_used(used, credits_)))
            period_id = await tx.scalar(select(credit_periods.c.id))
            entry = store.NewEntry(period_id, "o", new_id(), credits_)
            return await store.add_entry(tx, ORGANIZATION, entry, now=START)

    async def read_used(self) -> int:
        async with self.database.read() as tx:
            return int(await tx.scalar(select(credit_periods.c.used)))

    def new_used(self, used: int, credits_: int) -> object:
        raise NotImplementedError


class WritesTheValue(SpoiledLedger):
    """F5: the row still says 100 while six times as much was given away."""

    def new_used(self, used: int, credits_: int) -> object:
        return used + credits_


class AddsToTheValue(SpoiledLedger):
    """F6: check first, add later."""

    def new_used(self, used: int, credits_: int) -> object:
        return credit_periods.c.used + credits_


class RefundsTwice(DatabaseLedger):
    """The state is not asked."""

    async def refund(self, entry_id: str) -> bool:
        async with self.database.write() as tx:
            entry = await store.fetch_entry(tx, entry_id)
            assert entry is not None
            await store.leave_reserved(tx, entry, store.REFUNDED, now=START)
            await store.give_back(tx, entry)
            return True


class ForgetsToGiveBack(DatabaseLedger):
    """The entry says refunded, the balance does not."""

    async def refund(self, entry_id: str) -> bool:
        async with self.database.write() as tx:
            entry = await store.fetch_entry(tx, entry_id)
            return entry is not None and await store.leave_reserved(tx, entry, store.REFUNDED, now=START)


MUTANTS = (WritesTheValue, AddsToTheValue, RefundsTwice, ForgetsToGiveBack)


def open_database(folder: Path) -> Database:
    return Database(plain_settings(data_dir=folder, sqlite_synchronous="NORMAL"))


async def prepare(database: Database) -> None:
    metadata.create_all(database.engine)
    async with database.write() as tx:
        await tx.run(
            insert(organizations).values(
                id=ORGANIZATION, name="o", tier=policy_pb2.TIER_STARTER, created_at=START
            )
        )
        # The tables stand on the plan's grant; the suite on 100.
        await tx.run(
            insert(credit_periods).values(
                id=new_id(),
                organization_id=ORGANIZATION,
                starts_at=MONTH.starts_at,
                ends_at=MONTH.ends_at,
                granted=GRANT,
            )
        )


MONTH = credit_period(policy_pb2.TIER_STARTER, None, START)


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setattr(
        credits, "credit_period", lambda *_: CreditPeriod(MONTH.starts_at, MONTH.ends_at, GRANT)
    )
    opened = open_database(tmp_path)
    yield opened
    opened.close()


@pytest.mark.parametrize("scenario", SUITE, ids=lambda s: s.__name__)
async def test_the_ledger(database: Database, scenario: Scenario) -> None:
    await prepare(database)
    await scenario(DatabaseLedger(database))


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.__name__)
@pytest.mark.usefixtures("database")
async def test_the_suite_catches(tmp_path: Path, mutant: type[DatabaseLedger]) -> None:
    for scenario in SUITE:
        folder = tmp_path / scenario.__name__
        folder.mkdir()
        opened = open_database(folder)
        await prepare(opened)
        try:
            await scenario(mutant(opened))
        except AssertionError:
            return
        finally:
            opened.close()
    pytest.fail(f"{mutant.__name__} passes the suite")


async def test_a_better_plan_acts_at_once_and_a_smaller_one_with_the_next_period(
    tmp_path: Path,
) -> None:
    opened = open_database(tmp_path)
    await prepare(opened)
    ledger = DatabaseLedger(opened)
    for tier, limit in (
        (policy_pb2.TIER_STARTER, 500),
        (policy_pb2.TIER_ENTERPRISE, 5000),
        (policy_pb2.TIER_PROFESSIONAL, 5000),
    ):
        async with opened.write() as tx:
            await tx.run(update(organizations).values(tier=tier))
        await ledger.reserve(1)
        async with opened.read() as tx:
            assert (await credits.usage(tx, ORGANIZATION, now=START)).limit == limit
            later = await credits.usage(tx, ORGANIZATION, now=MONTH.ends_at)
    assert (later.used, later.limit) == (0, 1500)
    opened.close()


async def test_a_refused_reservation_says_what_is_missing(database: Database) -> None:
    await prepare(database)
    ledger = DatabaseLedger(database)
    await ledger.reserve(98)
    with pytest.raises(ApiError) as refused:
        await ledger.reserve(3)
    assert refused.value.word == "insufficient_credits"
    assert refused.value.details == {
        "required": 3,
        "remaining": 2,
        "period_ends_at": "2026-04-01T00:00:00Z",
    }


@pytest.mark.parametrize("cost", [0, -1])
async def test_nothing_is_reserved_for_nothing(database: Database, cost: int) -> None:
    await prepare(database)
    with pytest.raises(ValueError, match="at least one credit"):
        await DatabaseLedger(database).reserve(cost)


def reserve_in_a_process(folder: Path, attempts: int) -> int:
    """Reservations one process gets of many at once."""

    async def run() -> int:
        database = open_database(folder)
        outcomes = await attempt(DatabaseLedger(database), [1] * attempts)
        database.close()
        return len(granted(outcomes))

    return asyncio.run(run())


@pytest.mark.night
async def test_processes_at_once_get_exactly_what_there_is(tmp_path: Path) -> None:
    opened = open_database(tmp_path)
    await prepare(opened)
    async with opened.write() as tx:
        await tx.run(update(credit_periods).values(granted=500, used=400))
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        got = await asyncio.to_thread(pool.starmap, reserve_in_a_process, [(tmp_path, 250)] * 4)
    print(f"reservations over 4 processes: {got}, {sum(got)} of 1,000 against 100")
    assert sum(got) == GRANT
    assert await DatabaseLedger(opened).balance() == Balance(500, 500, GRANT)
    opened.close()
