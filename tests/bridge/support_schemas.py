"""Dynamic descriptors for the transcoding cases: message shapes written as data become message classes.

A shape is `{"messages": {name: {field: type}}, "enums": {name: {value: number}}}`, as in the case file.
Each schema lives in a descriptor pool of its own, so nothing leaks into the default pool.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import (
    any_pb2,
    descriptor_pb2,
    descriptor_pool,
    duration_pb2,
    empty_pb2,
    field_mask_pb2,
    message_factory,
    struct_pb2,
    timestamp_pb2,
    wrappers_pb2,
)
from google.protobuf.message import Message

CASES = Path(__file__).parents[2].parent / "shared" / "transcoding" / "cases.json"

# The package matters for Any: the cases name `examplepb.NestedOuter`.
PACKAGES = {
    "spec_example": "specpb",
    "bookstore": "bookstorepb",
    "gateway_proto3": "proto3pb",
    "gateway_example": "examplepb",
}
WELL_KNOWN = (any_pb2, duration_pb2, empty_pb2, field_mask_pb2, struct_pb2, timestamp_pb2, wrappers_pb2)

Field = descriptor_pb2.FieldDescriptorProto
SCALARS = {kind.name.removeprefix("TYPE_").lower(): kind.number for kind in Field.Type.DESCRIPTOR.values}
TYPE = re.compile(r"(?:(repeated|optional) )?(?:(enum) )?(map<(\w+),\s*(.+)>|[\w.]+)(?: json_name=(\S+))?$")


@cache
def case_file() -> Mapping[str, Any]:
    """The whole case file, or a skip where it is not at hand."""
    if not CASES.is_file():
        pytest.skip(
            f"the transcoding cases are not here ({CASES.name} beside the project)", allow_module_level=True
        )
    return json.loads(CASES.read_text("utf-8"))


def cases(*categories: str) -> list[Mapping[str, Any]]:
    """All cases of these categories, in file order."""
    return [case for case in case_file()["cases"] if case["category"] in categories]


@cache
def schema(name: str) -> Schema:
    """One of the schemas of the case file, by its name there."""
    return Schema(PACKAGES[name], case_file()["schemas"][name])


class Schema:
    """A descriptor pool built from a shape; `message_class("Shelf")` gives the class of a message."""

    def __init__(self, package: str, shape: Mapping[str, Any]) -> None:
        self.package = package
        self.pool = descriptor_pool.DescriptorPool()
        for module in WELL_KNOWN:
            self.pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
        self.file = _file(package, shape)
        self.pool.Add(self.file)

    def message_class(self, name: str) -> type[Message]:
        """The class of `name`: a message of the schema, or a well-known one by its full name."""
        full_name = name if name.startswith("google.protobuf.") else f"{self.package}.{name}"
        return message_factory.GetMessageClass(self.pool.FindMessageTypeByName(full_name))


def _file(package: str, shape: Mapping[str, Any]) -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}/cases.proto", package=package, syntax="proto3")
    file.dependency.extend(module.DESCRIPTOR.name for module in WELL_KNOWN)
    for name, fields in shape["messages"].items():
        _add_message(file.message_type.add(name=name), package, fields)
    for name, values in shape.get("enums", {}).items():
        _add_enum(file, name, values)
    return file


def _add_enum(file: descriptor_pb2.FileDescriptorProto, name: str, values: Mapping[str, int]) -> None:
    *owner, short = name.split(".")
    home = next(m for m in file.message_type if m.name == owner[0]) if owner else file
    enum = home.enum_type.add(name=short)
    for value, number in values.items():
        enum.value.add(name=value, number=number)


def _add_message(message: descriptor_pb2.DescriptorProto, package: str, fields: Mapping[str, Any]) -> None:
    optional: list[descriptor_pb2.FieldDescriptorProto] = []
    for name, spec in fields.items():
        if name.startswith("oneof "):
            message.oneof_decl.add(name=name.split()[1])
            for member, member_spec in spec.items():
                field = _add_field(message, package, member, member_spec)
                field.oneof_index = len(message.oneof_decl) - 1
        else:
            field = _add_field(message, package, name, spec)
            if field.proto3_optional:
                optional.append(field)
    for field in optional:  # a synthetic oneof must come after every real one
        message.oneof_decl.add(name=f"_{field.name}")
        field.oneof_index = len(message.oneof_decl) - 1


def _add_field(
    message: descriptor_pb2.DescriptorProto, package: str, name: str, spec: str
) -> descriptor_pb2.FieldDescriptorProto:
    match = TYPE.match(spec)
    assert match, spec
    label, is_enum, kind, map_key, map_value, json_name = match.groups()
    field = message.field.add(name=name, number=len(message.field) + 1, label=Field.LABEL_OPTIONAL)
    if json_name:
        field.json_name = json_name
    if map_key:
        entry = _map_entry(message, package, name, map_key, map_value)
        field.label, field.type = Field.LABEL_REPEATED, Field.TYPE_MESSAGE
        field.type_name = f".{package}.{message.name}.{entry}"
        return field
    if label == "repeated":
        field.label = Field.LABEL_REPEATED
    field.proto3_optional = label == "optional"
    _set_type(field, package, kind, is_enum=bool(is_enum))
    return field


def _set_type(field: descriptor_pb2.FieldDescriptorProto, package: str, kind: str, *, is_enum: bool) -> None:
    if kind in SCALARS:
        field.type = SCALARS[kind]
        return
    field.type = Field.TYPE_ENUM if is_enum else Field.TYPE_MESSAGE
    field.type_name = f".{kind}" if kind.startswith("google.") else f".{package}.{kind}"


def _map_entry(
    message: descriptor_pb2.DescriptorProto, package: str, field: str, key: str, value: str
) -> str:
    name = "".join(part.capitalize() for part in field.split("_")) + "Entry"
    entry = message.nested_type.add(name=name)
    entry.options.map_entry = True
    _set_type(entry.field.add(name="key", number=1, label=Field.LABEL_OPTIONAL), package, key, is_enum=False)
    is_enum = value.startswith("enum ")
    kind = value.removeprefix("enum ")
    _set_type(
        entry.field.add(name="value", number=2, label=Field.LABEL_OPTIONAL), package, kind, is_enum=is_enum
    )
    return name


def inferred(case: Mapping[str, Any]) -> type[Message]:
    """A request class for a case without a schema: objects become messages, leaves what their name says."""
    leaves: dict[str, Any] = {}
    for path, _ in case["input"]["bindings"]:
        _plant(leaves, path.split("."), None)
    messages: dict[str, dict[str, str]] = {}
    _infer("Root", [case["input"]["body"], leaves], messages)
    return Schema("inferredpb", {"messages": messages}).message_class("Root")


def _plant(tree: dict[str, Any], path: list[str], leaf: Any) -> None:
    for name in path[:-1]:
        tree = tree.setdefault(name, {})
    tree[path[-1]] = leaf


def _infer(name: str, trees: list[Mapping[str, Any]], messages: dict[str, dict[str, str]]) -> None:
    fields = messages.setdefault(name, {})
    for key in {key: None for tree in trees for key in tree}:
        items = [tree[key] for tree in trees if key in tree]
        below = [item for item in items if isinstance(item, Mapping)]
        if below:
            fields[key] = f"{name}_{key}"
            _infer(fields[key], below, messages)
        else:
            fields[key] = _leaf_type(key, items)


def _leaf_type(name: str, items: list[Any]) -> str:
    if any(isinstance(item, list) for item in items):
        return "repeated string"
    if any(isinstance(item, int) and not isinstance(item, bool) for item in items) and "_" not in name:
        return "int32"
    kind = name.removesuffix("_field")
    return kind if kind in SCALARS else "string"
