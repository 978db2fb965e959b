"""Field rules of the protos, compiled once per message into plain checks."""

import math
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from claribi.v1 import rules_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from server.methods import enum_word
from server.options import option

REQUIRED = "This field is required."
BLANK = "This field may not be blank."
EMPTY = "This list may not be empty."
EMAIL = re.compile(r"[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+\.[^@\s\x00-\x1f]+")
# ISO 8601 has more forms (weeks, no dashes); whoever reads these fields relies on this one.
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
TIME = re.compile(
    DATE.pattern + r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})?"
)

Problem = tuple[str, str]
Check = Callable[[Any], Iterator[str]]
# The last argument: the field is being changed, so that even an empty value is meant.
FieldCheck = Callable[[Message, str, bool], Iterator[Problem]]
MessageCheck = Callable[[Message, str, frozenset[str] | None], Iterator[Problem]]
_compiled: dict[str, MessageCheck] = {}


def find_problems(message: Message, given: Iterable[str] | None = None) -> dict[str, list[str]]:
    """Field path -> what is wrong with it.

    `given` restricts the top-level body field's rules to the paths of an update mask: a rule of a field that is not
    being changed does not apply.
    """
    problems: dict[str, list[str]] = {}
    mask = None if given is None else frozenset(given)
    for path, text in checker(message.DESCRIPTOR)(message, "", mask):
        problems.setdefault(path, []).append(text)
    return problems


def checker(descriptor: Any) -> MessageCheck:
    """The compiled check of a message type."""
    found = _compiled.get(descriptor.full_name)
    if found is None:
        # Entered before its fields are compiled, so that recursive messages find it.
        fields: list[FieldCheck] = []
        found = _compiled[descriptor.full_name] = _message_check(fields, descriptor)
        fields.extend(_field_check(field) for field in descriptor.fields)
    return found


def _message_check(fields: list[FieldCheck], descriptor: Descriptor) -> MessageCheck:
    names = [field.name for field in descriptor.fields]

    def check(message: Message, prefix: str, mask: frozenset[str] | None) -> Iterator[Problem]:
        for name, field in zip(names, fields, strict=True):
            if mask is None or name in mask:
                yield from field(message, prefix, mask is not None)

    return check


def _field_check(field: Any) -> FieldCheck:
    spec = option(field.GetOptions(), rules_pb2.field)
    value_check = _value_check(field, spec)
    if _is_map(field):
        return lambda _message, _prefix, _meant: iter(())
    if field.is_repeated:
        return _list_check(field, spec, value_check)
    return _single_check(field, spec, value_check)


def _single_check(field: Any, spec: rules_pb2.FieldSpec, value_check: Check) -> FieldCheck:
    name = field.name
    nested = checker(field.message_type) if _has_rules(field) else None
    bounded = spec.HasField("gte") or spec.HasField("lte")

    def check(message: Message, prefix: str, meant: bool) -> Iterator[Problem]:
        path = prefix + name
        if not meant and not _is_given(message, field):
            if spec.required:
                yield path, REQUIRED
            if not bounded or field.has_presence:
                return
        value = getattr(message, name)
        if spec.required and isinstance(value, str) and not value.strip():
            yield path, BLANK
        for text in value_check(value):
            yield path, text
        if nested is not None:
            yield from nested(value, path + ".", None)

    return check


def _list_check(field: Any, spec: rules_pb2.FieldSpec, value_check: Check) -> FieldCheck:
    name = field.name
    nested = checker(field.message_type) if _has_rules(field) else None

    def check(message: Message, prefix: str, _meant: bool) -> Iterator[Problem]:
        path = prefix + name
        values = getattr(message, name)
        for text in _length_problems(values, spec):
            yield path, text
        for index, value in enumerate(values):
            for text in value_check(value):
                yield f"{path}.{index}", text
            if nested is not None:
                yield from nested(value, f"{path}.{index}.", None)

    return check


def _length_problems(values: Any, spec: rules_pb2.FieldSpec) -> Iterator[str]:
    if spec.required and not values:
        yield REQUIRED
    if spec.min_items and len(values) < spec.min_items:
        yield f"Give at least {spec.min_items} items."
    if spec.max_items and len(values) > spec.max_items:
        yield f"Give at most {spec.max_items} items; this list has {len(values)}."
    if spec.unique and len(set(values)) != len(values):
        yield "Each item may appear only once."


def _value_check(field: FieldDescriptor, spec: rules_pb2.FieldSpec) -> Check:
    if field.type == FieldDescriptor.TYPE_STRING:
        return _string_check(spec)
    if field.type in (FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FLOAT):
        return _number_check(spec, finite=True)
    if field.type == FieldDescriptor.TYPE_ENUM:
        return _enum_check(field)
    if field.type in (FieldDescriptor.TYPE_MESSAGE, FieldDescriptor.TYPE_BOOL, FieldDescriptor.TYPE_BYTES):
        return _free_form_check(field)
    return _number_check(spec, finite=False)


def _string_check(spec: rules_pb2.FieldSpec) -> Check:
    pattern = re.compile(spec.pattern) if spec.pattern else None
    allowed = tuple(getattr(spec, "in"))
    named = FORMATS.get(spec.format) if spec.format else None

    def check(value: str) -> Iterator[str]:
        if "\0" in value:
            yield "NUL characters are not allowed."
        if spec.max_len and len(value) > spec.max_len:
            yield f"Ensure this field has no more than {spec.max_len} characters; it has {len(value)}."
        if spec.min_len and len(value) < spec.min_len:
            yield BLANK if not value else f"Ensure this field has at least {spec.min_len} characters."
        if not value:
            return
        if pattern and not pattern.fullmatch(value):
            yield f"Not a valid value: {spec.pattern_hint or 'it must match ' + spec.pattern}."
        if allowed and value not in allowed:
            yield f"'{value}' is not one of the allowed values: {', '.join(allowed)}."
        if named and not named[0](value):
            yield named[1]

    return check


def _number_check(spec: rules_pb2.FieldSpec, *, finite: bool) -> Check:
    low = spec.gte if spec.HasField("gte") else None
    high = spec.lte if spec.HasField("lte") else None

    def check(value: float) -> Iterator[str]:
        if finite and not math.isfinite(value):
            yield "A finite number is required."
        if low is not None and value < low:
            yield f"Ensure this value is greater than or equal to {low:g}."
        if high is not None and value > high:
            yield f"Ensure this value is less than or equal to {high:g}."

    return check


def _enum_check(field: Any) -> Check:
    known = field.enum_type.values_by_number
    words = ", ".join(enum_word(value) for value in field.enum_type.values if value.number)

    def check(value: int) -> Iterator[str]:
        if value not in known or (field.is_repeated and value == 0):
            yield f"Not a valid choice. Allowed: {words}."

    return check


def _free_form_check(field: FieldDescriptor) -> Check:
    """Struct and Value: what JSON cannot carry back out must not come in."""
    if field.message_type is None or not field.message_type.full_name.startswith("google.protobuf."):
        return lambda _value: iter(())

    def check(value: Message) -> Iterator[str]:
        if not all(_is_clean(leaf) for leaf in _leaves(value)):
            yield "NUL characters and numbers that are not finite are not allowed."

    return check


def _leaves(message: Message) -> Iterator[Any]:
    for field, value in message.ListFields():
        if _is_map(field):
            for key, item in value.items():
                yield key
                yield from _leaves(item)
        elif field.message_type is not None:
            for item in value if field.is_repeated else (value,):
                yield from _leaves(item)
        elif not field.is_repeated:
            yield value


def _is_clean(leaf: Any) -> bool:
    if isinstance(leaf, str):
        return "\0" not in leaf
    return not isinstance(leaf, float) or math.isfinite(leaf)


def _is_date(text: str) -> bool:
    return bool(DATE.fullmatch(text)) and _is_iso(text)


def _is_date_or_time(text: str) -> bool:
    return _is_date(text) or (bool(TIME.fullmatch(text)) and _is_iso(text))


def _is_iso(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


FORMATS: dict[str, tuple[Callable[[str], bool], str]] = {
    "email": (lambda text: bool(EMAIL.fullmatch(text)), "Enter a valid email address."),
    "date": (_is_date, "Expected a date such as 2026-01-31."),
    "date_or_time": (
        _is_date_or_time,
        "Expected a date such as 2026-01-31 or a time such as 2026-01-31T08:00:00Z.",
    ),
}


def _is_given(message: Message, field: FieldDescriptor) -> bool:
    return bool(message.HasField(field.name) if field.has_presence else getattr(message, field.name))


def _is_map(field: FieldDescriptor) -> bool:
    return bool(field.message_type is not None and field.message_type.GetOptions().map_entry)


def _has_rules(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.full_name.startswith("claribi.")
