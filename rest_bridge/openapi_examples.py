"""Examples of requests and answers: the examples of the protos where there are, plausible values by type elsewhere."""

from __future__ import annotations

import json
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from rest_bridge.codec import shapes
from rest_bridge.openapi_fields import is_nullable, spec_of
from rest_bridge.words import words_of

ID = "0197a5c2-7d3e-7c41-9b52-3f6a8e1d0c94"
MOMENT = "2026-04-11T09:30:00Z"
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
SECRET = "correct horse battery staple"  # noqa: S105 -- an example, printed for all to see

_SPECIAL: dict[str, Any] = {
    shapes.TIMESTAMP: MOMENT,
    shapes.DURATION: "1.5s",
    shapes.STRUCT: {},
    shapes.VALUE: "North",
    shapes.LIST_VALUE: [],
    shapes.EMPTY: {},
}
_NAMED = {
    "email": "owner@example.com",
    "token": "Zr4t0mQb8xWc2LhV",
    "prefix": "claribi_key_7Qm4",
    "key": "claribi_key_7Qm4T0bX9rWc2LhVn5Yd8KsE1jUa3Zp",
    "access": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.c2lnbmF0dXJl",
    "refresh": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.cmVmcmVzaA",
    "version": "1.0.0",
    "unit": "USD",
    "date": "2026-03-31",
    "from": "2026-01-01",
    "to": "2026-03-31",
    "url": "https://bi.example.com/public/report/Zr4t0mQb8xWc2LhV",
}
# What is null in an answer that tells of success.
_BAD_NEWS = ("error", "revoked_at", "next", "previous")
_GOOD_WORDS = ("completed", "active", "healthy", "on_track", "analyst")


def answer_example(message: Descriptor, *, secrets: bool = False) -> Any:
    """An example of an answer; `secrets` shows the fields that only the answer which made them holds."""
    special = _SPECIAL.get(message.full_name)
    if special is not None:
        return special
    return {
        field.name: _answer_value(field)
        for field in message.fields
        if not spec_of(field).omit_unset or (secrets and spec_of(field).secret)
    }


def request_example(message: Descriptor, *, without: frozenset[str] = frozenset()) -> dict[str, Any]:
    """An example of a request: what is required, what the protos give an example of, or else the first field."""
    fields = [field for field in message.fields if field.name not in without]
    shown = [field for field in fields if spec_of(field).required or spec_of(field).example]
    return {field.name: request_value(field) for field in shown or fields[:1]}


def request_value(field: FieldDescriptor) -> Any:
    """An example of one field of a request."""
    given = spec_of(field).example
    if given:
        return json.loads(given)
    if field.message_type is not None and field.message_type.full_name not in _SPECIAL:
        value: Any = request_example(field.message_type)
    else:
        value = _element(field)
    return [value] if field.is_repeated else value


def _answer_value(field: FieldDescriptor) -> Any:
    if is_nullable(field) and field.name.endswith(_BAD_NEWS):
        return None
    given = spec_of(field).example or _borrowed(field)
    if given:
        return json.loads(given)
    entry = shapes.map_entry(field)
    if entry is not None:
        return {"name": _element(entry.fields_by_name["value"])}
    value = _element(field)
    return [value] if field.is_repeated else value


def _borrowed(field: FieldDescriptor) -> str:
    """The example of the same field in another message of the file: a request's name fits the answer too."""
    owner = field.containing_type
    for message in owner.file.message_types_by_name.values() if owner is not None else ():
        other = message.fields_by_name.get(field.name)
        if other is not None and _same_kind(field, other) and spec_of(other).example:
            return spec_of(other).example
    return ""


def _same_kind(field: FieldDescriptor, other: FieldDescriptor) -> bool:
    return (
        field.type == other.type
        and field.is_repeated == other.is_repeated
        and field.enum_type is other.enum_type
        and field.message_type is other.message_type
    )


def _element(field: FieldDescriptor) -> Any:
    if field.enum_type is not None:
        words = list(words_of(field.enum_type).values())
        return next((word for word in _GOOD_WORDS if word in words), words[0])
    if field.message_type is not None:
        return answer_example(field.message_type)
    if field.type == FieldDescriptor.TYPE_STRING:
        return _text(field)
    if field.type == FieldDescriptor.TYPE_BOOL:
        return True
    if field.type == FieldDescriptor.TYPE_BYTES:
        return "aGVsbG8="
    return _number(field)


def _number(field: FieldDescriptor) -> float | str:
    spec = spec_of(field)
    number = max(1, int(spec.gte)) if not spec.HasField("lte") else int(min(max(1, spec.gte), spec.lte))
    wide = field.type in (FieldDescriptor.TYPE_INT64, FieldDescriptor.TYPE_UINT64)
    return str(number) if wide else number


def _text(field: FieldDescriptor) -> str:
    spec = spec_of(field)
    allowed = list(getattr(spec, "in"))
    if allowed:
        return str(allowed[0])
    if "password" in field.name:
        return SECRET
    if field.name == "id" or field.name.endswith(("_id", "_ids")):
        return ID
    if field.name.endswith(("hash", "sha256")):
        return DIGEST
    if field.name.endswith("_date") or spec.format.startswith("date"):
        return _NAMED["date"]
    return _NAMED.get(field.name) or _NAMED.get(field.name.rpartition("_")[2]) or field.name.replace("_", " ")
