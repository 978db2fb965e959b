"""Single values as OpenAPI schemas: scalar types, the rules of a field, and its default."""

from __future__ import annotations

from typing import Any

from claribi.v1 import rules_pb2
from google.protobuf.descriptor import FieldDescriptor

from rest_bridge.codec import shapes
from rest_bridge.words import words_of

Schema = dict[str, Any]

INT32 = (-(2**31), 2**31 - 1)
UINT32 = (0, 2**32 - 1)
NOT_BLANK = r"\S"

_INTEGERS = {
    FieldDescriptor.TYPE_INT32: INT32,
    FieldDescriptor.TYPE_SINT32: INT32,
    FieldDescriptor.TYPE_SFIXED32: INT32,
    FieldDescriptor.TYPE_UINT32: UINT32,
    FieldDescriptor.TYPE_FIXED32: UINT32,
}
_OTHERS: dict[int, Schema] = {
    FieldDescriptor.TYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.TYPE_STRING: {"type": "string"},
    FieldDescriptor.TYPE_BYTES: {"type": "string", "format": "byte"},
    FieldDescriptor.TYPE_FLOAT: {"type": "number", "format": "float"},
    FieldDescriptor.TYPE_DOUBLE: {"type": "number", "format": "double"},
}
_SPECIAL: dict[str, Schema] = {
    shapes.TIMESTAMP: {"type": "string", "format": "date-time"},
    shapes.DURATION: {"type": "string", "pattern": r"^-?[0-9]{1,12}(\.[0-9]{1,9})?s$"},
    shapes.FIELD_MASK: {"type": "string"},
    shapes.STRUCT: {"type": "object", "additionalProperties": True},
    shapes.VALUE: {"nullable": True, "description": "Any JSON value."},
    shapes.LIST_VALUE: {"type": "array", "items": {}},
    shapes.EMPTY: {"type": "object"},
    shapes.ANY: {"type": "object", "additionalProperties": True},
}
_FORMATS: dict[str, Schema] = {
    "email": {"format": "email"},
    "date": {"format": "date"},
    "uuid": {"format": "uuid"},
    "date_or_time": {
        "anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]
    },
}


def spec_of(field: FieldDescriptor) -> rules_pb2.FieldSpec:
    """The rules a field carries; empty ones when it carries none."""
    options: Any = field.GetOptions()  # the generated stubs do not type extensions
    spec: rules_pb2.FieldSpec = options.Extensions[rules_pb2.field]
    return spec


def scalar_schema(field: FieldDescriptor) -> Schema:
    """The schema of one element of a field that is neither an enum nor a message; a fresh dict."""
    if field.type in _INTEGERS:
        wide = _INTEGERS[field.type] == UINT32
        return (
            {"type": "integer", "format": "int64", "minimum": 0}
            if wide
            else {"type": "integer", "format": "int32"}
        )
    # 64-bit integers travel as text, as ProtoJSON has it: JavaScript would round them.
    return dict(_OTHERS.get(field.type, {"type": "string", "format": "int64"}))


def special_schema(full_name: str) -> Schema | None:
    """The schema of a message with a JSON form of its own, None for any other; a fresh dict."""
    found = _SPECIAL.get(full_name)
    return dict(found) if found is not None else None


def is_nullable(field: FieldDescriptor) -> bool:
    """Whether an answer may print null here: an unset message or optional scalar, or an enum's unspecified value."""
    if field.is_repeated or spec_of(field).omit_unset:
        return False
    if field.enum_type is not None:
        return field.has_presence or len(words_of(field.enum_type)) < len(field.enum_type.values)
    return field.has_presence


def element_rules(field: FieldDescriptor) -> Schema:
    """The rules of a field as keywords for one element of it."""
    spec = spec_of(field)
    rules = _range(field, spec)
    if field.type == FieldDescriptor.TYPE_STRING:
        rules.update(_text_rules(spec, blank=not spec.required or field.is_repeated))
    return rules


def list_rules(field: FieldDescriptor) -> Schema:
    """The rules of a repeated field as keywords for the list."""
    spec = spec_of(field)
    rules: Schema = {}
    if spec.required or spec.min_items:
        rules["minItems"] = max(spec.min_items, 1)
    if spec.max_items:
        rules["maxItems"] = spec.max_items
    if spec.unique:
        rules["uniqueItems"] = True
    return rules


def _text_rules(spec: rules_pb2.FieldSpec, *, blank: bool) -> Schema:
    rules: Schema = dict(_FORMATS.get(spec.format, {}))
    shortest = max(spec.min_len, 0 if blank else 1)
    if shortest:
        rules["minLength"] = shortest
    if spec.max_len:
        rules["maxLength"] = spec.max_len
    if spec.pattern:
        rules["pattern"] = f"^(?:{spec.pattern})$"
    elif not blank:
        rules["pattern"] = NOT_BLANK
    if getattr(spec, "in"):
        rules["enum"] = list(getattr(spec, "in"))
    return rules


def _range(field: FieldDescriptor, spec: rules_pb2.FieldSpec) -> Schema:
    lowest, highest = _INTEGERS.get(field.type, (None, None))
    if spec.HasField("gte"):
        lowest = _number(field, spec.gte)
    if spec.HasField("lte"):
        highest = _number(field, spec.lte)
    limits = {"minimum": lowest, "maximum": highest}
    return {name: limit for name, limit in limits.items() if limit is not None}


def _number(field: FieldDescriptor, value: float) -> Any:
    return int(value) if field.type in _INTEGERS else value


def parsed_default(field: FieldDescriptor, text: str | None) -> Any:
    """A default named in a comment as a value of the field; None when the text is not one."""
    if text is None or field.is_repeated or field.message_type is not None:
        return None
    if field.enum_type is not None:
        return text if text in words_of(field.enum_type).values() else None
    if field.type in _INTEGERS:
        return int(text) if text.isdigit() else None
    if field.type == FieldDescriptor.TYPE_STRING:
        return text if text in getattr(spec_of(field), "in") else None
    return _float(text) if field.type == FieldDescriptor.TYPE_DOUBLE else None


def _float(text: str) -> float | None:
    return float(text) if text.replace(".", "", 1).isdigit() else None
