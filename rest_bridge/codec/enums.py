"""Enum values and their words, both ways."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf.descriptor import EnumDescriptor

from rest_bridge.codec.errors import FieldErrors, allowed, refused, shorten, wrong_type
from rest_bridge.codec.style import JsonStyle

INT32_MIN, INT32_MAX = -(2**31), 2**31 - 1
NULL_VALUE = "google.protobuf.NullValue"


class _Words(dict[int, Any]):
    """The words of an enum's numbers; an open enum's unknown number stands for itself."""

    def __missing__(self, number: int) -> int:
        return number


def printed(enum: EnumDescriptor, style: JsonStyle) -> Callable[[int], Any]:
    """Number to JSON; a number without a name prints as itself."""
    if enum.full_name == NULL_VALUE:
        return lambda _: None
    words = _Words()
    for value in enum.values:
        word = style.enum_word(value) if style.enum_word else value.name
        words.setdefault(value.number, word)  # of aliases the first declared prints
    return words.__getitem__


def from_json(enum: EnumDescriptor, style: JsonStyle) -> Callable[[Any], int]:
    """JSON to number: a word or name; without public words also a number, which an open enum keeps."""
    if enum.full_name == NULL_VALUE:
        return _null_value
    words = _accepted(enum, style)
    if style.enum_word:
        return lambda value: _word(words, value)
    numbers = {value.number for value in enum.values} if enum.is_closed else None

    def read(value: Any) -> int:
        if type(value) is str and value in words:
            return words[value]
        if type(value) is int or (type(value) is float and value.is_integer()):
            return _number(words, int(value), known=numbers)
        return _word(words, value)

    return read


def from_text(enum: EnumDescriptor, style: JsonStyle) -> Callable[[str], int]:
    """Path or query text to number: as JSON, and without public words the digits of a known number."""
    words = _accepted(enum, style)
    if style.enum_word:
        return lambda text: _word(words, text)
    accepted = {str(value.number): value.number for value in enum.values} | words
    return lambda text: _word(accepted, text, shown=words)


def _accepted(enum: EnumDescriptor, style: JsonStyle) -> dict[str, int]:
    accepted: dict[str, int] = {}
    for value in enum.values:
        word = style.enum_word(value) if style.enum_word else value.name
        if word is not None:
            accepted[word] = value.number
    return accepted


def _word(words: dict[str, int], value: Any, *, shown: dict[str, int] | None = None) -> int:
    if type(value) is not str:
        raise wrong_type("a string", value)
    number = words.get(value)
    if number is None:
        raise not_a_choice(value, words if shown is None else shown)
    return number


def not_a_choice(value: str, words: dict[str, int]) -> FieldErrors:
    """The error of a word that is not among `words`."""
    return refused(f"'{shorten(value)}' is not a valid choice. {allowed(words)}")


def _number(words: dict[str, int], number: int, *, known: set[int] | None) -> int:
    if known is not None and number not in known:
        raise not_a_choice(str(number), words)
    if not INT32_MIN <= number <= INT32_MAX:
        raise refused("Not a valid choice: out of range for an enum.")
    return number


def _null_value(value: Any) -> int:
    if value is None or value == "NULL_VALUE" or (type(value) is int and value == 0):
        return 0
    raise wrong_type("null", value)
