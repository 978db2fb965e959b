"""How this product's JSON looks: public words for enums, null for what is unset, a few fields left out instead."""

from __future__ import annotations

from typing import Any

from claribi.v1 import rules_pb2
from google.protobuf.descriptor import FieldDescriptor

from rest_bridge.codec import JsonStyle
from rest_bridge.words import public_word


def omit_unset(field: FieldDescriptor) -> bool:
    """Whether a field is left out when unset: its `(claribi.v1.field).omit_unset`."""
    options: Any = field.GetOptions()
    return bool(options.Extensions[rules_pb2.field].omit_unset)


def is_secret(field: FieldDescriptor) -> bool:
    """Whether a field holds a secret: its `(claribi.v1.field).secret`."""
    options: Any = field.GetOptions()
    return bool(options.Extensions[rules_pb2.field].secret)


STYLE = JsonStyle(enum_word=public_word, omit_unset=omit_unset, not_in_query=is_secret)
