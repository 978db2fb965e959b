"""Counting calls in a rolling hour, exactly.

A log of the counted calls is kept for each bucket: never more than the limit in any 3,600 s, never fewer than the
limit in a row. Counters of fixed windows cannot promise the first; check-then-add cannot promise either.
"""

import time
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from server.clock import SECOND, Clock, now

WINDOW_SECONDS = 3600
WINDOW = WINDOW_SECONDS * SECOND
# Beyond this many callers in an hour the one silent longest is forgotten, so that memory stays bounded.
MAX_BUCKETS = 100_000
SWEEP_EVERY_HITS = 1024


@dataclass(frozen=True, slots=True)
class Decision:
    """What the limiter says: `reset_at` in Unix seconds, `retry_after_s` 0 when allowed."""

    allowed: bool
    limit: int
    remaining: int
    reset_at: int
    retry_after_s: int


class Limiter(Protocol):
    """A limiter of calls in any rolling hour; each operation is atomic."""

    async def hit(self, bucket: str, limit: int) -> Decision:
        """Count a call unless the bucket is full; a refused call is not counted."""
        ...

    async def peek(self, bucket: str, limit: int) -> Decision:
        """What a call would be told now, without counting it; `remaining` as before that call."""
        ...

    async def clear(self, bucket: str) -> None:
        """Forget what was counted."""
        ...


def monotonic_micros() -> int:
    """Microseconds of a clock that never jumps."""
    return time.monotonic_ns() // 1000


class MemoryLimiter:
    """A limiter of this process: right for one server process, which is the embedded default."""

    def __init__(
        self,
        *,
        monotonic: Callable[[], int] = monotonic_micros,
        wall: Clock = now,
        max_buckets: int = MAX_BUCKETS,
    ) -> None:
        """`monotonic` decides admission, so that a jump of the wall clock changes nothing; `wall` dates the reset."""
        self._monotonic = monotonic
        self._wall = wall
        self._max_buckets = max_buckets
        self._logs: OrderedDict[str, _Log] = OrderedDict()
        self._hits_to_sweep = SWEEP_EVERY_HITS

    async def hit(self, bucket: str, limit: int) -> Decision:
        """Count a call unless the bucket is full. Nothing here waits, so no other call comes between."""
        moment = self._monotonic()
        self._sweep(moment)
        log = self._logs.setdefault(bucket, _Log())
        self._logs.move_to_end(bucket)
        log.drop_until(moment - WINDOW)
        if log.count >= limit:
            return self._refusal(log, limit, moment)
        log.add(moment)
        return self._decision(log, limit, moment)

    async def peek(self, bucket: str, limit: int) -> Decision:
        """What a call would be told now."""
        moment = self._monotonic()
        log = self._logs.get(bucket) or _Log()
        log.drop_until(moment - WINDOW)
        if log.count >= limit:
            return self._refusal(log, limit, moment)
        return self._decision(log, limit, moment)

    async def clear(self, bucket: str) -> None:
        """Forget a bucket."""
        self._logs.pop(bucket, None)

    @property
    def buckets(self) -> int:
        """How many buckets are kept."""
        return len(self._logs)

    def _decision(self, log: "_Log", limit: int, moment: int) -> Decision:
        wait = log.oldest(log.count) + WINDOW - moment if log.count else WINDOW
        return Decision(True, limit, limit - log.count, _ceil(self._wall() + wait), 0)

    def _refusal(self, log: "_Log", limit: int, moment: int) -> Decision:
        # With a limit lowered meanwhile more than one call must leave before there is room.
        wait = log.oldest(limit) + WINDOW - moment if limit else WINDOW
        return Decision(False, limit, 0, _ceil(self._wall() + wait), _ceil(wait))

    def _sweep(self, moment: int) -> None:
        self._hits_to_sweep -= 1
        if self._hits_to_sweep > 0 and len(self._logs) <= self._max_buckets:
            return
        self._hits_to_sweep = SWEEP_EVERY_HITS
        # Least recently used first: the idle ones stand at the front.
        while self._logs:
            log = next(iter(self._logs.values()))
            if len(self._logs) <= self._max_buckets and log.newest() > moment - WINDOW:
                return
            self._logs.popitem(last=False)


class _Log:
    """Times in ascending order, 8 bytes each; the front is cut off in bulk."""

    __slots__ = ("_start", "_times")

    def __init__(self) -> None:
        self._times = array("q")
        self._start = 0

    @property
    def count(self) -> int:
        return len(self._times) - self._start

    def add(self, moment: int) -> None:
        self._times.append(moment)

    def drop_until(self, moment: int) -> None:
        """Drop the times at or before `moment`."""
        self._start = bisect_right(self._times, moment, lo=self._start)
        if self._start * 2 > len(self._times):
            del self._times[: self._start]
            self._start = 0

    def oldest(self, of_newest: int) -> int:
        """The oldest of the newest `of_newest` times."""
        return self._times[len(self._times) - of_newest]

    def newest(self) -> int:
        return self._times[-1] if self.count else 0


def _ceil(micros: int) -> int:
    return -(-micros // SECOND)
