"""Password hashing: bounded, slow on purpose, the same for everyone."""

import asyncio
from statistics import median
from time import perf_counter

import pytest

from server.errors import ApiError
from server.work.passwords import Passwords
from tests.unit.identity.world import plain_settings


async def test_a_password_matches_its_hash_only(passwords: Passwords) -> None:
    kept = await passwords.hash("correct horse battery")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.verify(kept, "correct horse battery")
    assert not await passwords.verify(kept, "correct horse batterz")
    assert kept != await passwords.hash("correct horse battery")
    assert not passwords.needs_rehash(kept)


async def test_a_password_typed_on_another_keyboard_matches(passwords: Passwords) -> None:
    assert await passwords.verify(await passwords.hash("caf\u00e9 au lait!"), "cafe\u0301 au lait!")


@pytest.mark.parametrize("kept", ["", "x", "$argon2id$v=19$m=1,t=1", "plain"])
async def test_a_broken_hash_matches_nothing(passwords: Passwords, kept: str) -> None:
    assert not await passwords.verify(kept, "anything at all")


async def test_nobody_has_no_password(passwords: Passwords) -> None:
    assert not await passwords.verify(None, "nobody")


async def test_nobody_takes_as_long_as_a_wrong_password(passwords: Passwords) -> None:
    kept = await passwords.hash("right")
    times: dict[str | None, list[float]] = {kept: [], None: []}
    for _ in range(8):
        for candidate, taken in times.items():
            start = perf_counter()
            await passwords.verify(candidate, "wrong")
            taken.append(perf_counter() - start)
    known, unknown = median(times[kept]), median(times[None])
    assert 0.5 < unknown / known < 2


async def test_a_flood_is_turned_away_and_the_rest_served() -> None:
    pool = Passwords(plain_settings(password_hash_concurrency=1), queue_per_thread=3)
    outcomes = await asyncio.gather(*(pool.verify(None, "x") for _ in range(10)), return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, ApiError)]
    assert len(refused) == 6
    assert {(error.word, error.retry_after) for error in refused} == {("service_unavailable", 1)}
    assert not await pool.verify(None, "x")
    pool.close()


async def test_a_caller_who_leaves_frees_the_place() -> None:
    pool = Passwords(plain_settings(password_hash_concurrency=1), queue_per_thread=3)
    waiting = [asyncio.create_task(pool.verify(None, "x")) for _ in range(4)]
    await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    for _ in range(100):
        await asyncio.sleep(0.01)
        if pool._places._value == 4:
            break
    assert not await pool.verify(None, "x")
    pool.close()


async def test_the_event_loop_goes_on_meanwhile(passwords: Passwords) -> None:
    hashing = [asyncio.create_task(passwords.hash("x")) for _ in range(4)]
    turns = 0
    while not all(task.done() for task in hashing):
        await asyncio.sleep(0)
        turns += 1
    # Hashing in the loop's own thread would leave it a turn or two for each.
    assert turns > 50
