"""The limiter of this process passes the suite; limiters measured to leak do not."""

import asyncio

import pytest

from server.clock import HOUR, SECOND
from server.stores.limiter import WINDOW, WINDOW_SECONDS, Decision, Limiter, MemoryLimiter
from tests.conformance.clocks import DrivenClock
from tests.conformance.limiter_suite import SUITE, Scenario


def make_memory(clock: DrivenClock) -> Limiter:
    return MemoryLimiter(monotonic=clock.monotonic, wall=clock)


@pytest.mark.parametrize("scenario", SUITE, ids=lambda s: s.__name__)
async def test_the_memory_limiter(scenario: Scenario) -> None:
    await scenario(make_memory)


class ListLimiter:
    """A correct but slow limiter, for mutants to spoil in one place."""

    def __init__(self, clock: DrivenClock) -> None:
        self.clock = clock
        self.times: dict[str, list[int]] = {}

    def live(self, bucket: str) -> list[int]:
        kept = [t for t in self.times.get(bucket, []) if t > self.clock() - WINDOW]
        self.times[bucket] = kept
        return kept

    def answer(self, log: list[int], limit: int, *, allowed: bool) -> Decision:
        leaves = (log[len(log) - limit] if not allowed else log[0]) + WINDOW if log else self.clock() + WINDOW
        wait = 0 if allowed else -(-(leaves - self.clock()) // SECOND)
        return Decision(allowed, limit, max(0, limit - len(log)), -(-leaves // SECOND), wait)

    async def hit(self, bucket: str, limit: int) -> Decision:
        log = self.live(bucket)
        if len(log) >= limit:
            return self.answer(log, limit, allowed=False)
        log.append(self.clock())
        return self.answer(log, limit, allowed=True)

    async def peek(self, bucket: str, limit: int) -> Decision:
        log = self.live(bucket)
        return self.answer(log, limit, allowed=len(log) < limit)

    async def clear(self, bucket: str) -> None:
        self.times.pop(bucket, None)


class CountThenAdd(ListLimiter):
    """F1: trim and count in one trip to the store, add in another."""

    async def hit(self, bucket: str, limit: int) -> Decision:
        log = self.live(bucket)
        if len(log) >= limit:
            return self.answer(log, limit, allowed=False)
        await asyncio.sleep(0)
        log.append(self.clock())
        return self.answer(log, limit, allowed=True)


class MemberIsTheSecond(ListLimiter):
    """F2: the members of the sorted set are times in seconds, so calls of one second are one member."""

    async def hit(self, bucket: str, limit: int) -> Decision:
        log = self.live(bucket)
        if len(log) >= limit:
            return self.answer(log, limit, allowed=False)
        second = self.clock() // SECOND * SECOND
        if second not in log:
            log.append(second)
        return self.answer(log, limit, allowed=True)


class FixedWindow(ListLimiter):
    """F4: a counter for each full hour."""

    def live(self, bucket: str) -> list[int]:
        hour = self.clock() // HOUR
        self.times[bucket] = [t for t in self.times.get(bucket, []) if t // HOUR == hour]
        return self.times[bucket]


class CountsRefused(ListLimiter):
    """Hammering keeps one out for ever."""

    async def hit(self, bucket: str, limit: int) -> Decision:
        log = self.live(bucket)
        log.append(self.clock())
        return self.answer(log, limit, allowed=len(log) <= limit)


class RoundsTheWaitDown(ListLimiter):
    """Retry-After a fraction of a second too short."""

    def answer(self, log: list[int], limit: int, *, allowed: bool) -> Decision:
        right = super().answer(log, limit, allowed=allowed)
        return Decision(
            right.allowed, limit, right.remaining, right.reset_at, max(0, right.retry_after_s - 1)
        )


class OneTooFew(ListLimiter):
    """Off by one on the safe side is wrong too."""

    async def hit(self, bucket: str, limit: int) -> Decision:
        return await super().hit(bucket, limit - 1)


class WaitsForTheOldest(ListLimiter):
    """With a lowered limit the oldest call's leaving is not enough."""

    def answer(self, log: list[int], limit: int, *, allowed: bool) -> Decision:
        return super().answer(log, len(log) if not allowed else limit, allowed=allowed)


class ResetsAnHourFromNow(ListLimiter):
    """The reset moves on with every call."""

    def answer(self, log: list[int], limit: int, *, allowed: bool) -> Decision:
        right = super().answer(log, limit, allowed=allowed)
        reset_at = self.clock() // SECOND + WINDOW_SECONDS
        return Decision(right.allowed, limit, right.remaining, reset_at, right.retry_after_s)


MUTANTS = (
    CountThenAdd,
    MemberIsTheSecond,
    FixedWindow,
    CountsRefused,
    RoundsTheWaitDown,
    OneTooFew,
    WaitsForTheOldest,
    ResetsAnHourFromNow,
)


async def failures(make: type[ListLimiter]) -> list[str]:
    failed = []
    for scenario in SUITE:
        try:
            await scenario(make)
        except AssertionError:
            failed.append(scenario.__name__)
    return failed


async def test_the_yardstick_of_the_mutants_is_right() -> None:
    assert await failures(ListLimiter) == []


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.__name__)
async def test_the_suite_catches(mutant: type[ListLimiter]) -> None:
    caught_by = await failures(mutant)
    assert caught_by, f"{mutant.__name__} passes the suite"


@pytest.mark.parametrize("jump", [-7200, 7200])
async def test_a_jump_of_the_wall_clock_changes_no_admission(jump: int) -> None:
    clock = DrivenClock()
    limiter = MemoryLimiter(monotonic=clock.monotonic, wall=clock)
    for _ in range(3):
        await limiter.hit("a", 3)
    clock.wall_now += jump * SECOND
    refused = await limiter.hit("a", 3)
    assert not refused.allowed
    assert refused.retry_after_s == WINDOW_SECONDS
    clock.advance(refused.retry_after_s)
    assert (await limiter.hit("a", 3)).allowed


async def test_idle_buckets_are_dropped() -> None:
    clock = DrivenClock()
    limiter = MemoryLimiter(monotonic=clock.monotonic, wall=clock)
    for i in range(5000):
        await limiter.hit(f"address:{i}", 10)
    clock.advance(WINDOW_SECONDS + 1)
    for _ in range(2000):
        await limiter.hit("busy", 10_000)
    assert limiter.buckets == 1


async def test_memory_is_bounded_and_the_caller_silent_longest_is_forgotten() -> None:
    clock = DrivenClock()
    limiter = MemoryLimiter(monotonic=clock.monotonic, wall=clock, max_buckets=100)
    for i in range(1000):
        await limiter.hit(f"address:{i}", 10)
        await limiter.hit("busy", 2000)
        clock.advance(0.01)
    assert limiter.buckets <= 101
    assert (await limiter.peek("busy", 2000)).remaining == 1000
