"""The gRPC port: generic handlers over the core, health, reflection."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
from google.protobuf.message import DecodeError, Message
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from server.call import Call
from server.core import Core
from server.errors import ApiError, invalid
from server.methods import Method
from server.settings import MIB, Settings
from server.transport import CallMaker

MAX_MESSAGE_BYTES = 4 * MIB
KEEPALIVE_MS = 60_000
# A connection is moved on after this long, so that load balancers see new ones.
MAX_CONNECTION_AGE_MS = 30 * 60_000
STATUS_DETAILS = "grpc-status-details-bin"
CODES = {code.value[0]: code for code in grpc.StatusCode}
OPTIONS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", 64 * MIB),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", KEEPALIVE_MS // 2),
    ("grpc.keepalive_time_ms", KEEPALIVE_MS),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.max_connection_age_ms", MAX_CONNECTION_AGE_MS),
    ("grpc.max_connection_age_grace_ms", 10 * 60_000),
    ("grpc.so_reuseport", 0),
)


class GrpcPort:
    """A grpc.aio server over the core's chain. Messages are parsed here, so that a broken one is our error."""

    def __init__(self, core: Core, calls: CallMaker, settings: Settings) -> None:
        self._core = core
        self._calls = calls
        self._server = grpc.aio.server(options=OPTIONS)
        self._health = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        names = sorted({method.service for method in core.methods.values()})
        self._names = ["", *names]
        if settings.reflection_on:
            reflection.enable_server_reflection([*names, health.SERVICE_NAME], self._server)
        for name in names:
            self._server.add_generic_rpc_handlers((self._handlers(name),))
        self.port = self._server.add_insecure_port(f"{settings.grpc_host}:{settings.grpc_port}")

    async def start(self) -> None:
        """Serve."""
        await self._server.start()
        await self._set_health(health_pb2.HealthCheckResponse.SERVING)

    async def stop(self, grace_seconds: float) -> None:
        """Say so to health checkers, take nothing new, let what is under way end."""
        await self._set_health(health_pb2.HealthCheckResponse.NOT_SERVING)
        await self._server.stop(grace_seconds)

    async def _set_health(self, status: Any) -> None:
        for name in self._names:
            await self._health.set(name, status)

    def _handlers(self, service: str) -> grpc.GenericRpcHandler:
        methods = [method for method in self._core.methods.values() if method.service == service]
        return grpc.method_handlers_generic_handler(
            service, {method.descriptor.name: self._handler(method) for method in methods}
        )

    def _handler(self, method: Method) -> "grpc.RpcMethodHandler[Any, Any]":
        make = {
            (False, False): grpc.unary_unary_rpc_method_handler,
            (False, True): grpc.unary_stream_rpc_method_handler,
            (True, False): grpc.stream_unary_rpc_method_handler,
            (True, True): grpc.stream_stream_rpc_method_handler,
        }[method.client_streaming, method.server_streaming]
        behaviour = self._stream(method) if method.server_streaming else self._unary(method)
        # The response is serialized here, inside the chain's error handling; None keeps the request as bytes.
        return make(behaviour, None, None)

    def _unary(self, method: Method) -> Any:
        async def unary(data: Any, context: Any) -> bytes:
            call = self._call(method, context)
            try:
                response = await self._core.unary(call, _read(method, data, call))
            except ApiError as error:
                await _abort(context, call, error)
                raise
            await context.send_initial_metadata(_metadata(call))
            return response.SerializeToString()

        return unary

    def _stream(self, method: Method) -> Any:
        async def stream(data: Any, context: Any) -> AsyncIterator[bytes]:
            call = self._call(method, context)
            begun = False
            try:
                async for message in self._core.stream(call, _read(method, data, call)):
                    if not begun:
                        await context.send_initial_metadata(_metadata(call))
                        begun = True
                    yield message.SerializeToString()
            except ApiError as error:
                await _abort(context, call, error)

        return stream

    def _call(self, method: Method, context: Any) -> Call:
        return self._calls.call(
            method,
            context.invocation_metadata() or (),
            peer=_address(context.peer()),
            timeout=context.time_remaining(),
        )


def _read(method: Method, data: Any, call: Call) -> Any:
    """The request message; a broken one becomes a refusal that travels through the chain."""
    if method.client_streaming:
        return _read_stream(method, data)
    try:
        return method.request_class.FromString(data)
    except DecodeError:
        call.refusal = _broken(method).status()
        return method.request_class()


async def _read_stream(method: Method, data: AsyncIterator[bytes]) -> AsyncIterator[Message]:
    async for item in data:
        try:
            yield method.request_class.FromString(item)
        except DecodeError as error:
            raise _broken(method) from error


def _broken(method: Method) -> ApiError:
    return invalid({"body": [f"Not a valid {method.descriptor.input_type.full_name} message."]})


def _metadata(call: Call) -> tuple[tuple[str, str], ...]:
    return (*call.reply.items(), ("x-request-id", call.request_id))


async def _abort(context: Any, call: Call, error: ApiError) -> None:
    """End the call. `abort_with_status` would replace the trailing metadata that carry the rate limits."""
    status = error.status()
    code = CODES.get(status.code, grpc.StatusCode.UNKNOWN)
    trailing = (*_metadata(call), (STATUS_DETAILS, status.SerializeToString()))
    await context.abort(code, status.message, trailing_metadata=trailing)


def _address(peer: str) -> str:
    """`ipv4:127.0.0.1:53122` -> `127.0.0.1`; rate limits count addresses, not ports."""
    kind, _, rest = peer.partition(":")
    if kind not in ("ipv4", "ipv6"):
        return kind
    return rest.rsplit(":", 1)[0].replace("%5B", "").replace("%5D", "").strip("[]")
