"""Scalars from JSON values and from path or query text."""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct
from collections.abc import Callable
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

from rest_bridge.codec import enums
from rest_bridge.codec.errors import refused, wrong_type
from rest_bridge.codec.guard import NUL_TEXT
from rest_bridge.codec.style import JsonStyle

Convert = Callable[[Any], Any]

INT32 = (-(2**31), 2**31 - 1)
UINT32 = (0, 2**32 - 1)
INT64 = (-(2**63), 2**63 - 1)
UINT64 = (0, 2**64 - 1)
RANGES = {
    FieldDescriptor.CPPTYPE_INT32: INT32,
    FieldDescriptor.CPPTYPE_UINT32: UINT32,
    FieldDescriptor.CPPTYPE_INT64: INT64,
    FieldDescriptor.CPPTYPE_UINT64: UINT64,
}
NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}

_INTEGER = re.compile(r"-?[0-9]{1,40}", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,400}(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,6})?", re.ASCII)
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_FLOAT32 = struct.Struct("<f")


def from_json(field: FieldDescriptor, style: JsonStyle) -> Convert:
    """JSON value to scalar for one element of `field`; raises FieldErrors about the value."""
    kind = field.cpp_type
    if kind in RANGES:
        return _integer_reader(*RANGES[kind])
    if field.enum_type is not None:
        return enums.from_json(field.enum_type, style)
    if kind == FieldDescriptor.CPPTYPE_DOUBLE:
        return _number_reader(float, style)
    if kind == FieldDescriptor.CPPTYPE_FLOAT:
        return _number_reader(_as_float32, style)
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        return read_bool
    return read_bytes if field.type == FieldDescriptor.TYPE_BYTES else read_string


def from_text(field: FieldDescriptor, style: JsonStyle) -> Convert:
    """Path or query text to scalar for one element of `field`."""
    kind = field.cpp_type
    if field.enum_type is not None:
        return enums.from_text(field.enum_type, style)
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        return bool_text
    if kind == FieldDescriptor.CPPTYPE_STRING and field.type != FieldDescriptor.TYPE_BYTES:
        return read_string if style.full_range else plain_text
    return from_json(field, style)  # numbers and bytes: the JSON string form is the text form


def map_key(field: FieldDescriptor, style: JsonStyle) -> Convert:
    """Member name of a JSON object to map key; only the forms that are printed."""
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return bool_key
    return from_json(field, style)


def _integer_reader(low: int, high: int) -> Convert:
    out_of_range = f"Must be between {low} and {high}."

    def read(value: Any) -> int:
        number = value if type(value) is int else _whole(value)
        if low <= number <= high:
            return number
        raise refused(out_of_range)

    return read


def _whole(value: Any) -> int:
    """The integer meant by a float such as 1e2 or by digits in a string."""
    if type(value) is str:
        if _INTEGER.fullmatch(value):
            return int(value)
        value = _number(value, "Not a valid integer.")
    elif type(value) is not float:
        raise wrong_type("an integer", value)
    # The parser turns integers beyond 64 bits into floats, which round onto the lowest 64-bit integer.
    if not value.is_integer() or value <= INT64[0]:
        raise refused("Not a valid integer.")
    return int(value)


def _number(text: str, fault: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise refused(fault)
    return float(text)


def _number_reader(stored: Callable[[float], float], style: JsonStyle) -> Convert:
    names = NON_FINITE if style.full_range else {}

    def read(value: Any) -> float:
        if type(value) is float or type(value) is int:
            number = float(value)
        elif type(value) is str:
            if value in names:
                return names[value]
            number = _number(value, "Not a valid number.")
        else:
            raise wrong_type("a number", value)
        if math.isinf(stored(number)):
            raise refused("Too large a number.")
        return number

    return read


def read_bool(value: Any) -> bool:
    """JSON true or false and nothing else."""
    if type(value) is bool:
        return value
    raise wrong_type("true or false", value)


def bool_text(text: str) -> bool:
    """`true`, `false`, `1` or `0`."""
    if text in ("true", "1"):
        return True
    if text in ("false", "0"):
        return False
    raise refused("Must be true or false.")


def bool_key(text: str) -> bool:
    """`true` or `false`."""
    if text in ("true", "false"):
        return text == "true"
    raise refused("Must be true or false.")


def read_string(value: Any) -> str:
    """A JSON string; its characters were judged on the raw text."""
    if type(value) is str:
        return value
    raise wrong_type("a string", value)


def plain_text(text: str) -> str:
    """Any text without NUL."""
    if "\0" in text:
        raise refused(NUL_TEXT)
    return text


def read_bytes(value: Any) -> bytes:
    """Base64 in the standard or the URL-safe alphabet, padding optional, nothing else in it."""
    if type(value) is not str:
        raise wrong_type("a base64 string", value)
    try:
        digits = value.encode("ascii").translate(_URL_SAFE)
        if b"=" not in digits:
            digits += b"=" * (-len(digits) % 4)
        elif len(digits) % 4:
            raise ValueError(value)
        return binascii.a2b_base64(digits, strict_mode=True)
    except ValueError:
        raise refused("Not valid base64.") from None


def print_bytes(value: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(value).decode("ascii")


def shortest_float32(value: float) -> float:
    """The double with the fewest decimal digits that is still this 32-bit float.

    Six significant digits are the least that any 32-bit float needs to be told apart, nine the most.
    """
    for digits in (6, 7, 8):
        candidate = float(f"{value:.{digits}g}")
        if _as_float32(candidate) == value:
            return candidate
    return float(f"{value:.9g}")


def _as_float32(value: float) -> float:
    """The nearest 32-bit float; an infinity beyond the largest."""
    try:
        rounded: float = _FLOAT32.unpack(_FLOAT32.pack(value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)
    return rounded
