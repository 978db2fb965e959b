"""Request bodies, and the content of successful answers."""

from __future__ import annotations

from typing import Any

from claribi.v1 import policy_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from rest_bridge.binding import WHOLE, Binding
from rest_bridge.media import EVENT_STREAM
from rest_bridge.openapi_comments import Comments
from rest_bridge.openapi_examples import answer_example, request_example, request_value
from rest_bridge.openapi_fields import Schema, spec_of
from rest_bridge.openapi_schemas import Schemas, Side
from rest_bridge.policy import FORM, JSON, MULTIPART, NDJSON
from rest_bridge.response import HTTP_BODY, NO_CONTENT, OCTETS
from rest_bridge.words import words_of

FORMAT_FIELD = "format"
MEDIA_OF_WORD = {
    "pdf": "application/pdf",
    "html": "text/html",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "csv": "text/csv",
    "json": JSON,
}
BINARY: Schema = {"type": "string", "format": "binary"}


def request_body(binding: Binding, policy: policy_pb2.Policy, schemas: Schemas) -> Schema | None:
    """The request body of a binding; None when it takes none, or when nothing could be in it."""
    message = binding.info.descriptor.input_type
    if not binding.body:
        return None
    if binding.info.client_streaming:
        return _upload(message, schemas, policy.consumes or NDJSON)
    if binding.body == WHOLE:
        body = _whole(message, frozenset(binding.path_fields), schemas)
        return _also_as_form(body) if body and policy.forms else body
    return _named(message.fields_by_name[binding.body], schemas, patch=binding.method == "PATCH")


def _whole(message: Descriptor, in_path: frozenset[str], schemas: Schemas) -> Schema | None:
    fields = [field for field in message.fields if field.name not in in_path]
    if not fields:
        return None
    needed = any(spec_of(field).required for field in fields)
    schema = schemas.message(message, Side.REQUEST, without=in_path)
    example = request_example(message, without=in_path)
    return _body(JSON, schema, example, required=needed)


def _also_as_form(body: Schema) -> Schema:
    """The same fields may come from an HTML form."""
    return {**body, "content": {**body["content"], FORM: body["content"][JSON]}}


def _named(field: FieldDescriptor, schemas: Schemas, *, patch: bool) -> Schema:
    described = schemas.field(field, Side.REQUEST)
    together = described.get("allOf")
    schema = together[0] if together else described
    return _body(JSON, schema, request_value(field), required=patch or spec_of(field).required)


def _body(media: str, schema: Schema, example: Any, *, required: bool) -> Schema:
    return {"required": required, "content": {media: {"schema": schema, "example": example}}}


def _upload(message: Descriptor, schemas: Schemas, media: str) -> Schema:
    """A client stream: as a form whose fields are those of `metadata`, and whose files go into `file`."""
    if media != MULTIPART:
        return _body(media, schemas.message(message, Side.REQUEST), request_example(message), required=True)
    metadata = message.fields_by_name["metadata"].message_type
    fields = list(metadata.fields) if metadata is not None else []
    properties = {field.name: _form_field(field, schemas) for field in fields}
    description = "One or more files, each under this name."
    properties["file"] = {"type": "array", "description": description, "minItems": 1, "items": dict(BINARY)}
    schema = {"type": "object", "required": ["file"], "properties": properties, "additionalProperties": False}
    return {"required": True, "content": {media: {"schema": schema}}}


def _form_field(field: FieldDescriptor, schemas: Schemas) -> Schema:
    schema = schemas.field(field, Side.REQUEST)
    schema.pop("nullable", None)  # a form field is text
    if spec_of(field).example:
        schema["example"] = request_value(field)
    return schema


class Answers:
    """Builds the content of successful answers."""

    def __init__(self, schemas: Schemas, comments: Comments) -> None:
        self._schemas = schemas
        self._comments = comments

    def content(self, binding: Binding, policy: policy_pb2.Policy, status: int) -> Schema:
        """Media types of an answer with one of the method's success statuses; empty when it has no body."""
        output = binding.info.descriptor.output_type
        if status == NO_CONTENT:
            return {}
        if output.full_name == HTTP_BODY:
            medias = raw_medias(binding.info.descriptor.input_type)
            return {media: {"schema": dict(BINARY)} for media in medias}
        if binding.info.server_streaming:
            return self._stream(output)
        return {JSON: self._json(binding, policy, status)}

    def _json(self, binding: Binding, policy: policy_pb2.Policy, status: int) -> Schema:
        output = binding.info.descriptor.output_type
        if not binding.response_body:
            schema = self._schemas.message(output, Side.RESPONSE)
            example = answer_example(output, secrets=not policy.idempotent)
            return {"schema": schema, "example": _fitting(example, output, policy, status)}
        field = output.fields_by_name[binding.response_body]
        described = self._schemas.field(field, Side.RESPONSE)
        together = described.get("allOf")
        # The field is the whole answer of a success, so it is there.
        return {
            "schema": together[0] if together else described,
            "example": answer_example(output)[field.name],
        }

    def _stream(self, output: Descriptor) -> Schema:
        schema = self._schemas.message(output, Side.RESPONSE)
        kinds = {
            NDJSON: "One message a line; a failure is the error envelope as the last line.",
            EVENT_STREAM: "One message a `data:` line; a failure is an event of the type `error`.",
        }
        content: Schema = {
            media: {"schema": {"allOf": [schema], "description": text}} for media, text in kinds.items()
        }
        whole = "All messages in one array; a failure is the error envelope as the last element."
        return content | {JSON: {"schema": {"type": "array", "description": whole, "items": {}}}}


def raw_medias(message: Descriptor) -> list[str]:
    """Media types of a raw answer: those of the formats the request can name, or octets."""
    field = message.fields_by_name.get(FORMAT_FIELD)
    if field is None:
        return [OCTETS]
    words = (
        words_of(field.enum_type).values() if field.enum_type is not None else getattr(spec_of(field), "in")
    )
    return list(dict.fromkeys(MEDIA_OF_WORD.get(word, OCTETS) for word in words))


def _fitting(example: Any, output: Descriptor, policy: policy_pb2.Policy, status: int) -> Any:
    """The example with the field that decides the status set to a value which gives that status."""
    if not isinstance(example, dict):
        return example
    for rule in policy.status_rules:
        field = output.fields_by_name.get(rule.field)
        if rule.field not in example or field is None:
            continue
        if rule.status == status:
            return example | {rule.field: rule.equals[0]}
        if example[rule.field] in rule.equals and field.enum_type is not None:
            rest = (word for word in words_of(field.enum_type).values() if word not in rule.equals)
            example = example | {rule.field: next(rest)}
    return example
