"""What every answer of the API shares: the error envelope, headers, credentials, and the responses made of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from claribi.v1 import errors_pb2, policy_pb2
from google.protobuf.descriptor import EnumValueDescriptor

from rest_bridge.openapi_comments import Comments
from rest_bridge.openapi_fields import Schema
from rest_bridge.words import words_of

JSON = "application/json"
RESPONSES = "#/components/responses/"
ERROR = {"$ref": "#/components/schemas/Error"}

_CODES = errors_pb2.ErrorCode.DESCRIPTOR

# What `error.details` holds, for codes that fill it.
_DETAILS: dict[str, dict[str, Any]] = {
    "validation_error": {"name": ["This field is required."]},
    "invalid_scope": {"required_scope": "reports:read"},
    "insufficient_credits": {"required": 3, "remaining": 1, "period_ends_at": "2026-05-01T00:00:00Z"},
    "data_source_unavailable": {"data_source_id": ["The file is no longer there."]},
}
_WAITING = ("rate_limited", "service_unavailable")

HEADERS: dict[str, Schema] = {
    "X-RateLimit-Limit": {
        "description": "Requests allowed in any rolling hour.",
        "schema": {"type": "integer", "example": 1000},
    },
    "X-RateLimit-Remaining": {
        "description": "Requests left now.",
        "schema": {"type": "integer", "example": 847},
    },
    "X-RateLimit-Reset": {
        "description": "Unix time, in seconds, when the oldest counted request leaves the window.",
        "schema": {"type": "integer", "format": "int64", "example": 1712444400},
    },
    "X-Request-Id": {
        "description": "Id of this request; a valid one that came with it is kept.",
        "schema": {"type": "string", "example": "0197a5c2-7d3e-7c41-9b52-3f6a8e1d0c94"},
    },
    "Retry-After": {
        "description": "Seconds to wait; waiting exactly that long is enough.",
        "schema": {"type": "integer", "example": 1200},
    },
    "WWW-Authenticate": {
        "description": "How to authenticate.",
        "schema": {"type": "string", "example": "Bearer"},
    },
    "Location": {
        "description": "Where the resource is.",
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "Content-Disposition": {
        "description": "Suggested file name.",
        "schema": {"type": "string", "example": 'attachment; filename="report.pdf"'},
    },
    "Idempotent-Replayed": {
        "description": "`true` when this is the stored answer to an earlier request with the same key.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Preference-Applied": {
        "description": "The preference that was honoured.",
        "schema": {"type": "string", "example": "respond-async"},
    },
}
EVERYWHERE = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-Request-Id")

SECURITY_SCHEMES: dict[str, Schema] = {
    "accessToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "Access token from `POST /api/auth/login/`, valid 1 hour.",
    },
    "apiKey": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "claribi_key_...",
        "description": "API key as a bearer token.",
    },
    "apiKeyHeader": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "API key in a header of its own.",
    },
}


def security_of(policy: policy_pb2.Policy) -> list[dict[str, list[str]]]:
    """The credentials that open a method, any one of them."""
    if policy.credentials == policy_pb2.CREDENTIALS_NONE:
        return []
    schemes = list(SECURITY_SCHEMES) if policy.credentials == policy_pb2.CREDENTIALS_ANY else ["accessToken"]
    return [{scheme: []} for scheme in schemes]


def header_refs(*more: str) -> dict[str, Schema]:
    """References to the headers of every answer, and to `more`."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (*EVERYWHERE, *more)}


class ErrorResponses:
    """Collects the error responses that are referred to: one for each set of codes that share a status."""

    def __init__(self, comments: Comments) -> None:
        self._comments = comments
        self.components: dict[str, Schema] = {}

    def of(self, codes: Iterable[int]) -> dict[str, Schema]:
        """References by HTTP status for some values of ErrorCode."""
        by_status: dict[int, set[int]] = defaultdict(set)
        for code in codes:
            by_status[_spec(_CODES.values_by_number[code]).http].add(code)
        return {
            str(status): self._reference(sorted(together)) for status, together in sorted(by_status.items())
        }

    def _reference(self, codes: list[int]) -> Schema:
        values = [_CODES.values_by_number[code] for code in codes]
        words = [_word(value) for value in values]
        name = "Or".join("".join(part.capitalize() for part in word.split("_")) for word in words)
        self.components.setdefault(name, self._response(values))
        return {"$ref": RESPONSES + name}

    def _response(self, values: list[EnumValueDescriptor]) -> Schema:
        words = [_word(value) for value in values]
        lines = [
            f"`{_word(value)}`: {self._comments.of_value(value) or _spec(value).message}" for value in values
        ]
        more = ["Retry-After"] if set(words) & set(_WAITING) else []
        if "authentication_required" in words:
            more.append("WWW-Authenticate")
        examples = {_word(value): {"value": _envelope(value)} for value in values}
        return {
            "description": "\n\n".join(lines),
            "headers": header_refs(*more),
            "content": {JSON: {"schema": ERROR, "examples": examples}},
        }


def envelope_schema(comments: Comments) -> Schema:
    """The schema of every error answer, with the meaning of each code."""
    lines = ["Stable word for machines.", ""]
    for value in _CODES.values:
        if value.number:
            meaning = comments.of_value(value) or _spec(value).message
            lines.append(f"* `{_word(value)}` ({_spec(value).http}): {meaning}")
    details = "What more is known, such as the errors of each field."
    properties = {
        "message": {"type": "string", "description": "What went wrong, for people."},
        "code": {"type": "string", "description": "\n".join(lines)},
        "details": {"type": "object", "description": details, "additionalProperties": True},
    }
    inner = {"type": "object", "required": list(properties), "properties": properties}
    return {
        "type": "object",
        "description": "Every error answer has this form.",
        "required": ["error"],
        "properties": {"error": inner},
    }


def _envelope(value: EnumValueDescriptor) -> Schema:
    word = _word(value)
    return {"error": {"message": _spec(value).message, "code": word, "details": _DETAILS.get(word, {})}}


def _spec(value: EnumValueDescriptor) -> errors_pb2.ErrorSpec:
    options: Any = value.GetOptions()  # the generated stubs do not type extensions
    spec: errors_pb2.ErrorSpec = options.Extensions[errors_pb2.error]
    return spec


def _word(value: EnumValueDescriptor) -> str:
    return words_of(value.type)[value.name]
