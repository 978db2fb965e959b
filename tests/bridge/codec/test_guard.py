"""The raw guards: limits before parsing, and no repeated name slips through the cheap count."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rest_bridge.codec import FieldErrors, Limits, TooLarge
from rest_bridge.codec.guard import load, measured_depth

STRICT = Limits(max_bytes=4096, max_depth=4, max_nodes=40)
OPEN = Limits(max_bytes=1 << 20, max_depth=200, max_nodes=1 << 20)
QUICK = settings(max_examples=400, deadline=None)


class Pairs(tuple[tuple[str, Any], ...]):
    """The members of an object in order, names possibly repeated."""


# Texts rich in what the guards look for, so that strings imitate structure and escapes imitate quotes.
TRICKY = st.text(st.sampled_from(list('{}[],:"\\ua03\0 é')), max_size=6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | TRICKY,
    lambda below: st.lists(below, max_size=3) | st.lists(st.tuples(TRICKY, below), max_size=3).map(Pairs),
    max_leaves=10,
)


def printed(value: Any, draw: st.DataObject) -> str:
    """JSON text with the white space and escapes a caller may choose."""
    space = draw.draw(st.sampled_from(["", " ", "\n\t"]))
    if isinstance(value, Pairs):
        members = (f"{text_of(k, draw)}{space}:{space}{printed(v, draw)}" for k, v in value)
        return "{" + space + f"{space},".join(members) + "}"
    if isinstance(value, list):
        return "[" + f",{space}".join(printed(item, draw) for item in value) + "]"
    return text_of(value, draw) if isinstance(value, str) else json.dumps(value)


def text_of(text: str, draw: st.DataObject) -> str:
    if draw.draw(st.integers(0, 3)) == 0:  # every character as an escape, colons and quotes too
        return '"' + "".join(f"\\u{ord(letter):04x}" for letter in text) + '"'
    return json.dumps(text, ensure_ascii=draw.draw(st.booleans()))


def repeats(value: Any) -> bool:
    if isinstance(value, Pairs):
        names = [name for name, _ in value]
        return len(set(names)) < len(names) or any(repeats(item) for _, item in value)
    return isinstance(value, list) and any(repeats(item) for item in value)


def depth(value: Any) -> int:
    below = [item for _, item in value] if isinstance(value, Pairs) else value
    return 1 + max(map(depth, below), default=0) if isinstance(value, Pairs | list) else 0


@QUICK
@given(JSON, st.data())
def test_a_repeated_name_is_found_wherever_and_however_it_is_written(value: Any, draw: st.DataObject) -> None:
    data = printed(value, draw).encode()
    if repeats(value):
        with pytest.raises(FieldErrors, match="Given twice"):
            load(data, OPEN, nul_allowed=True)
    else:
        assert load(data, OPEN, nul_allowed=True).value == orjson.loads(data)


@QUICK
@given(JSON, st.integers(1, 5), st.data())
def test_depth_is_counted_outside_strings_only(value: Any, most: int, draw: st.DataObject) -> None:
    data = printed(value, draw).encode()
    limits = Limits(max_bytes=1 << 20, max_depth=most, max_nodes=1 << 20)
    if depth(value) > most:
        with pytest.raises(TooLarge, match=f"deeper than {most} levels"):
            measured_depth(data, limits)
    else:
        assert measured_depth(data, limits) >= depth(value)


@QUICK
@given(JSON, st.data())
def test_no_body_within_the_limits_is_called_too_large(value: Any, draw: st.DataObject) -> None:
    data = printed(value, draw).encode()
    nodes = count(value)
    load_if_unique(data, value, Limits(max_bytes=1 << 20, max_depth=200, max_nodes=2 * nodes + 1))
    if nodes > 2:
        with pytest.raises(TooLarge, match="values"):
            measured_depth(data, Limits(max_bytes=1 << 20, max_depth=200, max_nodes=max(1, nodes // 2 - 1)))


def load_if_unique(data: bytes, value: Any, limits: Limits) -> None:
    if not repeats(value):
        load(data, limits, nul_allowed=True)


def count(value: Any) -> int:
    below = [item for _, item in value] if isinstance(value, Pairs) else value
    return 1 + sum(map(count, below)) if isinstance(value, Pairs | list) else 1


@QUICK
@given(
    st.binary(max_size=40) | st.text(st.sampled_from(list('{}[],:"\\u0 1e.')), max_size=20).map(str.encode)
)
def test_bytes_that_are_not_json_are_refused_and_nothing_else_happens(data: bytes) -> None:
    try:
        reference = orjson.loads(data)
    except orjson.JSONDecodeError:
        with pytest.raises((FieldErrors, TooLarge)):
            load(data, STRICT, nul_allowed=True)
    else:
        if b'"' not in data:
            assert load(data, OPEN, nul_allowed=True).value == reference


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"x" * 4097, "larger than 4096 bytes"),
        (b"[" * 5 + b"]" * 5, "deeper than 4 levels"),
        (b'{"a":' * 5 + b"1" + b"}" * 5, "deeper than 4 levels"),
        (b"[" * 2000, "40 values"),
        (b"[" + b"1," * 40 + b"1]", "40 values"),
        (b"[" + b"{}," * 40 + b"{}]", "40 values"),
    ],
)
def test_a_limit_is_named_before_anything_is_built(data: bytes, text: str) -> None:
    with pytest.raises(TooLarge, match=text):
        load(data, STRICT, nul_allowed=False)


@pytest.mark.parametrize(
    "data",
    [b'["' + b",[{" * 100 + b'"]', b'["\\"' + b",[{" * 100 + b'"]', b'{"\\\\":["' + b"[" * 9 + b'","\\\\"]}'],
)
def test_separators_inside_strings_do_not_count(data: bytes) -> None:
    assert load(data, STRICT, nul_allowed=False).value == orjson.loads(data)


def test_the_exact_limit_is_within() -> None:
    assert measured_depth(b"[[[[1]]]]", STRICT) == 4
    assert len(load(b"[" + b"1," * 38 + b"1]", STRICT, nul_allowed=False).value) == 39


def test_a_depth_that_cannot_be_printed_is_no_limit() -> None:
    with pytest.raises(ValueError, match="max_depth must be between 1 and 250"):
        Limits(max_depth=251)


def test_repeated_names_carry_their_paths() -> None:
    data = b'{"a":1,"b":[{"c":{"d":1,"d":2}},{"e":1,"e":1,"e":2}],"a":2}'
    with pytest.raises(FieldErrors) as caught:
        load(data, OPEN, nul_allowed=True)
    assert caught.value.errors == {
        "a": ["Given twice."],
        "b.0.c.d": ["Given twice."],
        "b.1.e": ["Given twice."],
    }


def test_many_faults_make_a_short_answer() -> None:
    body = ",".join(f'"k{number}":1,"k{number}":2' for number in range(5000))
    with pytest.raises(FieldErrors) as caught:
        load(f"{{{body}}}".encode(), OPEN, nul_allowed=True)
    assert len(caught.value.errors) == 100
    assert re.fullmatch(r"k\d+", next(iter(caught.value.errors)))
