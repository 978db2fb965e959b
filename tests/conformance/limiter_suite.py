"""What every limiter must do, as a suite each implementation is run through.

A scenario takes a factory, drives the clock itself, and fails by an assertion. The suite is tested in turn: wrong
limiters that were measured to leak must not pass it.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable

from server.clock import SECOND
from server.stores.limiter import WINDOW, WINDOW_SECONDS, Decision, Limiter
from tests.conformance.clocks import DrivenClock

Factory = Callable[[DrivenClock], Limiter]
Scenario = Callable[[Factory], Awaitable[None]]


async def admits_exactly_the_limit_in_a_row(make: Factory) -> None:
    limiter = make(DrivenClock())
    decisions = [await limiter.hit("a", 60) for _ in range(80)]
    assert [d.allowed for d in decisions] == [True] * 60 + [False] * 20


async def admits_exactly_the_limit_of_a_thousand_at_once(make: Factory) -> None:
    for limit in (10, 60, 100):
        limiter = make(DrivenClock())
        decisions = await asyncio.gather(*(limiter.hit("a", limit) for _ in range(1000)))
        assert sum(d.allowed for d in decisions) == limit


async def counts_calls_of_one_instant_each(make: Factory) -> None:
    clock = DrivenClock()
    limiter = make(clock)
    for _ in range(5):
        assert (await limiter.hit("a", 5)).allowed
    clock.advance(0.4)
    assert not (await limiter.hit("a", 5)).allowed


async def lets_no_burst_through_at_the_edge_of_an_hour(make: Factory) -> None:
    clock = DrivenClock()
    limiter = make(clock)
    # Up to just before the next full hour, whatever grid a counter may use.
    clock.advance(WINDOW_SECONDS - (clock() / SECOND) % WINDOW_SECONDS - 1)
    admitted = await _hammer(limiter, clock, limit=60, seconds=2, step=0.02)
    assert len(admitted) == 60


async def never_exceeds_the_limit_in_any_window(make: Factory) -> None:
    for seed in range(5):
        rng, clock = random.Random(seed), DrivenClock()
        limiter, admitted = make(clock), []
        for _ in range(2000):
            clock.advance(rng.choice((0, 0.000_001, 0.5, rng.expovariate(1 / 30), 900)))
            if (await limiter.hit("a", 20)).allowed:
                admitted.append(clock())
        spans = [later - first for first, later in zip(admitted, admitted[20:], strict=False)]
        assert spans, "the schedule never filled the bucket"
        assert min(spans) >= WINDOW


async def says_truly_how_long_to_wait(make: Factory) -> None:
    rng, clock = random.Random(7), DrivenClock()
    limiter = make(clock)
    for _ in range(1000):
        clock.advance(rng.random() * 40)
        decision = await limiter.hit("a", 10)
        if not decision.allowed:
            assert decision.retry_after_s >= 1
            clock.advance(decision.retry_after_s)
            assert (await limiter.hit("a", 10)).allowed, "waiting as told was not enough"


async def does_not_ask_for_a_second_too_much(make: Factory) -> None:
    clock = DrivenClock()
    limiter = make(clock)
    await limiter.hit("a", 1)
    clock.advance(600.25)
    assert (await limiter.hit("a", 1)).retry_after_s == 3000


async def does_not_count_refused_calls(make: Factory) -> None:
    clock = DrivenClock()
    limiter = make(clock)
    await limiter.hit("a", 1)
    for _ in range(WINDOW_SECONDS - 1):
        clock.advance(1)
        assert not (await limiter.hit("a", 1)).allowed
    clock.advance(1)
    assert (await limiter.hit("a", 1)).allowed


async def tells_when_the_oldest_call_leaves(make: Factory) -> None:
    clock = DrivenClock()
    limiter = make(clock)
    leaves = _ceil(clock() + WINDOW)
    assert (await limiter.peek("a", 3)).reset_at == leaves
    for _ in range(5):
        assert (await limiter.hit("a", 3)).reset_at == leaves
        clock.advance(10)
    clock.advance(leaves - clock() / SECOND)
    assert (await limiter.hit("a", 3)).allowed


async def promises_no_more_than_it_keeps(make: Factory) -> None:
    rng, clock = random.Random(3), DrivenClock()
    limiter = make(clock)
    for _ in range(50):
        clock.advance(rng.random() * 500)
        promised = (await limiter.hit("a", 12)).remaining
        kept = [await limiter.hit("a", 12) for _ in range(promised)]
        assert all(d.allowed for d in kept)
        assert [d.remaining for d in kept] == list(range(promised - 1, -1, -1))
        assert promised == 0 or not (await limiter.hit("a", 12)).allowed


async def peeks_without_counting(make: Factory) -> None:
    limiter = make(DrivenClock())
    assert [(await limiter.peek("a", 2)).remaining for _ in range(3)] == [2, 2, 2]
    await limiter.hit("a", 2)
    await limiter.hit("a", 2)
    full = await limiter.peek("a", 2)
    assert (full.allowed, full.remaining, full.retry_after_s) == (False, 0, WINDOW_SECONDS)


async def keeps_buckets_apart(make: Factory) -> None:
    limiter = make(DrivenClock())
    await limiter.hit("a", 1)
    assert (await limiter.hit("b", 1)).allowed
    assert not (await limiter.hit("a", 1)).allowed


async def forgets_a_cleared_bucket(make: Factory) -> None:
    limiter = make(DrivenClock())
    await limiter.hit("a", 1)
    await limiter.clear("a")
    await limiter.clear("never used")
    assert (await limiter.hit("a", 1)).allowed


async def bears_a_limit_that_changes(make: Factory) -> None:
    clock = DrivenClock()
    limiter = make(clock)
    for _ in range(10):
        await limiter.hit("a", 10)
        clock.advance(10)
    refused = await limiter.hit("a", 4)
    assert not refused.allowed
    clock.advance(refused.retry_after_s)
    assert (await limiter.hit("a", 4)).allowed
    raised: Decision = await limiter.hit("a", 20)
    assert raised.allowed


SUITE: tuple[Scenario, ...] = (
    admits_exactly_the_limit_in_a_row,
    admits_exactly_the_limit_of_a_thousand_at_once,
    counts_calls_of_one_instant_each,
    lets_no_burst_through_at_the_edge_of_an_hour,
    never_exceeds_the_limit_in_any_window,
    says_truly_how_long_to_wait,
    does_not_ask_for_a_second_too_much,
    does_not_count_refused_calls,
    tells_when_the_oldest_call_leaves,
    promises_no_more_than_it_keeps,
    peeks_without_counting,
    keeps_buckets_apart,
    forgets_a_cleared_bucket,
    bears_a_limit_that_changes,
)


async def _hammer(
    limiter: Limiter, clock: DrivenClock, *, limit: int, seconds: float, step: float
) -> list[int]:
    admitted = []
    for _ in range(round(seconds / step)):
        if (await limiter.hit("a", limit)).allowed:
            admitted.append(clock())
        clock.advance(step)
    return admitted


def _ceil(micros: int) -> int:
    return -(-micros // SECOND)
