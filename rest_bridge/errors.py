"""Every failure in one shape: `google.rpc.Status` to the JSON envelope, by one table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
from google.protobuf import any_pb2, struct_pb2
from google.protobuf.message import DecodeError, Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

VALIDATION_ERROR = "validation_error"
AUTHENTICATION_REQUIRED = "authentication_required"
INSUFFICIENT_PERMISSIONS = "insufficient_permissions"
NOT_FOUND = "not_found"
INTERNAL_ERROR = "internal_error"
METHOD_NOT_ALLOWED = "method_not_allowed"
CONFLICT = "conflict"
PAYLOAD_TOO_LARGE = "payload_too_large"
UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
NOT_ACCEPTABLE = "not_acceptable"
SERVICE_UNAVAILABLE = "service_unavailable"
DEADLINE_EXCEEDED = "deadline_exceeded"
CANCELLED = "cancelled"
NOT_IMPLEMENTED = "not_implemented"

NANOS_PER_SECOND = 1_000_000_000
UNAVAILABLE_RETRY_SECONDS = 5  # told to callers when nobody knows better

# The words grpcio uses itself, since its own refusals carry a code and a text only.
_GRPC_TOO_LARGE = re.compile(r"message larger than max", re.I)

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """The wire forms of one code word, and its message when the raiser gives none."""

    grpc: int
    http: int
    message: str


ROWS: Mapping[str, ErrorRow] = {
    VALIDATION_ERROR: ErrorRow(code_pb2.INVALID_ARGUMENT, 400, "Invalid request parameters"),
    AUTHENTICATION_REQUIRED: ErrorRow(code_pb2.UNAUTHENTICATED, 401, "Missing or invalid credentials."),
    INSUFFICIENT_PERMISSIONS: ErrorRow(code_pb2.PERMISSION_DENIED, 403, "You are not allowed to do this."),
    NOT_FOUND: ErrorRow(code_pb2.NOT_FOUND, 404, "The requested resource does not exist."),
    METHOD_NOT_ALLOWED: ErrorRow(code_pb2.UNIMPLEMENTED, 405, "This method is not allowed here."),
    NOT_ACCEPTABLE: ErrorRow(
        code_pb2.INVALID_ARGUMENT, 406, "None of the accepted media types can be produced."
    ),
    CONFLICT: ErrorRow(code_pb2.ABORTED, 409, "The request conflicts with the current state."),
    PAYLOAD_TOO_LARGE: ErrorRow(code_pb2.INVALID_ARGUMENT, 413, "The request body is too large."),
    UNSUPPORTED_MEDIA_TYPE: ErrorRow(code_pb2.INVALID_ARGUMENT, 415, "This media type is not accepted here."),
    CANCELLED: ErrorRow(code_pb2.CANCELLED, 499, "The call was cancelled."),
    INTERNAL_ERROR: ErrorRow(code_pb2.INTERNAL, 500, "An unexpected server error occurred."),
    NOT_IMPLEMENTED: ErrorRow(code_pb2.UNIMPLEMENTED, 501, "This method is not implemented."),
    SERVICE_UNAVAILABLE: ErrorRow(code_pb2.UNAVAILABLE, 503, "The service is temporarily unavailable."),
    DEADLINE_EXCEEDED: ErrorRow(
        code_pb2.DEADLINE_EXCEEDED, 504, "The deadline passed before the answer was ready."
    ),
}

# What a status says that carries no reason of ours.
BARE: Mapping[int, str] = {
    code_pb2.CANCELLED: CANCELLED,
    code_pb2.UNKNOWN: INTERNAL_ERROR,
    code_pb2.INVALID_ARGUMENT: VALIDATION_ERROR,
    code_pb2.DEADLINE_EXCEEDED: DEADLINE_EXCEEDED,
    code_pb2.NOT_FOUND: NOT_FOUND,
    code_pb2.ALREADY_EXISTS: CONFLICT,
    code_pb2.PERMISSION_DENIED: INSUFFICIENT_PERMISSIONS,
    # grpcio answers so for oversized messages and metadata too: never a rate limit without its reason.
    code_pb2.RESOURCE_EXHAUSTED: SERVICE_UNAVAILABLE,
    code_pb2.FAILED_PRECONDITION: VALIDATION_ERROR,
    code_pb2.ABORTED: CONFLICT,
    code_pb2.OUT_OF_RANGE: VALIDATION_ERROR,
    code_pb2.UNIMPLEMENTED: NOT_IMPLEMENTED,
    code_pb2.INTERNAL: INTERNAL_ERROR,
    code_pb2.UNAVAILABLE: SERVICE_UNAVAILABLE,
    code_pb2.DATA_LOSS: INTERNAL_ERROR,
    code_pb2.UNAUTHENTICATED: AUTHENTICATION_REQUIRED,
}


class Refusal(Exception):
    """The bridge itself says no; `http` overrides the table's status, `closing` ends the connection."""

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        details: Mapping[str, Sequence[str]] | None = None,
        http: int | None = None,
        allow: Sequence[str] = (),
        closing: bool = False,
    ) -> None:
        super().__init__(message or code)
        self.code = code
        self.message = message
        self.details = dict(details or {})
        self.http = http
        self.allow = allow
        self.closing = closing


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """A failure ready for HTTP: the envelope as bytes, and the seconds to wait when known."""

    http: int
    code: str
    body: bytes
    retry_after: int | None


class ErrorTable:
    """Code words with their gRPC and HTTP forms; given rows are added to, or replace, the general ones."""

    def __init__(self, rows: Mapping[str, ErrorRow] | None = None, *, domain: str = "") -> None:
        """`domain`: the only ErrorInfo domain whose reasons are believed; empty believes any."""
        self.rows = {**ROWS, **(rows or {})}
        self.domain = domain

    def status(self, refusal: Refusal) -> status_pb2.Status:
        """The refusal as it travels over gRPC."""
        row = self.rows[refusal.code]
        status = status_pb2.Status(code=row.grpc, message=refusal.message or row.message)
        status.details.add().Pack(error_details_pb2.ErrorInfo(reason=refusal.code, domain=self.domain))
        if refusal.details:
            violations = [
                error_details_pb2.BadRequest.FieldViolation(field=name, description=text)
                for name, texts in refusal.details.items()
                for text in texts
            ]
            status.details.add().Pack(error_details_pb2.BadRequest(field_violations=violations))
        return status

    def reason(self, status: status_pb2.Status) -> str:
        """The known code word a status carries, or ""."""
        info = _detail(status, error_details_pb2.ErrorInfo)
        if info is None or info.reason not in self.rows or (self.domain and info.domain != self.domain):
            return ""
        return str(info.reason)

    def answer(self, status: status_pb2.Status, http: int | None = None) -> ErrorAnswer:
        """The HTTP form of a status."""
        reason = self.reason(status)
        code = reason or _bare(status)
        row = self.rows[code]
        message = status.message or row.message
        # Texts of transports and crashes name hosts and paths; they belong in the log.
        if code == INTERNAL_ERROR or (not reason and row.http >= 500):
            message = row.message
        details = {} if code == INTERNAL_ERROR else _details(status)
        body = envelope(code, message, details=details)
        return ErrorAnswer(http or row.http, code, body, _retry_after(status, code))


def envelope(code: str, message: str, *, details: Mapping[str, Any]) -> bytes:
    """The JSON of every answer that is not a success."""
    return orjson.dumps({"error": {"message": message, "code": code, "details": details}})


def _bare(status: status_pb2.Status) -> str:
    if status.code == code_pb2.RESOURCE_EXHAUSTED and _GRPC_TOO_LARGE.search(status.message):
        return PAYLOAD_TOO_LARGE
    return BARE.get(status.code, INTERNAL_ERROR)


def _detail(status: status_pb2.Status, kind: type[M]) -> M | None:
    for packed in status.details:
        found = _unpacked(packed, kind)
        if found is not None:
            return found
    return None


def _unpacked(packed: any_pb2.Any, kind: type[M]) -> M | None:
    message = kind()
    try:
        return message if packed.Unpack(message) else None
    except DecodeError:
        return None


def _details(status: status_pb2.Status) -> dict[str, Any]:
    typed = _detail(status, struct_pb2.Struct)
    if typed is not None:
        return {name: _plain(value) for name, value in typed.fields.items()}
    bad = _detail(status, error_details_pb2.BadRequest)
    texts: dict[str, Any] = {}
    for violation in bad.field_violations if bad is not None else ():
        texts.setdefault(violation.field, []).append(violation.description)
    return texts


def _plain(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return {name: _plain(inner) for name, inner in value.struct_value.fields.items()}
    if kind == "list_value":
        return [_plain(inner) for inner in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return None if kind in (None, "null_value") else getattr(value, kind)


def _retry_after(status: status_pb2.Status, code: str) -> int | None:
    info = _detail(status, error_details_pb2.RetryInfo)
    if info is None:
        return UNAVAILABLE_RETRY_SECONDS if code == SERVICE_UNAVAILABLE else None
    nanos: int = info.retry_delay.seconds * NANOS_PER_SECOND + info.retry_delay.nanos
    return max(0, -(-nanos // NANOS_PER_SECOND))
