"""Raw JSON to a plain tree, with every refusal that orjson and the message constructor would miss."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from rest_bridge.codec.errors import Faults, FieldErrors, TooLarge, refused
from rest_bridge.codec.style import Limits

NUL_TEXT = "Null characters are not allowed."
TWICE = "Given twice."
UNICODE_TEXT = "Not valid Unicode text."
FINITE_TEXT = "Not a finite number."
_NOT_STRUCTURE = bytes(set(range(256)) - set(b'"{}[],'))
_AS_ROUND = bytes.maketrans(b"{}[]", b"()()")


class Loaded(NamedTuple):
    """A parsed JSON text and an upper bound of its depth."""

    value: Any
    depth: int


def load(data: bytes, limits: Limits, *, nul_allowed: bool) -> Loaded:
    """The JSON value in `data`.

    Raises TooLarge beyond the limits and FieldErrors for text that is not JSON, names given twice
    at any depth and, unless `nul_allowed`, NUL in a string or a name.
    """
    depth = measured_depth(data, limits)
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise _not_json(data, error) from None
    escapes = b"\\" in data
    if _may_hold_repeats(data, value, escapes=escapes):
        _refuse_repeats(data)
    if escapes and not nul_allowed and b"\\u0000" in data:
        check_plain(value, limits)
    return Loaded(value, depth)


def measured_depth(data: bytes, limits: Limits) -> int:
    """How deeply `data` is nested, at most; raises TooLarge when it exceeds a limit.

    A first count takes brackets and commas inside strings for structure, so it can only be too high; the
    exact count runs when that one exceeds a limit.
    """
    if len(data) > limits.max_bytes:
        raise TooLarge(f"The body is larger than {limits.max_bytes} bytes.")
    opened = data.count(b"{") + data.count(b"[")
    # Each value takes a byte or more, so most bodies need no count of their commas.
    few = len(data) <= limits.max_nodes or data.count(b",") + opened < limits.max_nodes
    if few and opened <= limits.max_depth:
        return opened
    structure = _structure(data)
    if structure.count(b",") + structure.count(b"{") + structure.count(b"[") >= limits.max_nodes:
        raise TooLarge(f"The body holds more than {limits.max_nodes} values.")
    depth = _depth(structure, limits.max_depth)
    if depth > limits.max_depth:
        raise TooLarge(f"The body is nested deeper than {limits.max_depth} levels.")
    return depth


def _structure(data: bytes) -> bytes:
    """Only the brackets and commas of `data` that stand outside strings."""
    if b"\\" in data:
        # Escapes are pairs counted from the left, so escaped backslashes go first.
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    marks = data.translate(None, _NOT_STRUCTURE)
    # Two quotes with nothing between them change nothing about what is inside a string.
    marks = marks.replace(b'""', b"")
    return b"".join(marks.split(b'"')[::2])


def _depth(structure: bytes, most: int) -> int:
    """Levels of nesting, counted to one past `most`; each pass takes the innermost level away."""
    brackets = structure.translate(_AS_ROUND, b",")
    depth = 0
    while depth <= most and b"()" in brackets:
        brackets = brackets.replace(b"()", b"")
        depth += 1
    return depth


def _not_json(data: bytes, error: orjson.JSONDecodeError) -> FieldErrors:
    if not data.strip():
        return refused("Expected JSON, got nothing.")
    return refused(f"Not valid JSON (line {error.lineno}, column {error.colno}).")


def _may_hold_repeats(data: bytes, value: Any, *, escapes: bool) -> bool:
    """Whether a name may have been given twice; never False when one was.

    The parser drops the earlier of two members, and with it at least one colon, so the printed tree holds
    fewer colons than the text. Only a colon written as an escape could make up for it.
    """
    if escapes and b"\\u003" in data:
        return True
    return data.count(b":") != orjson.dumps(value).count(b":")


class _Repeating(dict[str, Any]):
    """An object of the text in which some names came more than once."""

    repeated: tuple[str, ...] = ()


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    found = _Repeating(members)
    found.repeated = tuple(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
    return found


def _refuse_repeats(data: bytes) -> None:
    # Numbers stay text: only names matter here, and a long integer would raise.
    tree = json.loads(data, object_pairs_hook=_members, parse_int=str, parse_float=str)
    faults = Faults()
    for path, value in _walk(tree):
        if isinstance(value, _Repeating):
            for name in value.repeated:
                faults.nest(".".join((*path, name)), refused(TWICE))
    faults.raise_any()


def check_plain(value: Any, limits: Limits, *, nul_allowed: bool = False) -> None:
    """Raises for a parsed value that no accepted text can have given: NUL, lone surrogates, NaN, too deep."""
    faults = Faults()
    for path, item in _walk(value):
        if len(path) > limits.max_depth:
            raise TooLarge(f"The body is nested deeper than {limits.max_depth} levels.")
        text = _plain_fault(item, nul_allowed=nul_allowed)
        if text:
            faults.nest(".".join(path), refused(text)) if path else faults.add("", text)
    faults.raise_any()


def _plain_fault(item: Any, *, nul_allowed: bool) -> str:
    if isinstance(item, str):
        return _text_fault(item, nul_allowed=nul_allowed)
    if isinstance(item, dict):
        return next((f for f in (_text_fault(key, nul_allowed=nul_allowed) for key in item) if f), "")
    if isinstance(item, float) and not math.isfinite(item):
        return FINITE_TEXT
    return ""


def _text_fault(text: Any, *, nul_allowed: bool) -> str:
    if not isinstance(text, str):
        return "Expected text as the name of each member."
    if "\0" in text and not nul_allowed:
        return NUL_TEXT
    return "" if text.isascii() or _encodes(text) else UNICODE_TEXT


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _walk(value: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value of a tree with the names and indices that lead to it."""
    pending: list[tuple[tuple[str, ...], Any]] = [((), value)]
    while pending:
        path, item = pending.pop()
        yield path, item
        if isinstance(item, dict):
            pending.extend(((*path, _printable(key)), below) for key, below in item.items())
        elif isinstance(item, list):
            pending.extend(((*path, str(index)), below) for index, below in enumerate(item))
        elif item is not None and not isinstance(item, str | int | float):
            raise refused("Expected a JSON value.")


def _printable(key: object) -> str:
    return str(key).encode("ascii", "backslashreplace").decode() if not str(key).isprintable() else str(key)
