"""How JSON looks and how much of it is taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from google.protobuf.descriptor import EnumValueDescriptor, FieldDescriptor

DEEPEST = 250


@dataclass(frozen=True)
class JsonStyle:
    """The choices in which JSON mappings of protobuf differ; the defaults are this product's."""

    proto_names: bool = True
    """Prints `created_at`, not `createdAt`. Input accepts both spellings always."""
    unset_as_null: bool = True
    """An unset message or explicit-presence field prints null; False leaves it out."""
    omit_unset: Callable[[FieldDescriptor], bool] | None = None
    """Fields that are left out when unset (or an empty list or map) although others print null."""
    not_in_query: Callable[[FieldDescriptor], bool] | None = None
    """Fields that are never query parameters, such as passwords: addresses end up in logs."""
    enum_word: Callable[[EnumValueDescriptor], str | None] | None = None
    """The public word of an enum value, None for a value that prints null and cannot be given.

    When set, words are the only input; without it the stock names, and numbers, are.
    """
    integral_doubles: bool = True
    """5.0 prints as 5, and -0.0 as 0, as JavaScript does; magnitudes below 2**53 only."""
    int64_as_text: bool = True
    """64-bit integers print as strings, as ProtoJSON has it; False prints numbers."""
    full_range: bool = False
    """Takes and prints all that ProtoJSON allows: "NaN" and "Infinity" as strings, NUL in text.

    When False those are refused on input, and a non-finite number in a message prints null.
    """


PRODUCT = JsonStyle()

STOCK = JsonStyle(unset_as_null=False, integral_doubles=False, full_range=True)
"""Agrees with `json_format` printing proto names and fields without presence."""


@dataclass(frozen=True)
class Limits:
    """What a request body may hold; checked on the raw bytes, before anything is built."""

    max_bytes: int = 4 * 1024 * 1024
    max_depth: int = 64
    max_nodes: int = 20_000

    def __post_init__(self) -> None:
        if not 1 <= self.max_depth <= DEEPEST:
            raise ValueError(
                f"max_depth must be between 1 and {DEEPEST}, the most that JSON is printed with."
            )


DEFAULT_LIMITS = Limits()
