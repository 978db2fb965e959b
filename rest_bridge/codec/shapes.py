"""What kind of thing a field or message is, told from its descriptor."""

from __future__ import annotations

from typing import cast

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

PACKAGE = "google.protobuf."
ANY, EMPTY = PACKAGE + "Any", PACKAGE + "Empty"
TIMESTAMP, DURATION, FIELD_MASK = PACKAGE + "Timestamp", PACKAGE + "Duration", PACKAGE + "FieldMask"
STRUCT, VALUE, LIST_VALUE = PACKAGE + "Struct", PACKAGE + "Value", PACKAGE + "ListValue"
FREE_FORM = frozenset({STRUCT, VALUE, LIST_VALUE})
AS_TEXT = frozenset({TIMESTAMP, DURATION, FIELD_MASK})
WRAPPERS_FILE = "google/protobuf/wrappers.proto"


def descriptor_of(message: Message | type[Message]) -> Descriptor:
    """The descriptor of a message; the type stubs know two classes for it."""
    return cast(Descriptor, message.DESCRIPTOR)


def map_entry(field: FieldDescriptor) -> Descriptor | None:
    """The entry message of a field declared `map<..., ...>`, None for any other field."""
    message = field.message_type
    if message is None or not field.is_repeated or not message.GetOptions().map_entry:
        return None
    return message


def steps_into(field: FieldDescriptor) -> Descriptor | None:
    """The message whose fields a dotted name may go on with: not of a list or map, nor one that is text."""
    message = field.message_type
    if message is None or field.is_repeated:
        return None
    return None if has_special_json(message) and not is_wrapper(message) else message


def is_wrapper(message: Descriptor) -> bool:
    """Whether the message is one of the scalar wrappers, such as `Int64Value`."""
    return message.file.name == WRAPPERS_FILE


def has_special_json(message: Descriptor) -> bool:
    """Whether the message has a JSON form of its own, not an object of its fields."""
    name = message.full_name
    return name in AS_TEXT or name in FREE_FORM or name == ANY or is_wrapper(message)


def oneofs(message: Descriptor) -> list[tuple[str, ...]]:
    """The member names of each oneof that was written as one; `optional` makes none."""
    groups = (tuple(field.name for field in oneof.fields) for oneof in message.oneofs)
    return [names for names in groups if len(names) > 1]


def field_named(message: Descriptor, name: str) -> FieldDescriptor | None:
    """The field with this proto name or JSON name."""
    found = message.fields_by_name.get(name)
    if found is not None:
        return found
    return next((field for field in message.fields if field.json_name == name), None)
