"""The field mask of a partial update: the paths of the JSON members that were given."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from rest_bridge.codec import shapes


def mask_paths(message: Descriptor, value: dict[str, Any]) -> list[str]:
    """The proto-name paths that `value`, JSON already accepted for `message`, speaks about.

    A member with an object steps into it; null, an empty object, a list, a map, an Any and a free-form
    value are one path as a whole, since no path could name a part of them that `FieldMask` can apply.
    """
    return list(_paths(message, value))


def _paths(message: Descriptor, value: dict[str, Any]) -> Iterator[str]:
    fields = _fields(message)
    for key, item in value.items():
        field = fields[key]
        below = _parts(field)
        if isinstance(item, dict) and item and below is not None:
            yield from (f"{field.name}.{path}" for path in _paths(below, item))
        else:
            yield field.name


@lru_cache(maxsize=1024)
def _fields(message: Descriptor) -> dict[str, FieldDescriptor]:
    """Both spellings of each field."""
    by_json_name = {field.json_name: field for field in message.fields}
    return by_json_name | {field.name: field for field in message.fields}


def _parts(field: FieldDescriptor) -> Descriptor | None:
    message = shapes.steps_into(field)
    return None if message is None or shapes.is_wrapper(message) else message
