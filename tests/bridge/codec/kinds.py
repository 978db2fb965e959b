"""A message with a field of every kind, and hypothesis strategies for its values."""

from __future__ import annotations

import math
from typing import Any

from google.protobuf.message import Message
from hypothesis import strategies as st

from tests.bridge.support_schemas import SCALARS, Schema

SINGLE = sorted(set(SCALARS) - {"group", "message", "enum"})
WRAPPED = ("Double", "Float", "Int64", "UInt64", "Int32", "UInt32", "Bool", "String", "Bytes")
KEYS = ("int32", "int64", "uint32", "uint64", "sint32", "fixed64", "bool", "string")

EVERY: dict[str, Any] = {
    **{f"one_{kind}": kind for kind in SINGLE},
    **{f"maybe_{kind}": f"optional {kind}" for kind in SINGLE},
    **{f"many_{kind}": f"repeated {kind}" for kind in SINGLE},
    **{f"by_{kind}": f"map<{kind},string>" for kind in KEYS},
    **{f"to_{kind}": f"map<string,{kind}>" for kind in SINGLE},
    **{f"wrapped_{kind.lower()}": f"google.protobuf.{kind}Value" for kind in WRAPPED},
    "one_enum": "enum Kind",
    "maybe_enum": "optional enum Kind",
    "many_enum": "repeated enum Kind",
    "to_enum": "map<string,enum Kind>",
    "child": "Every",
    "children": "repeated Every",
    "to_child": "map<string,Every>",
    "time": "google.protobuf.Timestamp",
    "times": "repeated google.protobuf.Timestamp",
    "duration": "google.protobuf.Duration",
    "durations": "repeated google.protobuf.Duration",
    "mask": "google.protobuf.FieldMask",
    "struct": "google.protobuf.Struct",
    "structs": "repeated google.protobuf.Struct",
    "to_struct": "map<string,google.protobuf.Struct>",
    "value": "google.protobuf.Value",
    "values": "repeated google.protobuf.Value",
    "to_value": "map<string,google.protobuf.Value>",
    "items": "google.protobuf.ListValue",
    "many_items": "repeated google.protobuf.ListValue",
    "empty": "google.protobuf.Empty",
    "many_wrapped": "repeated google.protobuf.Int64Value",
    "to_wrapped": "map<string,google.protobuf.StringValue>",
    "oneof choice": {
        "choice_text": "string",
        "choice_count": "int32",
        "choice_child": "Every",
        "choice_value": "google.protobuf.Value",
        "choice_empty": "google.protobuf.Empty",
    },
    "self": "string",
    "from": "string",
}
SHAPE = {"messages": {"Every": EVERY}, "enums": {"Kind": {"NONE": 0, "FIRST": 1, "SECOND": 2, "BELOW": -1}}}
SCHEMA = Schema("kindspb", SHAPE)
Every = SCHEMA.message_class("Every")
Struct = SCHEMA.message_class("google.protobuf.Struct")
Value = SCHEMA.message_class("google.protobuf.Value")
ListValue = SCHEMA.message_class("google.protobuf.ListValue")

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NAN = st.just(math.nan)  # one NaN: no text tells its many bit patterns apart
LARGEST = 3.4028234663852886e38  # of 32 bits
NARROW = st.floats(width=32, allow_nan=False) | NAN | st.sampled_from([LARGEST, -LARGEST, 1e-45])
WIDE = st.floats(allow_nan=False) | NAN | st.sampled_from([-0.0, 5.0, 2.0**53, -(2.0**53), 1e308, 5e-324])
BY_KIND: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(("int32", "sint32", "sfixed32"), st.integers(-(2**31), 2**31 - 1)),
    **dict.fromkeys(("uint32", "fixed32"), st.integers(0, 2**32 - 1)),
    **dict.fromkeys(("int64", "sint64", "sfixed64"), st.integers(-(2**63), 2**63 - 1)),
    **dict.fromkeys(("uint64", "fixed64"), st.integers(0, 2**64 - 1)),
    "float": NARROW,
    "double": WIDE,
    "bool": st.booleans(),
    "string": TEXT,
    "bytes": st.binary(max_size=8),
}
ENUM = st.sampled_from([0, 1, 2, -1]) | st.integers(-(2**31), 2**31 - 1)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(TEXT, below, max_size=3),
    max_leaves=6,
)
TIMES = st.builds(
    dict,
    seconds=st.integers(-62_135_596_800, 253_402_300_799)
    | st.sampled_from([-62_135_596_800, 253_402_300_799, 0, -1, 59, 60]),
    nanos=st.sampled_from([0, 1, 1_000, 1_000_000, 999_999_999]) | st.integers(0, 999_999_999),
)
DURATIONS = st.builds(
    lambda seconds, nanos, sign: {"seconds": sign * seconds, "nanos": sign * nanos},
    st.integers(0, 315_575_999_999),
    st.sampled_from([0, 1, 500_000_000]) | st.integers(0, 999_999_999),
    st.sampled_from([1, -1]),
)
MASKS = st.lists(st.from_regex(r"[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*(\.[a-z]+)?", fullmatch=True), max_size=3)


def struct(plain: dict[str, Any]) -> Message:
    message = Struct()
    message.update(plain)
    return message


def listed(plain: list[Any]) -> Message:
    message = ListValue()
    message.extend(plain)
    return message


def value(plain: Any) -> Message:
    """A Value made by the library's own assignment of native values."""
    return listed([plain]).values[0]


STRUCTS = st.dictionaries(TEXT, PLAIN, max_size=3).map(struct)
LISTS = st.lists(PLAIN, max_size=3).map(listed)
VALUES = PLAIN.map(value)


def one_of(name: str, declared: str, child: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Constructor values for one element of the declared type."""
    special = {
        "Every": child,
        "google.protobuf.Timestamp": TIMES,
        "google.protobuf.Duration": DURATIONS,
        "google.protobuf.FieldMask": MASKS.map(lambda paths: {"paths": paths}),
        "google.protobuf.Struct": STRUCTS,
        "google.protobuf.Value": VALUES,
        "google.protobuf.ListValue": LISTS,
        "google.protobuf.Empty": st.just({}),
        "enum Kind": ENUM,
    }
    if declared in special:
        return special[declared]
    if declared.endswith("Value"):
        kind = declared.removeprefix("google.protobuf.").removesuffix("Value").lower()
        return BY_KIND[kind].map(lambda inner: {"value": inner})
    return BY_KIND[declared]


def field_values(name: str, declared: str, child: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    if declared.startswith("map<"):
        key, _, element = declared.removeprefix("map<").removesuffix(">").partition(",")
        return st.dictionaries(BY_KIND[key], one_of(name, element, child), max_size=2)
    if declared.startswith("repeated "):
        return st.lists(one_of(name, declared.removeprefix("repeated "), child), max_size=3)
    return one_of(name, declared.removeprefix("optional "), child)


def arguments(depth: int = 2) -> st.SearchStrategy[dict[str, Any]]:
    """Constructor arguments for `Every`: a few fields at a time, so that small examples stay small."""
    child = st.just({}) if depth == 0 else arguments(depth - 1)
    flat = {name: declared for name, declared in EVERY.items() if not name.startswith("oneof ")}
    single = {name: field_values(name, declared, child) for name, declared in flat.items()}
    choices = {name: one_of(name, declared, child) for name, declared in EVERY["oneof choice"].items()}
    picked = st.lists(st.sampled_from(sorted(single)), max_size=5, unique=True)
    fields = picked.flatmap(lambda names: st.fixed_dictionaries({name: single[name] for name in names}))
    choice = st.none() | st.sampled_from(sorted(choices))
    oneof = choice.flatmap(lambda n: st.just({}) if n is None else st.fixed_dictionaries({n: choices[n]}))
    return st.builds(lambda one, other: {**one, **other}, fields, oneof)


MESSAGES = arguments().map(lambda given: Every(**given))
