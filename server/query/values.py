"""Values as text: parsed into a column's type, and written back the way people and filters use them."""

import math
from datetime import UTC, date, datetime
from typing import Any

from claribi.v1.data_sources_pb2 import (
    COLUMN_TYPE_BOOLEAN,
    COLUMN_TYPE_DATE,
    COLUMN_TYPE_INTEGER,
    COLUMN_TYPE_NUMBER,
    COLUMN_TYPE_TIMESTAMP,
)

_EXPECTED = {
    COLUMN_TYPE_INTEGER: "a number",
    COLUMN_TYPE_NUMBER: "a number",
    COLUMN_TYPE_BOOLEAN: "true or false",
    COLUMN_TYPE_DATE: "an ISO 8601 date such as 2026-01-31",
    COLUMN_TYPE_TIMESTAMP: "an ISO 8601 date or time such as 2026-01-31T12:00:00Z",
}
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_LARGEST_INTEGER = (1 << 63) - 1


def parse(text: str, type_: int) -> Any:
    """A filter value in the column's type; moments become ISO text in UTC without a zone.

    Raises ValueError with what was expected.
    """
    try:
        return _parsed(text.strip(), type_)
    except (ValueError, OverflowError):
        expected = _EXPECTED.get(type_, "text")  # type: ignore[call-overload]
        raise ValueError(f"Expected {expected}, found {text[:40]!r}.") from None


def _parsed(text: str, type_: int) -> Any:
    if type_ in (COLUMN_TYPE_INTEGER, COLUMN_TYPE_NUMBER):
        return _number(text)
    if type_ == COLUMN_TYPE_BOOLEAN:
        return _boolean(text.lower())
    if type_ == COLUMN_TYPE_DATE:
        return date.fromisoformat(text[:10] if "T" in text else text).isoformat()
    if type_ == COLUMN_TYPE_TIMESTAMP:
        return _moment(text)
    return text


def _number(text: str) -> int | float:
    if text.lstrip("+-").isdigit() and text.isascii():
        whole = int(text)
        if abs(whole) <= _LARGEST_INTEGER:
            return whole
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _boolean(text: str) -> bool:
    if text not in _BOOLEANS:
        raise ValueError(text)
    return _BOOLEANS[text]


def _moment(text: str) -> str:
    if len(text) == 10:
        return date.fromisoformat(text).isoformat()
    moment = datetime.fromisoformat(text)
    if moment.tzinfo:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment.isoformat(sep=" ")


def text_of(value: Any) -> str:
    """A value as text: ISO 8601 for times (midnight keeps its date only), `true`, shortest numbers."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        midnight = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
        return value.date().isoformat() if midnight else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
