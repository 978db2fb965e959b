"""Well-known types between fields and JSON: time stamps, durations, field masks, free-form values."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from operator import attrgetter
from typing import Any

from google.protobuf import message_factory
from google.protobuf.descriptor import FileDescriptor

from rest_bridge.codec.errors import refused, wrong_type

DAY = 86_400
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
EARLIEST, LATEST = -62_135_596_800, 253_402_300_799  # seconds: years 1 to 9999
LONGEST_DURATION = 315_576_000_000  # seconds: ten thousand years
BAD_TIME = "Not a valid date and time. Expected RFC 3339, such as 2026-01-31T09:30:00Z."
BAD_DURATION = "Not a valid duration. Expected seconds, such as 3.5s."
BAD_MASK = "Not a valid list of fields. Expected names separated by commas, such as name,ownerId."
SAFE_INTEGER = 2**53

TWO_DIGITS = tuple(f"{number:02d}" for number in range(60))
MINUTE_LENGTH = len("2026-01-31T09:30:")

_parts = attrgetter("seconds", "nanos")  # one call into C for both
_MINUTE = re.compile("([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):")
_SECONDS = re.compile(
    r"([0-5][0-9])(?:\.([0-9]{1,9}))?(?:Z|([+-])((?:[01][0-9])|2[0-3]):([0-5][0-9]))",
)
_DURATION = re.compile(r"(-?)([0-9]{1,12})(?:\.([0-9]{1,9}))?s")
_CAMEL_PATH = re.compile(r"[a-z][a-zA-Z0-9]*(?:\.[a-z][a-zA-Z0-9]*)*")
_SNAKE_PATH = re.compile(r"[a-z][a-z0-9]*(?:_[a-z][a-z0-9]*)*(?:\.[a-z][a-z0-9]*(?:_[a-z][a-z0-9]*)*)*")


def print_timestamp(message: Any) -> str:
    """RFC 3339 in UTC with 0, 3, 6 or 9 digits; raises ValueError outside the years 1 to 9999."""
    seconds, nanos = _parts(message)
    minutes, second = divmod(seconds, 60)
    if not nanos:
        return f"{_minute_text(minutes)}{TWO_DIGITS[second]}Z"
    if not 0 < nanos < 1_000_000_000:
        raise ValueError(f"A Timestamp with {nanos} ns has no text form.")
    return f"{_minute_text(minutes)}{TWO_DIGITS[second]}{_fraction(nanos)}Z"


@lru_cache(maxsize=4096)
def _minute_text(minutes: int) -> str:
    if not EARLIEST <= minutes * 60 <= LATEST:
        raise ValueError(f"A Timestamp of {minutes} minutes since 1970 has no text form.")
    days, minute = divmod(minutes, DAY // 60)
    day = date.fromordinal(days + EPOCH_ORDINAL).isoformat()
    return f"{day}T{minute // 60:02d}:{minute % 60:02d}:"


@lru_cache(maxsize=4096)
def _minute_number(text: str) -> int:
    """The inverse of `_minute_text`; raises ValueError for text of another form."""
    match = _MINUTE.fullmatch(text)
    if not match:
        raise ValueError(text)
    year, month, day, hour, minute = (int(part) for part in match.groups())
    if hour > 23 or minute > 59:
        raise ValueError(text)
    days = date(year, month, day).toordinal() - EPOCH_ORDINAL
    return days * (DAY // 60) + hour * 60 + minute


def _fraction(nanos: int) -> str:
    if not nanos:
        return ""
    if nanos % 1_000_000 == 0:
        return f".{nanos // 1_000_000:03d}"
    return f".{nanos // 1000:06d}" if nanos % 1000 == 0 else f".{nanos:09d}"


def read_timestamp(value: Any) -> dict[str, int]:
    """RFC 3339 text to seconds and nanos; any offset, at most nine digits, no leap second."""
    if type(value) is not str:
        raise wrong_type("a date and time as a string", value)
    match = _SECONDS.fullmatch(value, MINUTE_LENGTH)
    if not match:
        raise refused(BAD_TIME)
    second, fraction, sign, ahead_hours, ahead_minutes = match.groups()
    try:
        seconds = _minute_number(value[:MINUTE_LENGTH]) * 60 + int(second)
    except ValueError:
        raise refused(BAD_TIME) from None
    if sign:
        ahead = int(ahead_hours) * 3600 + int(ahead_minutes) * 60
        seconds += ahead if sign == "-" else -ahead
        if not EARLIEST <= seconds <= LATEST:
            raise refused("Must be within the years 1 to 9999.")
    return {"seconds": seconds, "nanos": _nanos(fraction)}


def _nanos(fraction: str | None) -> int:
    return int(fraction.ljust(9, "0")) if fraction else 0


def print_duration(message: Any) -> str:
    """Seconds with 0, 3, 6 or 9 digits; raises ValueError for what is no Duration."""
    seconds, nanos = _parts(message)
    if abs(seconds) > LONGEST_DURATION or abs(nanos) >= 1_000_000_000 or seconds * nanos < 0:
        raise ValueError(f"A Duration of {seconds} s and {nanos} ns has no text form.")
    sign = "-" if seconds < 0 or nanos < 0 else ""
    return f"{sign}{abs(seconds)}{_fraction(abs(nanos))}s"


def read_duration(value: Any) -> dict[str, int]:
    """Text such as `-1.5s` to seconds and nanos of one sign."""
    if type(value) is not str:
        raise wrong_type("a duration as a string", value)
    match = _DURATION.fullmatch(value)
    if not match:
        raise refused(BAD_DURATION)
    sign = -1 if match[1] else 1
    seconds, nanos = int(match[2]), _nanos(match[3])
    if seconds > LONGEST_DURATION or (seconds == LONGEST_DURATION and nanos):
        raise refused(f"Must be at most {LONGEST_DURATION} seconds.")
    return {"seconds": sign * seconds, "nanos": sign * nanos}


def print_mask(message: Any) -> str:
    """Comma list of lowerCamelCase paths; raises ValueError for a path that could not be read back."""
    return ",".join(_camel(path) for path in message.paths)


def _camel(path: str) -> str:
    if path and not _SNAKE_PATH.fullmatch(path):
        raise ValueError(f"The field mask path {path!r} has no lowerCamelCase form.")
    head, *rest = path.split("_")
    return head + "".join(part.capitalize() for part in rest)


def read_mask(value: Any) -> dict[str, list[str]]:
    """Comma list of lowerCamelCase paths to snake_case ones."""
    if type(value) is not str:
        raise wrong_type("a list of fields as a string", value)
    paths = value.split(",") if value else []
    if not all(_CAMEL_PATH.fullmatch(path) for path in paths):
        raise refused(BAD_MASK)
    return {"paths": [re.sub(r"[A-Z]", lambda letter: "_" + letter[0].lower(), path) for path in paths]}


def mask_text(text: str) -> dict[str, list[str]]:
    """As `read_mask`, and snake_case paths as they are: a query is written by hand."""
    paths = text.split(",")
    if text and all(_SNAKE_PATH.fullmatch(path) for path in paths):
        return {"paths": paths}
    return read_mask(text)


def struct_printer(number: Callable[[float], Any]) -> tuple[Callable[[Any], Any], ...]:
    """Functions that turn a Value, a Struct and a ListValue into plain JSON; `number` prints a double."""

    def value(message: Any) -> Any:
        kind = message.WhichOneof("kind")
        if kind == "number_value":
            return number(message.number_value)
        if kind == "struct_value":
            return struct(message.struct_value)
        if kind == "list_value":
            return list_value(message.list_value)
        return None if kind in (None, "null_value") else getattr(message, kind)

    def struct(message: Any) -> dict[str, Any]:
        return {key: value(item) for key, item in message.fields.items()}

    def list_value(message: Any) -> list[Any]:
        return [value(item) for item in message.values]

    return value, struct, list_value


def finite(value: float) -> float:
    """The number itself; raises ValueError for NaN and the infinities, which no free-form value can hold."""
    if not math.isfinite(value):
        raise ValueError("A google.protobuf.Value cannot hold NaN or Infinity in JSON.")
    return value


class FreeForm:
    """Plain JSON to the constructor values of Struct, Value and ListValue of one descriptor pool.

    Struct and ListValue are built as messages: the constructor takes a dict for a Struct in some places as
    its content and in others as its fields. A message inside is filled in place, since each level that
    is copied into the next would cost the size of all below it again.
    """

    def __init__(self, file: FileDescriptor) -> None:
        self._struct: Any = message_factory.GetMessageClass(file.message_types_by_name["Struct"])
        self._list: Any = message_factory.GetMessageClass(file.message_types_by_name["ListValue"])

    def struct(self, value: Any) -> Any:
        """A JSON object to a Struct message."""
        if type(value) is not dict:
            raise wrong_type("an object", value)
        message = self._struct()
        message.update(value)
        return message

    def list_value(self, value: Any) -> Any:
        """A JSON list to a ListValue message."""
        if type(value) is not list:
            raise wrong_type("a list", value)
        message = self._list()
        message.extend(value)
        return message

    def value(self, value: Any) -> dict[str, Any]:
        """Any JSON value to the fields of a Value."""
        kind = type(value)
        if kind is str:
            return {"string_value": value}
        if kind is bool:
            return {"bool_value": value}
        if kind is dict:
            return {"struct_value": self.struct(value)}
        if kind is list:
            return {"list_value": self.list_value(value)}
        return {"null_value": 0} if value is None else {"number_value": float(value)}
