"""Messages and enums as reusable OpenAPI schemas, one form for requests and one for answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from rest_bridge.codec import shapes
from rest_bridge.openapi_comments import Comments
from rest_bridge.openapi_fields import (
    Schema,
    element_rules,
    is_nullable,
    list_rules,
    parsed_default,
    scalar_schema,
    spec_of,
    special_schema,
)
from rest_bridge.words import words_of

SCHEMAS = "#/components/schemas/"


class Side(Enum):
    """Which way a message goes: answers print every field, requests may leave out what is not required."""

    REQUEST = "request"
    RESPONSE = "response"


class NameTaken(ValueError):
    """Two different messages would share a schema name."""


def messages_below(message: Descriptor) -> Iterator[Descriptor]:
    """The message and every message its fields lead to, each once."""
    seen: set[str] = set()
    waiting = [message]
    while waiting:
        here = waiting.pop()
        if here.full_name in seen:
            continue
        seen.add(here.full_name)
        yield here
        waiting += [field.message_type for field in here.fields if field.message_type is not None]


class Schemas:
    """Collects the schemas that are referred to, under unique names."""

    def __init__(self, comments: Comments, answers: Iterable[Descriptor]) -> None:
        """`answers`: the messages that methods answer with; a request form of what they hold is called `...Input`."""
        self._comments = comments
        self._answered = {below.full_name for message in answers for below in messages_below(message)}
        self._owners: dict[str, str] = {}
        self.components: dict[str, Schema] = {}

    def message(self, message: Descriptor, side: Side, *, without: frozenset[str] = frozenset()) -> Schema:
        """A reference to the schema of a message; `without` leaves out top-level fields, such as those in the path."""
        special = special_schema(message.full_name)
        if special is not None:
            return special
        name = self._message_name(message, side, without)
        owner = f"{message.full_name} ({side.value})"
        if self._claim(name, owner):
            self.components[name] = self._object(message, side, without)
        return {"$ref": SCHEMAS + name}

    def enum(self, enum: EnumDescriptor) -> Schema:
        """A reference to the schema of an enum: its public words."""
        if self._claim(enum.name, enum.full_name):
            self.components[enum.name] = self._words(enum)
        return {"$ref": SCHEMAS + enum.name}

    def field(self, field: FieldDescriptor, side: Side) -> Schema:
        """The schema of a field as a property: its description, rules and whether it may be null."""
        entry = shapes.map_entry(field)
        if entry is not None:
            values = self._element(entry.fields_by_name["value"], side)
            schema: Schema = {"type": "object", "additionalProperties": values}
        elif field.is_repeated:
            schema = {"type": "array", "items": self._element(field, side)}
            schema.update(list_rules(field) if side is Side.REQUEST else {})
        else:
            schema = self._element(field, side)
        return self._described(field, side, schema)

    def _described(self, field: FieldDescriptor, side: Side, schema: Schema) -> Schema:
        if "$ref" in schema:
            schema = {"allOf": [schema]}  # in OpenAPI 3.0 nothing may stand beside a reference
        description = self._comments.of(field)
        if description:
            schema["description"] = description
        # A request may say null for what it may leave out: both mean unset.
        nullable = is_nullable(field) if side is Side.RESPONSE else not spec_of(field).required
        if nullable:
            schema["nullable"] = True
            if "enum" in schema:
                schema["enum"] = [*schema["enum"], None]
        default = parsed_default(field, self._comments.default_of(field))
        if side is Side.REQUEST and default is not None:
            schema["default"] = default
        return schema

    def _element(self, field: FieldDescriptor, side: Side) -> Schema:
        if field.enum_type is not None:
            return self.enum(field.enum_type)
        if field.message_type is not None:
            return self.message(field.message_type, side)
        schema = scalar_schema(field)
        if side is Side.REQUEST:
            schema.update(element_rules(field))
        return schema

    def _object(self, message: Descriptor, side: Side, without: frozenset[str]) -> Schema:
        fields = [field for field in message.fields if field.name not in without]
        schema: Schema = {"type": "object"}
        description = self._comments.of(message)
        if description:
            schema["description"] = description
        required = [field.name for field in fields if _is_required(field, side)]
        if required:
            schema["required"] = required
        schema["properties"] = {field.name: self.field(field, side) for field in fields}
        if side is Side.REQUEST:
            schema["additionalProperties"] = False
        return schema

    def _words(self, enum: EnumDescriptor) -> Schema:
        words = words_of(enum)
        lines = [self._comments.of(enum), ""] if self._comments.of(enum) else []
        for value in enum.values:
            if value.name in words:
                comment = self._comments.of_value(value)
                lines.append(f"* `{words[value.name]}`" + (f": {comment}" if comment else ""))
        return {"type": "string", "description": "\n".join(lines), "enum": list(words.values())}

    def _message_name(self, message: Descriptor, side: Side, without: frozenset[str]) -> str:
        name = message.name
        if side is Side.REQUEST and message.full_name in self._answered:
            name += "Input"
        if without:
            name += "Without" + "".join(part.title().replace("_", "") for part in sorted(without))
        return name

    def _claim(self, name: str, owner: str) -> bool:
        """Whether the name is new; raises NameTaken when it belongs to another."""
        there = self._owners.setdefault(name, owner)
        if there != owner:
            raise NameTaken(f"{there} and {owner} would both be the schema {name!r}; rename one of them.")
        return name not in self.components and not self._is_under_way(name)

    def _is_under_way(self, name: str) -> bool:
        # Set before the fields are read, so that a message that holds itself ends in a reference.
        if name in self.components:
            return True
        self.components[name] = {}
        return False


def _is_required(field: FieldDescriptor, side: Side) -> bool:
    spec = spec_of(field)
    return spec.required if side is Side.REQUEST else not spec.omit_unset
