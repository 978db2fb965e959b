"""The one door to the methods: an interface, and its implementation over `grpc.aio`."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import grpc
import grpc.aio
from google.protobuf import message_factory
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError, Message
from google.rpc import code_pb2, status_pb2

Metadata = Sequence[tuple[str, str | bytes]]
Request = Message | AsyncIterator[Message]

STATUS_DETAILS = "grpc-status-details-bin"
MAX_MESSAGE_BYTES = 16 * 1024 * 1024
RETRY_ATTEMPTS = 3

# gRPC libraries write their own name under user-agent; the caller's travels beside it.
RENAMED = {"user-agent": "x-user-agent"}

_METADATA_NAME = re.compile(r"[0-9a-z_.-]+")
_METADATA_TEXT = re.compile(r"[\x20-\x7e]*")


@dataclass(frozen=True)
class MethodInfo:
    """A method as the bridge needs it."""

    full_name: str  # "/claribi.v1.ReportService/GetReport"
    descriptor: MethodDescriptor
    request_class: type[Message]
    response_class: type[Message]
    client_streaming: bool
    server_streaming: bool

    @classmethod
    def of(cls, descriptor: MethodDescriptor) -> MethodInfo:
        """The method behind a descriptor of any pool."""
        return cls(
            full_name=f"/{descriptor.containing_service.full_name}/{descriptor.name}",
            descriptor=descriptor,
            request_class=message_factory.GetMessageClass(descriptor.input_type),
            response_class=message_factory.GetMessageClass(descriptor.output_type),
            client_streaming=descriptor.client_streaming,
            server_streaming=descriptor.server_streaming,
        )


def methods_of(services: Iterable[ServiceDescriptor]) -> list[MethodInfo]:
    """All methods of some services, in declaration order."""
    return [MethodInfo.of(method) for service in services for method in service.methods]


@dataclass(slots=True)
class Reply:
    """One finished unary answer; the metadata is initial and trailing merged, names in lower case."""

    message: Message
    metadata: dict[str, str] = field(default_factory=dict)


class CallFailed(Exception):
    """A call ended with a status other than OK."""

    def __init__(self, status: status_pb2.Status, metadata: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{code_pb2.Code.Name(status.code)}: {status.message}")
        self.status = status
        self.metadata = dict(metadata or {})


class StreamCall(Protocol):
    """A running server stream."""

    async def start(self) -> Mapping[str, str]:
        """Wait for the first message or the end; the metadata known by then. Raises CallFailed."""

    def __aiter__(self) -> AsyncIterator[Message]:
        """The messages; a failure after the first is raised as CallFailed."""

    async def aclose(self) -> None:
        """Cancel what still runs."""


class Channel(Protocol):
    """Carries calls to the methods, wherever they run."""

    async def unary(
        self,
        method: MethodInfo,
        request: Request,
        *,
        metadata: Metadata,
        timeout: float | None,  # noqa: ASYNC109 - a gRPC deadline travels with the call
    ) -> Reply:
        """One call with one answer; `timeout` in seconds. Raises CallFailed."""

    def stream(
        self, method: MethodInfo, request: Request, *, metadata: Metadata, timeout: float | None
    ) -> StreamCall:
        """One call with a stream of answers; nothing runs before `start`."""

    async def close(self) -> None:
        """Let go of connections."""


class GrpcChannel:
    """The methods of a server elsewhere, over HTTP/2."""

    def __init__(
        self,
        target: str,
        *,
        credentials: grpc.ChannelCredentials | None = None,
        idempotent: Iterable[MethodInfo] = (),
        metadata: Metadata = (),
        options: Sequence[tuple[str, Any]] = (),
    ) -> None:
        """To `target` ("host:port"), opened by the first call.

        `idempotent` methods are retried while the server is unavailable; `metadata` goes with every call.
        """
        self._target = target
        self._credentials = credentials
        self._metadata = _checked(metadata)
        self._options = [*_options(idempotent), *options]
        # Made inside the running loop: made outside, grpc.aio would bind itself to a loop of its own.
        self._channel: grpc.aio.Channel | None = None
        self._callables: dict[str, Any] = {}

    async def unary(
        self,
        method: MethodInfo,
        request: Request,
        *,
        metadata: Metadata,
        timeout: float | None,  # noqa: ASYNC109 - a gRPC deadline travels with the call
    ) -> Reply:
        """One call with one answer."""
        try:
            call = self._callable(method)(request, metadata=self._with(metadata), timeout=timeout)
            message = await call
            return Reply(message, _merged(await call.initial_metadata(), await call.trailing_metadata()))
        except grpc.aio.AioRpcError as error:
            raise _failure(error) from error
        except grpc.aio.BaseError as error:
            raise _unusable(error) from error

    def stream(
        self, method: MethodInfo, request: Request, *, metadata: Metadata, timeout: float | None
    ) -> StreamCall:
        """One call with a stream of answers."""
        return _GrpcStream(
            lambda: self._callable(method)(request, metadata=self._with(metadata), timeout=timeout)
        )

    async def close(self) -> None:
        """Close the connection; calls in flight are cancelled."""
        if self._channel is not None:
            await self._channel.close()

    def _callable(self, method: MethodInfo) -> Any:
        found = self._callables.get(method.full_name)
        if found is None:
            sides = (
                "stream" if many else "unary" for many in (method.client_streaming, method.server_streaming)
            )
            found = getattr(self._opened(), "_".join(sides))(
                method.full_name,
                request_serializer=method.request_class.SerializeToString,
                response_deserializer=method.response_class.FromString,
            )
            self._callables[method.full_name] = found
        return found

    def _with(self, metadata: Metadata) -> Metadata:
        return [*_checked(metadata), *self._metadata]

    def _opened(self) -> grpc.aio.Channel:
        if self._channel is None:
            if self._credentials is None:
                self._channel = grpc.aio.insecure_channel(self._target, options=self._options)
            else:
                self._channel = grpc.aio.secure_channel(
                    self._target, self._credentials, options=self._options
                )
        return self._channel


class _GrpcStream:
    def __init__(self, begin: Callable[[], Any]) -> None:
        self._begin = begin
        self._call: Any = None
        self._first: Any = grpc.aio.EOF

    async def start(self) -> dict[str, str]:
        try:
            self._call = self._begin()
            self._first = await self._call.read()
            trailing: Any = ()
            if self._first is grpc.aio.EOF:
                # The end may be a failure, which only the status tells.
                trailing = await self._call.trailing_metadata()
                await self._raise_unless_ok(trailing)
            return _merged(await self._call.initial_metadata(), trailing)
        except grpc.aio.AioRpcError as error:
            raise _failure(error) from error
        except grpc.aio.BaseError as error:
            raise _unusable(error) from error

    async def __aiter__(self) -> AsyncIterator[Message]:
        try:
            message = self._first
            while message is not grpc.aio.EOF:
                yield message
                message = await self._call.read()
            await self._raise_unless_ok(await self._call.trailing_metadata())
        except grpc.aio.AioRpcError as error:
            raise _failure(error) from error

    async def aclose(self) -> None:
        if self._call is not None:
            self._call.cancel()

    async def _raise_unless_ok(self, trailing: Any) -> None:
        code = await self._call.code()
        if code is not grpc.StatusCode.OK:
            initial = await self._call.initial_metadata()
            status = _status(code, await self._call.details(), trailing=trailing)
            raise CallFailed(status, _merged(initial, trailing))


def _options(idempotent: Iterable[MethodInfo]) -> list[tuple[str, Any]]:
    options: list[tuple[str, Any]] = [
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ]
    names = [
        {"service": method.descriptor.containing_service.full_name, "method": method.descriptor.name}
        for method in idempotent
    ]
    if names:
        retry = {
            "maxAttempts": RETRY_ATTEMPTS,
            "initialBackoff": "0.05s",
            "maxBackoff": "1s",
            "backoffMultiplier": 2,
            "retryableStatusCodes": ["UNAVAILABLE"],
        }
        throttling = {"maxTokens": 10, "tokenRatio": 0.1}
        config = {"methodConfig": [{"name": names, "retryPolicy": retry}], "retryThrottling": throttling}
        options.append(("grpc.service_config", json.dumps(config)))
    return options


def _checked(metadata: Metadata) -> Metadata:
    """grpcio raises an error of another family on malformed metadata; say so as a status instead."""
    for name, value in metadata:
        good = isinstance(value, bytes) if name.endswith("-bin") else isinstance(value, str)
        if (
            not good
            or not _METADATA_NAME.fullmatch(name)
            or not (isinstance(value, bytes) or _METADATA_TEXT.fullmatch(value))
        ):
            raise CallFailed(
                status_pb2.Status(
                    code=code_pb2.INVALID_ARGUMENT,
                    message=f"The header {name!r} has characters that cannot be passed on; use printable ASCII.",
                )
            )
    return [(RENAMED.get(name, name), value) for name, value in metadata]


def _merged(*parts: Any) -> dict[str, str]:
    return {name: value for part in parts for name, value in part or () if isinstance(value, str)}


def _failure(error: grpc.aio.AioRpcError) -> CallFailed:
    trailing = error.trailing_metadata()
    status = _status(error.code(), error.details(), trailing=trailing)
    return CallFailed(status, _merged(error.initial_metadata(), trailing))


def _unusable(error: Exception) -> CallFailed:
    return CallFailed(
        status_pb2.Status(code=code_pb2.UNAVAILABLE, message=f"The channel refused the call: {error}")
    )


def _status(code: grpc.StatusCode, message: str | None, *, trailing: Any) -> status_pb2.Status:
    number: int = code.value[0]
    for name, value in trailing or ():
        if name == STATUS_DETAILS:
            try:
                status = status_pb2.Status.FromString(value)
            except DecodeError:
                break
            if status.code == number:
                return status
    return status_pb2.Status(code=number, message=message or "")
