"""One execution for each Idempotency-Key."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from claribi.v1 import policy_pb2
from claribi.v1.reports_pb2 import GenerateReportRequest, Report
from sqlalchemy import func, select, update

from server.errors import ApiError, Refused
from server.interceptors.idempotency import Idempotency
from server.methods import ContractError
from server.stores.tables import idempotency_keys
from tests.unit.identity.world import METHODS, Answer, World

LEASE_SECONDS = 60
DAY_SECONDS = 24 * 3600


class Work:
    """A stand-in for the generation: counts executions, waits when told to, fails when told to."""

    def __init__(self, outcome: Callable[[], Exception] | None = None) -> None:
        self.executions = 0
        self.outcome = outcome
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, _call: Any, request: Any) -> Report:
        self.executions += 1
        number = self.executions
        self.begun.set()
        await self.gate.wait()
        if self.outcome is not None:
            raise self.outcome()
        return Report(id=str(number), name=request.name)


class Client:
    """A caller of GenerateReport."""

    def __init__(self, world: World, token: str, work: Work) -> None:
        self.world, self.token, self.work = world, token, work

    async def generate(self, key: str | None, name: str = "Weekly", **how: Any) -> Answer:
        request = GenerateReportRequest(name=name, data_source_ids=["0190a0a0-0000-7000-8000-000000000000"])
        metadata = {"authorization": f"Bearer {how.get('token', self.token)}"}
        if key is not None:
            metadata["idempotency-key"] = key
        return await self.world.call("GenerateReport", request, metadata=metadata, function=self.work)

    async def refusal(self, key: str, name: str = "Weekly") -> ApiError:
        with pytest.raises(ApiError) as refused:
            await self.generate(key, name)
        return refused.value


async def make_client(world: World, outcome: Callable[[], Exception] | None = None) -> Client:
    await world.found(tier=policy_pb2.TIER_ENTERPRISE)
    return Client(world, await world.token(), Work(outcome))


async def rows(world: World) -> int:
    async with world.database.read() as tx:
        return int(await tx.scalar(select(func.count()).select_from(idempotency_keys)))


async def test_without_a_key_each_call_is_an_execution(world: World) -> None:
    client = await make_client(world)
    for _ in range(3):
        await client.generate(None)
    assert client.work.executions == 3
    assert await rows(world) == 0


async def test_the_first_answer_is_replayed_and_says_so(world: World) -> None:
    client = await make_client(world)
    first, second = await client.generate("k"), await client.generate("k")
    assert client.work.executions == 1
    assert second.message == first.message == Report(id="1", name="Weekly")
    assert "idempotent-replayed" not in first.reply
    assert second.reply["idempotent-replayed"] == "true"


async def test_of_fifty_at_once_one_is_executed(world: World) -> None:
    client = await make_client(world)
    client.work.gate.clear()
    calls = [asyncio.create_task(client.generate("k")) for _ in range(50)]
    waiting = set(calls)
    while len(waiting) > 1:
        _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    client.work.gate.set()
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    conflicts = [outcome for outcome in outcomes if isinstance(outcome, ApiError)]
    assert client.work.executions == 1
    assert len(conflicts) == 49
    assert {(error.word, error.retry_after) for error in conflicts} == {("conflict", 1)}
    assert (await client.generate("k")).message.id == "1"


async def test_the_same_key_with_another_request_is_a_conflict(world: World) -> None:
    client = await make_client(world)
    await client.generate("k")
    error = await client.refusal("k", name="Monthly")
    assert error.word == "conflict"
    assert error.retry_after is None
    client.work.gate.clear()
    running = asyncio.create_task(client.generate("k2"))
    await asyncio.sleep(0.05)
    assert "another request" in (await client.refusal("k2", name="Monthly")).message
    client.work.gate.set()
    await running


async def test_keys_belong_to_a_person_whatever_the_session(world: World) -> None:
    client = await make_client(world)
    await client.generate("k")
    again = await client.generate("k", token=await world.token())
    assert again.reply["idempotent-replayed"] == "true"
    await world.member(client.token, "ana@example.com", policy_pb2.ROLE_ANALYST)
    theirs = await client.generate("k", token=await world.token("ana@example.com"))
    assert "idempotent-replayed" not in theirs.reply
    assert client.work.executions == 2


@pytest.mark.parametrize(
    "failure",
    [
        ApiError("internal_error"),
        ApiError("service_unavailable", retry_after=1),
        ApiError("deadline_exceeded"),
        ApiError("conflict"),
        ApiError("rate_limited", retry_after=1),
        ApiError("insufficient_credits"),
        ApiError("not_found"),
        RuntimeError("a bug"),
    ],
    ids=str,
)
async def test_a_failure_without_effect_frees_the_key(world: World, failure: Exception) -> None:
    client = await make_client(world, lambda: failure)
    await client.refusal("k")
    assert await rows(world) == 0
    client.work.outcome = None
    assert (await client.generate("k")).message.id == "2"


async def test_a_failure_with_effect_is_replayed(world: World) -> None:
    failure = ApiError("data_source_unavailable", "gone", details={"data_source_id": "x"})
    client = await make_client(world, lambda: failure)
    await client.refusal("k")
    replayed = await client.refusal("k")
    assert client.work.executions == 1
    assert isinstance(replayed, Refused)
    assert replayed.word == "data_source_unavailable"
    assert replayed.status() == failure.status()


async def test_a_caller_who_hangs_up_does_not_stop_the_execution(world: World) -> None:
    client = await make_client(world)
    client.work.gate.clear()
    call = asyncio.create_task(client.generate("k"))
    await client.work.begun.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert (await client.refusal("k")).word == "conflict"
    client.work.gate.set()
    await world.idempotency.close()
    assert (await client.generate("k")).reply["idempotent-replayed"] == "true"
    assert client.work.executions == 1


async def test_a_key_left_behind_by_a_crash_is_taken_over_when_its_lease_ends(world: World) -> None:
    client = await make_client(world)
    await client.generate("k")
    # As a process leaves it that died before it wrote the outcome down.
    async with world.database.write() as tx:
        await tx.run(update(idempotency_keys).values(response=None))
    world.clock.advance(LEASE_SECONDS - 1)
    assert (await client.refusal("k")).word == "conflict"
    world.clock.advance(2)
    assert (await client.generate("k")).message.id == "2"
    assert (await client.generate("k")).reply["idempotent-replayed"] == "true"


async def test_only_one_takes_over(world: World) -> None:
    client = await make_client(world)
    await client.generate("k")
    async with world.database.write() as tx:
        await tx.run(update(idempotency_keys).values(response=None))
    world.clock.advance(LEASE_SECONDS + 1)
    outcomes = await asyncio.gather(*(client.generate("k") for _ in range(20)), return_exceptions=True)
    assert client.work.executions == 2
    assert sum(isinstance(outcome, Answer) for outcome in outcomes) >= 1


async def test_the_lease_of_long_work_is_renewed(world: World) -> None:
    client = await make_client(world)
    world.idempotency._lease_seconds = 0.06
    client.work.gate.clear()
    call = asyncio.create_task(client.generate("k"))
    for _ in range(10):
        await asyncio.sleep(0.03)
        world.clock.advance(0.03)
    # The driven clock stands at 0.3 s; without renewal the lease ended at 0.06 s.
    assert (await client.refusal("k")).word == "conflict"
    client.work.gate.set()
    await call
    assert client.work.executions == 1


async def test_a_key_is_forgotten_after_a_day(world: World) -> None:
    client = await make_client(world)
    await client.generate("k")
    world.clock.advance(DAY_SECONDS)
    client.token = await world.token()
    assert (await client.generate("k")).message.id == "2"
    assert await rows(world) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\t", "é", "\x7f"])
async def test_a_key_is_short_and_printable(world: World, key: str) -> None:
    client = await make_client(world)
    error = await client.refusal(key)
    assert (error.word, list(error.fields)) == ("validation_error", ["Idempotency-Key"])
    assert client.work.executions == 0


@pytest.mark.parametrize("key", ["x", "x" * 255, "a key with spaces", "!~"])
async def test_a_key_may_be(world: World, key: str) -> None:
    client = await make_client(world)
    await client.generate(key)
    assert (await client.generate(key)).reply["idempotent-replayed"] == "true"


async def test_an_invalid_request_claims_no_key(world: World) -> None:
    client = await make_client(world)
    assert (await client.refusal("k", name="")).word == "validation_error"
    await client.generate("k")


def test_a_stream_with_a_key_stops_the_start(world: World) -> None:
    method = METHODS["GenerateReportStream"]
    policy = policy_pb2.Policy()
    policy.CopyFrom(method.policy)
    policy.idempotency_key = True
    with pytest.raises(ContractError, match="stream"):
        Idempotency(world.database, lease_seconds=1).wrap(
            type(method)(method.descriptor, method.request_class, method.response_class, policy, False, True),
            Work(),
        )
