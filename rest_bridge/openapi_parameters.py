"""Path, query and header parameters of an operation."""

from __future__ import annotations

import json
from collections.abc import Iterator

from claribi.v1 import policy_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from rest_bridge.binding import WHOLE, Binding
from rest_bridge.codec import shapes
from rest_bridge.codec.paths import field_path
from rest_bridge.openapi_comments import Comments
from rest_bridge.openapi_fields import Schema, parsed_default, spec_of
from rest_bridge.openapi_paths import OpenApiPath
from rest_bridge.openapi_schemas import Schemas, Side
from rest_bridge.style import is_secret

ACCEPTED = 202

# Header parameters; those in ALWAYS may come with every request.
HEADER_PARAMETERS: dict[str, Schema] = {
    "Idempotency-Key": {
        "description": "Makes a retry safe: within 24 hours the same key with the same body runs once, "
        "and the stored answer is replayed.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    },
    "Prefer": {
        "description": "`respond-async` to be answered 202 at once, `wait=N` to be answered 202 after N seconds "
        "unless the work is done before.",
        "schema": {"type": "string", "maxLength": 255},
    },
    "X-Request-Id": {
        "description": "Id to find this request by in the log; made when absent or not of 1 to 128 letters, "
        "digits, dots, dashes and underscores.",
        "schema": {"type": "string", "maxLength": 128},
    },
    "X-Request-Timeout": {
        "description": "Seconds until the caller gives up; `Grpc-Timeout` is understood too.",
        "schema": {"type": "string", "pattern": r"^[0-9]{1,6}(\.[0-9]{1,6})?$"},
    },
    "Grpc-Timeout": {
        "description": "The same in the form of gRPC: digits and one unit of H, M, S, m, u, n.",
        "schema": {"type": "string", "pattern": "^[0-9]{1,15}[HMSmun]$"},
    },
}
ALWAYS = ("X-Request-Id", "X-Request-Timeout", "Grpc-Timeout")


def header_components() -> dict[str, Schema]:
    """The header parameters as reusable components."""
    return {name: {"name": name, "in": "header", **rest} for name, rest in HEADER_PARAMETERS.items()}


def header_parameters(policy: policy_pb2.Policy) -> list[Schema]:
    """References to the header parameters of one method, beyond those of every path."""
    names = ["Idempotency-Key"] if policy.idempotency_key else []
    if any(rule.status == ACCEPTED for rule in policy.status_rules):
        names.append("Prefer")
    return header_refs(names)


def header_refs(names: list[str] | tuple[str, ...]) -> list[Schema]:
    """References to header parameters by name."""
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


class Parameters:
    """Builds the parameters of bindings."""

    def __init__(self, schemas: Schemas, comments: Comments) -> None:
        self._schemas = schemas
        self._comments = comments

    def in_path(self, binding: Binding, path: OpenApiPath) -> list[Schema]:
        """One required parameter for each variable segment."""
        message = binding.info.descriptor.input_type
        return [self._path_parameter(name, dotted, message) for name, dotted in path.parameters.items()]

    def _path_parameter(self, name: str, dotted: str, message: Descriptor) -> Schema:
        found = field_path(message, dotted)[-1:] if dotted else []
        parameter: Schema = {"name": name, "in": "path", "required": True}
        for field in found:
            parameter |= self._described(field)
        schema: Schema = self._schema(found[0]) if found else {"type": "string"}
        if schema.get("type") == "string":
            schema.setdefault("minLength", 1)
        return {**parameter, "schema": schema}

    def in_query(self, binding: Binding) -> Iterator[Schema]:
        """Every field that is neither in the path nor in the body; nested ones by dotted names."""
        if binding.body == WHOLE:
            return
        hidden = {*binding.path_fields, *([binding.body] if binding.body else [])}
        yield from self._below(binding.info.descriptor.input_type, (), hidden)

    def _below(self, message: Descriptor, above: tuple[str, ...], hidden: set[str]) -> Iterator[Schema]:
        for field in message.fields:
            names = (*above, field.name)
            inner = shapes.steps_into(field)
            if ".".join(names) in hidden or _is_mask(field) or is_secret(field):
                continue
            if inner is not None and not shapes.is_wrapper(inner):
                if inner.full_name != message.full_name:
                    yield from self._below(inner, names, hidden)
            elif _has_text_form(field):
                yield self._query_parameter(".".join(names), field)

    def _query_parameter(self, name: str, field: FieldDescriptor) -> Schema:
        spec = spec_of(field)
        parameter: Schema = {"name": name, "in": "query", **self._described(field)}
        if spec.required:
            parameter["required"] = True
        schema = self._schema(field)
        default = parsed_default(field, self._comments.default_of(field))
        if default is not None:
            # Beside a reference nothing may stand, and a default belongs into the schema.
            schema = (
                {"allOf": [schema], "default": default}
                if "$ref" in schema
                else {**schema, "default": default}
            )
        if field.is_repeated:
            parameter |= {"style": "form", "explode": True}
        return {**parameter, "schema": schema}

    def _described(self, field: FieldDescriptor) -> Schema:
        described: Schema = {}
        if self._comments.of(field):
            described["description"] = self._comments.of(field)
        if spec_of(field).example:
            described["example"] = json.loads(spec_of(field).example)
        return described

    def _schema(self, field: FieldDescriptor) -> Schema:
        """The schema of a field as text in a URL: never null, and without the description the parameter has."""
        schema = self._schemas.field(field, Side.REQUEST)
        plain = {
            key: value for key, value in schema.items() if key not in ("description", "nullable", "default")
        }
        if None in plain.get("enum", ()):
            plain["enum"] = [word for word in plain["enum"] if word is not None]
        together = plain.get("allOf", [])
        return dict(together[0]) if len(plain) == 1 and len(together) == 1 else plain


def _is_mask(field: FieldDescriptor) -> bool:
    message = field.message_type
    return message is not None and message.full_name == shapes.FIELD_MASK


def _has_text_form(field: FieldDescriptor) -> bool:
    """Whether one parameter can hold an element: maps and lists of objects have no place in a URL."""
    message = field.message_type
    if message is None:
        return True
    return message.full_name in shapes.AS_TEXT or shapes.is_wrapper(message)
