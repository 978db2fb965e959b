"""Operations: one binding of a method with all that can go in and come out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from claribi.v1 import errors_pb2, policy_pb2
from google.protobuf.descriptor import EnumDescriptor, MethodDescriptor, ServiceDescriptor

from rest_bridge.binding import Binding
from rest_bridge.openapi_answers import ERROR, JSON, ErrorResponses, header_refs, security_of
from rest_bridge.openapi_bodies import Answers, request_body
from rest_bridge.openapi_comments import Comments
from rest_bridge.openapi_fields import Schema
from rest_bridge.openapi_parameters import ACCEPTED, Parameters, header_parameters
from rest_bridge.openapi_paths import OpenApiPath
from rest_bridge.openapi_schemas import Schemas
from rest_bridge.response import HTTP_BODY, NO_CONTENT
from rest_bridge.words import snake_case, words_of

PAGE_FIELD = "page"

_EVERY_METHOD = (
    errors_pb2.ERROR_CODE_VALIDATION_ERROR,
    errors_pb2.ERROR_CODE_RATE_LIMITED,
    errors_pb2.ERROR_CODE_INTERNAL_ERROR,
    errors_pb2.ERROR_CODE_SERVICE_UNAVAILABLE,
    errors_pb2.ERROR_CODE_DEADLINE_EXCEEDED,
)
_ASIDE = re.compile(r" \([^)]*\)")
_SENTENCE_END = re.compile(r"\.(?:\s|$)|; ")
_PAGE_CODES = (
    errors_pb2.ERROR_CODE_VALIDATION_ERROR,
    errors_pb2.ERROR_CODE_RATE_LIMITED,
    errors_pb2.ERROR_CODE_INTERNAL_ERROR,
)


@dataclass(frozen=True)
class StaticRoute:
    """A GET route the bridge answers by itself."""

    path: str
    operation_id: str
    summary: str
    media: str
    kind: str = "string"  # of what a client reads: YAML is parsed, a page is text


def policy_of(method: MethodDescriptor) -> policy_pb2.Policy:
    """The policy a method carries."""
    options: Any = method.GetOptions()  # the generated stubs do not type extensions
    policy: policy_pb2.Policy = options.Extensions[policy_pb2.policy]
    return policy


def tag_of(service: ServiceDescriptor) -> str:
    """The group of a service's operations, named after its file: `data_sources.proto` gives `Data sources`."""
    stem = service.file.name.rpartition("/")[2].removesuffix(".proto")
    return stem.replace("_", " ").capitalize().replace("Api ", "API ")


class Operations:
    """Builds operations, collecting the schemas and responses they refer to."""

    def __init__(self, schemas: Schemas, comments: Comments, errors: ErrorResponses) -> None:
        self._comments = comments
        self._errors = errors
        self._schemas = schemas
        self._parameters = Parameters(schemas, comments)
        self._answers = Answers(schemas, comments)

    def of(self, binding: Binding, path: OpenApiPath, *, operation_id: str) -> Schema:
        """The operation of one binding."""
        method = binding.info.descriptor
        policy = policy_of(method)
        comment = self._comments.of(method)
        operation: Schema = {
            "operationId": operation_id,
            "tags": [tag_of(method.containing_service)],
            "summary": _summary(comment, method.name),
            "description": _description(comment, policy),
            "security": security_of(policy),
            "parameters": [
                *self._parameters.in_path(binding, path),
                *self._parameters.in_query(binding),
                *header_parameters(policy),
            ],
        }
        body = request_body(binding, policy, self._schemas)
        if body is not None:
            operation["requestBody"] = body
        operation["responses"] = self._responses(binding, policy)
        return operation | _extensions(policy)

    def static(self, route: StaticRoute) -> Schema:
        """The operation of a page the bridge serves itself."""
        answer = {
            "description": route.summary,
            "headers": header_refs(),
            "content": {route.media: {"schema": {"type": route.kind}}},
        }
        return {
            "operationId": route.operation_id,
            "tags": ["Documentation"],
            "summary": route.summary,
            "security": [],
            "responses": {"200": answer, **self._errors.of(_PAGE_CODES)},
        }

    def _responses(self, binding: Binding, policy: policy_pb2.Policy) -> Schema:
        responses = self._errors.of(_codes(binding, policy))
        for status, location in _successes(policy).items():
            good = self._success(binding, policy, status, location=location)
            there = responses.get(str(status))
            responses[str(status)] = _either(good, there, self._errors) if there else good
        return dict(sorted(responses.items()))

    def _success(self, binding: Binding, policy: policy_pb2.Policy, status: int, *, location: bool) -> Schema:
        more = ["Location"] if location else []
        if status == ACCEPTED:
            more.append("Preference-Applied")
        if policy.idempotency_key:
            more.append("Idempotent-Replayed")
        if binding.info.descriptor.output_type.full_name == HTTP_BODY:
            more.append("Content-Disposition")
        response: Schema = {"description": _when(policy, status), "headers": header_refs(*more)}
        content = self._answers.content(binding, policy, status)
        return response | {"content": content} if content else response


def operation_ids(bindings: Iterable[Binding]) -> list[str]:
    """An id for each binding: the rpc's name in snake case, and for its further bindings also the HTTP method."""
    taken: list[str] = []
    for binding in bindings:
        name = snake_case(binding.info.descriptor.name)
        if name in taken:
            name = f"{name}_{binding.method.lower()}"
        base, number = name, 2
        while name in taken:
            name, number = f"{base}_{number}", number + 1
        taken.append(name)
    return taken


def _summary(comment: str, name: str) -> str:
    return _SENTENCE_END.split(_ASIDE.sub("", comment), maxsplit=1)[0] or name


def _description(comment: str, policy: policy_pb2.Policy) -> str:
    facts = _facts(policy)
    lines = "\n".join(f"* {fact}" for fact in facts)
    return f"{comment}\n\n{lines}" if comment else lines


def _facts(policy: policy_pb2.Policy) -> list[str]:
    if policy.credentials == policy_pb2.CREDENTIALS_NONE:
        facts = ["Credentials: none."]
    elif policy.credentials == policy_pb2.CREDENTIALS_SESSION:
        facts = ["Credentials: access token of a signed-in person; API keys do not open it."]
    else:
        scope = _word(policy_pb2.Scope.DESCRIPTOR, policy.scope)
        with_key = f"an API key with the scope `{scope}`" if scope else "any valid API key"
        facts = [f"Credentials: access token, or {with_key}."]
    role = _word(policy_pb2.Role.DESCRIPTOR, policy.least_role)
    if role:
        facts.append(f"Least role: {role}.")
    facts.append(f"Rate limit: {_word(policy_pb2.RateClass.DESCRIPTOR, policy.rate_class)}.")
    return facts


def _extensions(policy: policy_pb2.Policy) -> Schema:
    found = {
        "x-credentials": _word(policy_pb2.Credentials.DESCRIPTOR, policy.credentials),
        "x-scope": _word(policy_pb2.Scope.DESCRIPTOR, policy.scope),
        "x-least-role": _word(policy_pb2.Role.DESCRIPTOR, policy.least_role),
        "x-rate-class": _word(policy_pb2.RateClass.DESCRIPTOR, policy.rate_class),
    }
    return {name: word for name, word in found.items() if word} | {"x-idempotent": policy.idempotent}


def _word(enum: EnumDescriptor, number: int) -> str:
    return words_of(enum).get(enum.values_by_number[number].name, "")


def _successes(policy: policy_pb2.Policy) -> dict[int, bool]:
    """The success statuses, and whether a Location comes with them."""
    found = {policy.success_status: False}
    for rule in policy.status_rules:
        found[rule.status] = found.get(rule.status, False) or bool(rule.location)
    return found


def _when(policy: policy_pb2.Policy, status: int) -> str:
    """The status in words, with the values of the answer that bring it about."""
    phrase = HTTPStatus(status).phrase
    for rule in policy.status_rules:
        if rule.status == status:
            values = " or ".join(f"`{word}`" if word else "empty" for word in rule.equals)
            return f"{phrase}: when `{rule.field}` is {values}."
    return phrase


def _codes(binding: Binding, policy: policy_pb2.Policy) -> set[int]:
    codes: set[int] = {*_EVERY_METHOD, *policy.errors}
    if policy.credentials != policy_pb2.CREDENTIALS_NONE:
        codes.add(errors_pb2.ERROR_CODE_AUTHENTICATION_REQUIRED)
    if policy.scope:
        codes.add(errors_pb2.ERROR_CODE_INVALID_SCOPE)
    # A key is refused where a session is needed, whatever the role behind it.
    if policy.least_role > policy_pb2.ROLE_VIEWER or policy.credentials == policy_pb2.CREDENTIALS_SESSION:
        codes.add(errors_pb2.ERROR_CODE_INSUFFICIENT_PERMISSIONS)
    if binding.body:
        codes |= {errors_pb2.ERROR_CODE_PAYLOAD_TOO_LARGE, errors_pb2.ERROR_CODE_UNSUPPORTED_MEDIA_TYPE}
    if PAGE_FIELD in binding.info.descriptor.input_type.fields_by_name:
        codes.add(errors_pb2.ERROR_CODE_NOT_FOUND)  # a page past the end
    raw = binding.info.descriptor.output_type.full_name == HTTP_BODY
    if not raw and policy.success_status != NO_CONTENT:
        codes.add(errors_pb2.ERROR_CODE_NOT_ACCEPTABLE)
    return codes


def _either(good: Schema, reference: Schema, errors: ErrorResponses) -> Schema:
    """An answer with a status that a failure has too, such as the body of a health check under 503."""
    bad = errors.components[reference["$ref"].rpartition("/")[2]]
    content = dict(good.get("content", {}))
    content[JSON] = {
        **content.get(JSON, {}),
        "schema": {"anyOf": [content.get(JSON, {}).get("schema", {}), ERROR]},
    }
    return {
        "description": f"{good['description']}\n\n{bad['description']}",
        "headers": bad["headers"] | good["headers"],
        "content": content,
    }
