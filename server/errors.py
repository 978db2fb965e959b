"""Errors that know their wire form: codes, statuses and texts come from the ErrorCode enum in the protos."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from claribi.v1 import errors_pb2
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import Struct
from google.rpc import error_details_pb2, status_pb2

from server.options import option

DOMAIN = "claribi"
Fields = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class CodeSpec:
    """The wire form of one error code."""

    word: str
    grpc: int
    http: int
    message: str


def _specs() -> dict[int, CodeSpec]:
    specs = {}
    for value in errors_pb2.ErrorCode.DESCRIPTOR.values:
        if value.number == 0:
            continue
        spec = option(value.GetOptions(), errors_pb2.error)
        if not (spec.grpc and spec.http and spec.message):
            raise RuntimeError(f"{value.name} declares no status; add the (error) option in errors.proto")
        specs[value.number] = CodeSpec(
            value.name.removeprefix("ERROR_CODE_").lower(), spec.grpc, spec.http, spec.message
        )
    return specs


CODES: dict[int, CodeSpec] = _specs()
NUMBERS: dict[str, int] = {spec.word: number for number, spec in CODES.items()}


class ApiError(Exception):
    """A failure the caller is told about; its cause, if any, goes to the log only."""

    def __init__(
        self,
        word: str,
        message: str = "",
        *,
        details: Mapping[str, Any] | None = None,
        fields: Fields | None = None,
        retry_after: float | None = None,
    ) -> None:
        self.spec = CODES[NUMBERS[word]]
        self.message = message or self.spec.message
        self.details = dict(details or {})
        self.fields = {name: list(texts) for name, texts in (fields or {}).items()}
        self.retry_after = retry_after
        super().__init__(self.message)

    @property
    def word(self) -> str:
        """The stable machine-readable code."""
        return self.spec.word

    def status(self) -> status_pb2.Status:
        """The error as google.rpc.Status: ErrorInfo always, BadRequest, RetryInfo and Struct where they apply."""
        info = error_details_pb2.ErrorInfo(reason=self.word, domain=DOMAIN)
        for key, value in self.details.items():
            info.metadata[key] = value if isinstance(value, str) else str(value)
        status = status_pb2.Status(code=self.spec.grpc, message=self.message, details=[_packed(info)])
        if self.fields:
            status.details.append(_packed(_bad_request(self.fields)))
        if self.retry_after is not None:
            delay = Duration(seconds=ceil(self.retry_after))
            status.details.append(_packed(error_details_pb2.RetryInfo(retry_delay=delay)))
        if self.details:
            typed = Struct()
            typed.update(self.details)
            status.details.append(_packed(typed))
        return status


class Refused(ApiError):
    """A refusal made elsewhere (by the bridge), carried on unchanged."""

    def __init__(self, status: status_pb2.Status) -> None:
        super().__init__(_reason(status), status.message)
        self._status = status

    def status(self) -> status_pb2.Status:
        """The refusal as it came."""
        return self._status


def invalid(fields: Fields, message: str = "") -> ApiError:
    """400 `validation_error`: field path -> what is wrong with it."""
    return ApiError("validation_error", message, fields=fields)


def not_found() -> ApiError:
    """404: does not exist, or not for this caller; the two look the same."""
    return ApiError("not_found")


def _bad_request(fields: Fields) -> error_details_pb2.BadRequest:
    violations = [
        error_details_pb2.BadRequest.FieldViolation(field=name, description=text)
        for name, texts in fields.items()
        for text in texts
    ]
    return error_details_pb2.BadRequest(field_violations=violations)


def _packed(message: Any) -> AnyMessage:
    packed = AnyMessage()
    packed.Pack(message)
    return packed


def _reason(status: status_pb2.Status) -> str:
    info = error_details_pb2.ErrorInfo()
    for detail in status.details:
        if detail.Unpack(info) and info.reason in NUMBERS:
            return str(info.reason)
    return "validation_error"
