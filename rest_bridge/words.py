"""The public word of an enum value: what JSON, query strings and the OpenAPI document print."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from claribi.v1 import policy_pb2
from google.protobuf.descriptor import EnumDescriptor, EnumValueDescriptor

_UNSPECIFIED = "_UNSPECIFIED"
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def snake_case(name: str) -> str:
    """`GenerateReport` as `generate_report`, `HTTPRoute` as `http_route`."""
    return _HUMP.sub("_", name).lower()


def public_word(value: EnumValueDescriptor) -> str | None:
    """The word of an enum value: its `(claribi.v1.word)`, else the lower-case name without the enum's prefix.

    None for the value 0 named `..._UNSPECIFIED`: it prints null and cannot be given.
    """
    return words_of(value.type).get(value.name)


@cache
def words_of(enum: EnumDescriptor) -> dict[str, str]:
    """The public words of an enum by value name, in order of declaration; without the unspecified value."""
    prefix = snake_case(enum.name).upper() + "_"
    return {
        value.name: _word(value, prefix)
        for value in enum.values
        if value.number != 0 or not value.name.endswith(_UNSPECIFIED)
    }


def _word(value: EnumValueDescriptor, prefix: str) -> str:
    options: Any = value.GetOptions()  # the generated stubs do not type extensions
    given: str = options.Extensions[policy_pb2.word]
    return given or value.name.removeprefix(prefix).lower()
