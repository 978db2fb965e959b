"""Time and identifiers: microseconds since the epoch in the stores, Timestamp on the wire, UUID version 7 for ids."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import uuid_utils
from google.protobuf.timestamp_pb2 import Timestamp

Clock = Callable[[], int]
SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now() -> int:
    """Microseconds since the epoch."""
    return time.time_ns() // 1000


def new_id() -> str:
    """A fresh UUID version 7, as text."""
    return str(uuid_utils.uuid7())


def timestamp(micros: int) -> Timestamp:
    """The wire form of a time."""
    return Timestamp(seconds=micros // SECOND, nanos=micros % SECOND * 1000)


def optional_timestamp(micros: int | None) -> Timestamp | None:
    """The wire form of a time that may be missing."""
    return None if micros is None else timestamp(micros)


def to_datetime(micros: int) -> datetime:
    """The time as a datetime in UTC."""
    return EPOCH + timedelta(microseconds=micros)


def to_micros(moment: datetime) -> int:
    """A datetime (UTC when it has no zone) as microseconds since the epoch."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - EPOCH) // timedelta(microseconds=1)


def today(micros: int) -> date:
    """The day of a time, in UTC."""
    return to_datetime(micros).date()


def bound(text: str, *, end_of_day: bool) -> int:
    """A filter bound: a bare date means the start or the end of that day in UTC.

    Raises ValueError when the text is neither an ISO date nor an ISO time.
    """
    if len(text) == 10:
        start = to_micros(datetime.fromisoformat(text + "T00:00:00+00:00"))
        return start + DAY - 1 if end_of_day else start
    return to_micros(datetime.fromisoformat(text))
