"""In the stock style the codec and `json_format` say the same about every kind of field, in both directions."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from google.protobuf import json_format
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from rest_bridge.codec import STOCK, Codec, FieldErrors, JsonStyle
from tests.bridge.codec.kinds import MESSAGES, PLAIN, Every, ListValue, Struct, Value, listed, struct, value

CODEC = Codec(STOCK)
CAMEL = Codec(JsonStyle(proto_names=False, unset_as_null=False, integral_doubles=False, full_range=True))
EXAMPLES = settings(max_examples=150, deadline=None)


def stock_plain(message: Message, *, proto_names: bool = True) -> Any:
    return json_format.MessageToDict(
        message,
        always_print_fields_with_no_presence=True,
        preserving_proto_field_name=proto_names,
        descriptor_pool=message.DESCRIPTOR.file.pool,
    )


@EXAMPLES
@given(MESSAGES)
def test_what_we_print_is_what_json_format_prints(message: Message) -> None:
    assert exact(orjson.loads(CODEC.write(message))) == exact(stock_plain(message))
    assert exact(CAMEL.to_plain(message)) == exact(stock_plain(message, proto_names=False))


def exact(plain: Any) -> str:
    """Text in which 1, 1.0 and True differ, as do 0.0 and -0.0."""
    return json.dumps(plain, sort_keys=True)


@EXAMPLES
@given(MESSAGES)
def test_what_we_print_we_read_back(message: Message) -> None:
    for codec in (CODEC, CAMEL):
        assert same(codec.read(codec.write(message), Every), message)


@EXAMPLES
@given(MESSAGES)
def test_what_json_format_prints_we_read_back(message: Message) -> None:
    text = json_format.MessageToJson(message, descriptor_pool=message.DESCRIPTOR.file.pool).encode()
    assert same(CODEC.read(text, Every), message)
    assert same(CODEC.read_plain(orjson.loads(text), Every), message)


def same(one: Message, other: Message) -> bool:
    """Equality in which NaN equals itself and -0.0 differs from 0.0."""
    return one.SerializeToString(deterministic=True) == other.SerializeToString(deterministic=True)


@EXAMPLES
@given(PLAIN)
def test_free_form_values_are_read_and_printed_at_the_top(plain: Any) -> None:
    pairs = [(value(plain), Value), (listed([plain]), ListValue), (struct({"a": plain}), Struct)]
    for message, cls in pairs:
        text = CODEC.write(message)
        assert exact(orjson.loads(text)) == exact(stock_plain(message))
        assert same(CODEC.read(text, cls), message)


# One element as JSON text; each is tried bare, in a list and in an object, for every field.
NUMBERS = (
    "0 -0 1 -1 7 1.0 1.5 0.1 1e2 -1e2 1e400 1e19 3.4028235e38 3.5e38 1e39 -1e39 2147483647 2147483648 "
    "-2147483648 -2147483649 4294967295 4294967296 9223372036854775807 9223372036854775808 "
    "-9223372036854775808 -9223372036854775809 18446744073709551615 18446744073709551616"
)
WORDS = (
    "1 -1 7 1.0 1.5 1e2 abc true NaN Infinity -Infinity nan inf FIRST first BELOW Zm9v Zm9 Z -_-_ +/+/ !!!! "
    "2026-01-31T09:30:00Z 2026-02-30T00:00:00Z 0001-01-01T00:00:00Z 9999-12-31T23:59:59.999999999Z "
    "0000-01-01T00:00:00Z 0001-01-01T00:00:00+01:00 2026-01-31T09:30:00+05:30 2026-01-31t09:30:00z "
    "3.5s -3.5s 315576000000s 315576000001s 1m fooBar,baz foo_bar a..b"
)
BARE = ["true", "false", "null", "[]", "{}", "[1]", "[null]", '{"a":1}', '{"a":null}', '{"1":"x"}', '""']
ELEMENTS = [*NUMBERS.split(), *(f'"{word}"' for word in WORDS.split()), *BARE]
FIELDS = sorted(field.name for field in Every.DESCRIPTOR.fields)

# What json_format lets through although ProtoJSON does not, by kind of element; we refuse each.
NOT_BASE64 = re.compile(r'"(!!!!|a\.\.b|-?3\.5s|.*:.*)"')
DIGITS_OR_NOT_WHOLE = re.compile(
    r'"-?\d+"|true|false|\d\.[15]|4294967295|4294967296|-?922337203685477580[78]'
)
LAXER = {
    "message": re.compile(r'""|\[\]'),
    "bytes": NOT_BASE64,
    "enum": DIGITS_OR_NOT_WHOLE,
    "number": re.compile(r'true|false|"inf"'),
    "mask": re.compile(r'"[^a-z].*"|"[a-z0-9].*[.:].*"|"1m"'),
    "free form": re.compile("1e400"),
}


# What json_format refuses although ProtoJSON does not; we accept each.
STRICTER = {
    ("number", "3.4028235e38"),  # the largest 32-bit float, as it prints it itself
    ("free form", "null"),  # for a repeated Value, as for any repeated field
}


def text_of(body: str) -> str:
    return body.removeprefix("[").removesuffix("]").removeprefix('{"a":').removesuffix("}")


@pytest.mark.parametrize("name", FIELDS)
def test_every_element_in_every_field_is_read_alike_or_refused_where_json_format_is_lax(name: str) -> None:
    for element in ELEMENTS:
        for text in (element, f"[{element}]", f'{{"a":{element}}}'):
            body = f'{{"{name}":{text}}}'.encode()
            ours, stock = read(body), stock_read(body)
            if stock is None and ours is not None:
                assert (kind(name), text_of(text)) in STRICTER, f"accepts what json_format refuses: {body!r}"
            elif stock is not None and ours is None:
                assert LAXER[kind(name)].fullmatch(element), f"refuses what json_format accepts: {body!r}"
            elif stock is not None:
                assert same(ours, stock), body


def read(body: bytes) -> Message | None:
    try:
        return CODEC.read(body, Every)
    except FieldErrors:
        return None


def stock_read(body: bytes) -> Message | None:
    try:
        return json_format.Parse(body, Every())
    except json_format.ParseError:
        return None


def kind(name: str) -> str:
    """The kind of element a field holds, as `LAXER` tells them apart."""
    field = Every.DESCRIPTOR.fields_by_name[name]
    entry = field.message_type
    if entry is not None and entry.GetOptions().map_entry:
        field = entry.fields_by_name["value"]
    message = field.message_type
    if message is not None and message.file.name.endswith("wrappers.proto"):
        field = message.fields_by_name["value"]
    elif message is not None:
        special = {"FieldMask": "mask", "Struct": "free form", "Value": "free form", "ListValue": "free form"}
        return special.get(message.name, "message")
    if field.enum_type is not None:
        return "enum"
    return "bytes" if field.type == field.TYPE_BYTES else "number"


NAMES = st.sampled_from([field.json_name for field in Every.DESCRIPTOR.fields] + FIELDS) | st.text(max_size=4)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)
TREES = st.recursive(
    LEAVES,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(NAMES, below, max_size=3),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(NAMES, TREES, min_size=1, max_size=4))
def test_no_json_value_does_more_than_be_refused(tree: dict[str, Any]) -> None:
    text = json.dumps(tree).encode()  # writes NaN, Infinity and lone surrogates
    for codec in (CODEC, Codec()):
        for result in (attempt(codec.read, text), attempt(codec.read_plain, tree)):
            if isinstance(result, dict):
                assert result
                assert all(result.values())
                orjson.dumps(result)  # the errors themselves can always be printed
            else:
                result.SerializeToString()


def attempt(run: Callable[..., Message], given_value: Any) -> Message | dict[str, list[str]]:
    """The message, or the errors; anything else that is raised fails the test."""
    try:
        return run(given_value, Every)
    except FieldErrors as refused:
        return refused.errors


@pytest.mark.parametrize("text", ['"NaN"', '"Infinity"', '"-Infinity"'])
def test_the_stock_style_reads_non_finite_numbers_as_text(text: str) -> None:
    for name in ("one_double", "one_float", "wrapped_double"):
        message = CODEC.read(f'{{"{name}":{text}}}'.encode(), Every)
        assert same(message, json_format.Parse(f'{{"{name}":{text}}}', Every()))
    assert not math.isfinite(message.wrapped_double.value)
