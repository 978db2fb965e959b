"""What the proto alone cannot say about a method's HTTP side, as data."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message

from rest_bridge.codec import Codec, RuleError

JSON = "application/json"
MULTIPART = "multipart/form-data"
FORM = "application/x-www-form-urlencoded"
NDJSON = "application/x-ndjson"

_PLACE = re.compile(r"\{([a-z_][a-z0-9_]*)\}")


@dataclass(frozen=True)
class StatusRule:
    """Another success status when a top-level response field has one of some values.

    Values are the public texts: enum words, "true"/"false", numbers as decimal text, "" for unset.
    """

    field: str
    equals: tuple[str, ...]
    status: int
    location: str = ""  # "/api/v1/reports/{id}/", filled from response fields


@dataclass(frozen=True)
class MethodPolicy:
    """The HTTP side of one method."""

    success_status: int = 200
    status_rules: tuple[StatusRule, ...] = ()
    consumes: str = JSON
    forms: bool = False  # HTML forms are taken too, their fields as texts
    idempotent: bool = False
    mask_field: str | None = None  # FieldMask field filled from the JSON keys present


def default_policy(_: MethodDescriptor) -> MethodPolicy:
    """200, JSON in, JSON out."""
    return MethodPolicy()


FieldText = Callable[[Message], str]
StatusChoice = Callable[[Message], tuple[int, bytes]]


def status_chooser(policy: MethodPolicy, response: Descriptor, *, codec: Codec) -> StatusChoice | None:
    """Compile the status rules into (status, Location value or b""); None when there are none.

    Raises:
        RuleError: a rule names a field the response does not have.
    """
    if not policy.status_rules:
        return None
    rules = [
        (
            field_text(response, rule.field, codec=codec),
            frozenset(rule.equals),
            rule.status,
            _location(response, rule.location, codec=codec),
        )
        for rule in policy.status_rules
    ]

    def choose(message: Message) -> tuple[int, bytes]:
        for text, equals, status, location in rules:
            if text(message) in equals:
                return status, location(message)
        return policy.success_status, b""

    return choose


def field_text(response: Descriptor, name: str, *, codec: Codec) -> FieldText:
    """A function giving the public text of a top-level field.

    Raises:
        RuleError: the response has no such field, or it is repeated.
    """
    field = response.fields_by_name.get(name)
    if field is None or field.is_repeated:
        raise RuleError(f"{response.full_name} has no singular field {name!r} to choose a status by.")

    def text(message: Message) -> str:
        if field.has_presence and not message.HasField(name):
            return ""
        return _public(field, getattr(message, name), codec=codec)

    return text


def _public(field: FieldDescriptor, value: Any, *, codec: Codec) -> str:
    if field.enum_type is not None:
        member = field.enum_type.values_by_number.get(value)
        if member is None:
            return str(value)
        word = codec.style.enum_word
        return (word(member) or "") if word else member.name
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _location(response: Descriptor, template: str, *, codec: Codec) -> Callable[[Message], bytes]:
    if not template:
        return lambda _: b""
    texts = {name: field_text(response, name, codec=codec) for name in _PLACE.findall(template)}

    def location(message: Message) -> bytes:
        return _PLACE.sub(lambda place: quote(texts[place[1]](message), safe=""), template).encode("ascii")

    return location
