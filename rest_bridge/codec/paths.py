"""Dotted field names to the place of a value in a request message and the reader of its text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import unquote

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from rest_bridge.codec import scalars, shapes, wellknown
from rest_bridge.codec.errors import refused
from rest_bridge.codec.style import JsonStyle

FromText = Callable[[str], Any]
DEEPEST_NAME = 32  # parts of a dotted name


class NoSuchField(ValueError):
    """A dotted name leads nowhere; the text says why."""


class Place(NamedTuple):
    """Where a text goes: proto names from the request message down, and how it is read."""

    names: tuple[str, ...]
    rivals: tuple[tuple[str, ...], ...]  # at each name, the other members of its oneof
    convert: FromText
    repeated: bool


def field_path(message: Descriptor, dotted: str) -> list[FieldDescriptor]:
    """The fields that `book.author_info` or `book.authorInfo` steps through; raises NoSuchField.

    Each part is tried as written and then percent-decoded, since a JSON name may itself hold a percent sign.
    """
    fields: list[FieldDescriptor] = []
    parts = dotted.split(".") if dotted else []
    if len(parts) > DEEPEST_NAME:
        raise NoSuchField("has too many parts")
    here: Descriptor | None = message
    for part in parts:
        if here is None:
            raise NoSuchField(f"steps into '{fields[-1].name}', which has no fields")
        field = shapes.field_named(here, part) or shapes.field_named(here, unquote(part))
        if field is None:
            raise NoSuchField(f"'{part}' is not a field of {here.full_name}")
        fields.append(field)
        here = shapes.steps_into(field)
    return without_wrapper_value(fields)


def without_wrapper_value(fields: list[FieldDescriptor]) -> list[FieldDescriptor]:
    """The same place by its shorter name: `limit.value` of an Int32Value is `limit`."""
    owner = fields[-1].containing_type if len(fields) > 1 else None
    return fields[:-1] if owner is not None and shapes.is_wrapper(owner) else fields


def place(fields: list[FieldDescriptor], convert: FromText) -> Place:
    """The place at the end of `fields`."""
    rivals = tuple(_rivals(field) for field in fields)
    return Place(tuple(field.name for field in fields), rivals, convert, fields[-1].is_repeated)


def _rivals(field: FieldDescriptor) -> tuple[str, ...]:
    owner = field.containing_type
    groups = (group for group in (shapes.oneofs(owner) if owner else ()) if field.name in group)
    return tuple(name for group in groups for name in group if name != field.name)


def put(arguments: dict[str, Any], where: Place, *, value: Any) -> None:
    """Sets the value in nested constructor arguments; raises FieldErrors when a oneof is already taken."""
    parent = arguments
    for depth, name in enumerate(where.names):
        rivals = where.rivals[depth]
        if rivals and any(parent.get(rival) is not None for rival in rivals):
            raise refused(f"Only one of {', '.join(sorted((name, *rivals)))} may be given.")
        if depth == len(where.names) - 1:
            break
        if parent.get(name) is None:
            parent[name] = {}
        parent = parent[name]
    if where.repeated:
        parent.setdefault(name, []).append(value)
    else:
        parent[name] = value


def text_reader(field: FieldDescriptor, style: JsonStyle) -> FromText | None:
    """The reader of one element of the field from text, None for a message without a text form."""
    message = field.message_type
    if message is None:
        return scalars.from_text(field, style)
    if shapes.is_wrapper(message):
        inner = scalars.from_text(message.fields_by_name["value"], style)
        return lambda text: {"value": inner(text)}
    texts: dict[str, FromText] = {
        shapes.TIMESTAMP: wellknown.read_timestamp,
        shapes.DURATION: wellknown.read_duration,
        shapes.FIELD_MASK: wellknown.mask_text,
    }
    read = texts.get(message.full_name)
    return (lambda text: read(_unquoted(text))) if read else None


def _unquoted(text: str) -> str:
    """The text without the quotes of its JSON form, which both anchors of the mapping let through."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
