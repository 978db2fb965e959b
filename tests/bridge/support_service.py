"""A small service of every shape, served by a real `grpc.aio` server and by a channel without one."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
from google.api import annotations_pb2, httpbody_pb2
from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    empty_pb2,
    field_mask_pb2,
    message_factory,
    struct_pb2,
)
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from grpc_tools import protoc

from rest_bridge.channel import STATUS_DETAILS, CallFailed, MethodInfo, Reply, methods_of

PROTO = """
syntax = "proto3";
package bridgetest.v1;
import "google/api/annotations.proto";
import "google/api/httpbody.proto";
import "google/protobuf/empty.proto";
import "google/protobuf/field_mask.proto";
import "google/rpc/status.proto";

service Shop {
  rpc GetItem(GetItemRequest) returns (Item) {
    option (google.api.http) = {
      get: "/v1/items/{id}"
      additional_bindings { get: "/v1/shelves/{shelf}/items/{id}" }
      additional_bindings { get: "/v1/items/{id}:peek" }
      additional_bindings { custom { kind: "PURGE" path: "/v1/items/{id}" } }
      additional_bindings { get: "/v1/files/{id=**}" }
    };
  }
  rpc ListItems(ListItemsRequest) returns (ListItemsResponse) { option (google.api.http) = { get: "/v1/items" }; }
  rpc ListNames(ListItemsRequest) returns (ListItemsResponse) {
    option (google.api.http) = { get: "/v1/names" response_body: "names" };
  }
  rpc FirstItem(ListItemsRequest) returns (ListItemsResponse) {
    option (google.api.http) = { get: "/v1/first" response_body: "first" };
  }
  rpc CreateItem(Item) returns (Item) { option (google.api.http) = { post: "/v1/items" body: "*" }; }
  rpc UpdateItem(UpdateItemRequest) returns (UpdateItemRequest) {
    option (google.api.http) = { patch: "/v1/items/{id}" body: "item" };
  }
  rpc DeleteItem(GetItemRequest) returns (google.protobuf.Empty) {
    option (google.api.http) = { delete: "/v1/items/{id}" };
  }
  rpc Fail(FailRequest) returns (Item) { option (google.api.http) = { get: "/v1/fail" }; }
  rpc Slow(GetItemRequest) returns (Item) { option (google.api.http) = { get: "/v1/slow" }; }
  rpc Watch(WatchRequest) returns (stream Item) { option (google.api.http) = { get: "/v1/watch" }; }
  rpc Download(WatchRequest) returns (stream google.api.HttpBody) {
    option (google.api.http) = { get: "/v1/download" };
  }
  rpc Page(WatchRequest) returns (google.api.HttpBody) { option (google.api.http) = { get: "/v1/page" }; }
  rpc Upload(stream UploadRequest) returns (UploadSummary) {
    option (google.api.http) = { post: "/v1/items" body: "*" };
  }
  rpc Import(stream Item) returns (UploadSummary) { option (google.api.http) = { post: "/v1/import" body: "*" }; }
  rpc Echo(stream Item) returns (stream Item) { option (google.api.http) = { post: "/v1/echo" body: "*" }; }
  rpc Hidden(GetItemRequest) returns (Item);
}
service Edge {
  rpc Admit(google.protobuf.Empty) returns (google.protobuf.Empty);
  rpc Refuse(RefuseRequest) returns (google.protobuf.Empty);
}
enum State { STATE_UNSPECIFIED = 0; STATE_NEW = 1; STATE_READY = 2; }
message GetItemRequest { string id = 1; string shelf = 2; bool verbose = 3; }
message ListItemsRequest { int32 page = 1; repeated string tags = 2; }
message ListItemsResponse { repeated Item items = 1; repeated string names = 2; Item first = 3; }
message Item { string id = 1; string name = 2; int32 size = 3; State state = 4; optional bool done = 5; }
message UpdateItemRequest { string id = 1; Item item = 2; google.protobuf.FieldMask update_mask = 3; }
message FailRequest { int32 code = 1; string message = 2; string reason = 3; string kind = 4; }
message WatchRequest { int32 count = 1; int32 fail_after = 2; bool forever = 3; }
message UploadMeta { string title = 1; repeated string labels = 2; int32 rank = 3; }
message FileStart { string name = 1; string content_type = 2; }
message UploadRequest { oneof part { UploadMeta metadata = 1; FileStart file = 2; bytes chunk = 3; } }
message UploadSummary { repeated string events = 1; int64 bytes = 2; }
message RefuseRequest { google.rpc.Status status = 1; }
"""

REFUSAL_KEY = "test-refusal-bin"
IMPORTED = (
    annotations_pb2,
    httpbody_pb2,
    empty_pb2,
    field_mask_pb2,
    status_pb2,
)  # must be in the default pool


def compile_proto(text: str, name: str) -> descriptor_pb2.FileDescriptorSet:
    """Compile one proto text; imports come from the installed packages."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_text(text, "utf-8")
        arguments = [
            "protoc",
            f"-I{folder}",
            f"-I{Path(annotations_pb2.__file__).parents[2]}",
            f"-I{files('grpc_tools') / '_proto'}",
            f"--descriptor_set_out={folder}/out.pb",
            name,
        ]
        assert protoc.main(arguments) == 0
        return descriptor_pb2.FileDescriptorSet.FromString((Path(folder) / "out.pb").read_bytes())


@cache
def shop() -> dict[str, MethodInfo]:
    """The methods of the test service, by name."""
    pool = descriptor_pool.Default()
    for file in compile_proto(PROTO, "bridgetest.proto").file:
        pool.Add(file)
    services = [pool.FindServiceByName(f"bridgetest.v1.{name}") for name in ("Shop", "Edge")]
    return {method.descriptor.name: method for method in methods_of(services)}


def message(kind: str, /, **fields: Any) -> Any:
    """A message of the test service."""
    shop()
    found = descriptor_pool.Default().FindMessageTypeByName(f"bridgetest.v1.{kind}")
    return message_factory.GetMessageClass(found)(**fields)


def failed(
    code: int, text: str = "", *details: Message, metadata: dict[str, str] | None = None
) -> CallFailed:
    status = status_pb2.Status(code=code, message=text)
    for detail in details:
        status.details.add().Pack(detail)
    return CallFailed(status, metadata)


def reason(word: str) -> error_details_pb2.ErrorInfo:
    return error_details_pb2.ErrorInfo(reason=word, domain="test")


@dataclass
class Call:
    """One call as the core sees it."""

    method: str
    metadata: dict[str, Any]
    timeout: float | None
    out: dict[str, str] = field(default_factory=dict)
    request: Any = None
    ended: str = "running"


class Core:
    """The service itself, behind a small chain: authenticate, limit, refuse."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.remaining = 100
        self.honours_refusals = True

    @property
    def last(self) -> Call:
        return self.calls[-1]

    def enter(self, call: Call) -> None:
        self.calls.append(call)
        self.remaining -= 1
        call.out.update(
            {
                "x-ratelimit-limit": "100",
                "x-ratelimit-remaining": str(self.remaining),
                "x-ratelimit-reset": "4102444800",
                "x-secret": "not for the outside",
            }
        )
        authorization = call.metadata.get("authorization")
        if authorization == "Bearer bad":
            raise failed(16, "Missing or invalid key.", reason("authentication_required"))
        if authorization == "Bearer limited":
            retry = error_details_pb2.RetryInfo()
            retry.retry_delay.FromMilliseconds(1500)
            raise failed(8, "Rate limit exceeded. Try again in 2 seconds.", reason("rate_limited"), retry)
        if self.honours_refusals and REFUSAL_KEY in call.metadata:
            raise CallFailed(status_pb2.Status.FromString(call.metadata[REFUSAL_KEY]))

    async def GetItem(self, request: Any, call: Call) -> Message:
        if request.id == "nothing":
            raise failed(5, "No such item.", reason("not_found"))
        call.out["deprecation"] = "true"
        return message("Item", id=request.id, name=request.shelf or "thing", size=3)

    Hidden = GetItem

    async def ListItems(self, request: Any, call: Call) -> Message:
        items = [message("Item", id=str(number)) for number in range(request.page or 1)]
        return message("ListItemsResponse", items=items, names=list(request.tags))

    async def ListNames(self, request: Any, call: Call) -> Message:
        return message("ListItemsResponse", names=["a", "b"])

    async def FirstItem(self, request: Any, call: Call) -> Message:
        first = message("Item", id="1") if request.page else None
        return message("ListItemsResponse", first=first)

    async def CreateItem(self, request: Any, call: Call) -> Message:
        return request

    UpdateItem = CreateItem

    async def DeleteItem(self, request: Any, call: Call) -> Message:
        return empty_pb2.Empty()

    async def Fail(self, request: Any, call: Call) -> Message:
        details: list[Message] = [reason(request.reason)] if request.reason else []
        if request.kind == "struct":
            typed = struct_pb2.Struct()
            typed.update({"required": 5, "share": 0.5, "list": [None, True, {"a": "b"}]})
            details.append(typed)
        if request.kind in ("struct", "fields"):
            violation = error_details_pb2.BadRequest.FieldViolation
            details.append(
                error_details_pb2.BadRequest(
                    field_violations=[
                        violation(field="name", description="This field is required."),
                        violation(field="name", description="Too short."),
                        violation(field="scopes", description="Unknown."),
                    ]
                )
            )
        if request.kind == "crash":
            raise ZeroDivisionError("secret division")
        raise failed(request.code, request.message, *details)

    async def Slow(self, request: Any, call: Call) -> Message:
        await asyncio.sleep(60)
        return message("Item")

    async def Watch(self, request: Any, call: Call) -> AsyncIterator[Message]:
        for number in range(request.count):
            if request.fail_after and number == request.fail_after - 1:
                raise failed(11, "out of range")
            yield message("Item", id=str(number))
            if request.forever:
                await asyncio.sleep(60)

    async def Download(self, request: Any, call: Call) -> AsyncIterator[Message]:
        call.out["content-disposition"] = 'attachment; filename="r.csv"'
        for number in range(request.count):
            if request.fail_after and number == request.fail_after - 1:
                raise failed(13, "secret")
            yield httpbody_pb2.HttpBody(
                content_type="text/csv" if number == 0 else "", data=b"line %d\n" % number
            )

    async def Page(self, request: Any, call: Call) -> Message:
        return httpbody_pb2.HttpBody(content_type="text/html; charset=utf-8", data=b"<p>hi</p>")

    async def Upload(self, request: AsyncIterator[Any], call: Call) -> Message:
        events: list[str] = []
        size = 0
        async for part in request:
            kind = part.WhichOneof("part")
            if kind == "chunk":
                size += len(part.chunk)
            elif kind == "file":
                events.append(f"file {part.file.name} {part.file.content_type}")
            else:
                events.append(
                    f"meta {part.metadata.title}|{','.join(part.metadata.labels)}|{part.metadata.rank}"
                )
        return message("UploadSummary", events=events, bytes=size)

    async def Import(self, request: AsyncIterator[Any], call: Call) -> Message:
        return message("UploadSummary", events=[item.id async for item in request])

    async def Echo(self, request: AsyncIterator[Any], call: Call) -> AsyncIterator[Message]:
        async for item in request:
            yield item

    async def Admit(self, request: Any, call: Call) -> Message:
        return empty_pb2.Empty()

    async def Refuse(self, request: Any, call: Call) -> Message:
        raise CallFailed(request.status)


class DirectChannel:
    """A channel that runs the core in this process."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.closed = False

    async def unary(
        self,
        method: MethodInfo,
        request: Any,
        *,
        metadata: Any,
        timeout: float | None,  # noqa: ASYNC109 - the interface has it
    ) -> Reply:
        call = Call(method.descriptor.name, dict(metadata), timeout, request=request)
        try:
            async with asyncio.timeout(timeout):
                self.core.enter(call)
                reply = await getattr(self.core, call.method)(request, call)
                call.ended = "done"
                return Reply(reply, call.out)
        except TimeoutError:
            raise failed(4, "Deadline Exceeded", metadata=call.out) from None
        except CallFailed as failure:
            raise CallFailed(failure.status, call.out) from None
        except asyncio.CancelledError:
            call.ended = "cancelled"
            raise

    def stream(
        self, method: MethodInfo, request: Any, *, metadata: Any, timeout: float | None
    ) -> DirectStream:
        return DirectStream(self.core, Call(method.descriptor.name, dict(metadata), timeout, request=request))

    async def close(self) -> None:
        self.closed = True


class DirectStream:
    def __init__(self, core: Core, call: Call) -> None:
        self.core = core
        self.call = call
        self.first: list[Message] = []

    async def start(self) -> dict[str, str]:
        try:
            self.core.enter(self.call)
            self.messages = getattr(self.core, self.call.method)(self.call.request, self.call)
            self.first = [await anext(self.messages)]
        except StopAsyncIteration:
            self.call.ended = "done"
        except CallFailed as failure:
            raise CallFailed(failure.status, self.call.out) from None
        return self.call.out

    async def __aiter__(self) -> AsyncIterator[Message]:
        for each in self.first:
            yield each
        async for each in self.messages:
            yield each
        self.call.ended = "done"

    async def aclose(self) -> None:
        if hasattr(self, "messages"):
            await self.messages.aclose()
        if self.call.ended == "running":
            self.call.ended = "cancelled"


def grpc_server(core: Core) -> tuple[grpc.aio.Server, int]:
    """A real server over the same core."""
    server = grpc.aio.server()
    by_service: dict[str, dict[str, Any]] = {}
    for info in shop().values():
        service = info.descriptor.containing_service.full_name
        by_service.setdefault(service, {})[info.descriptor.name] = _handler(core, info)
    for service, handlers in by_service.items():
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
    return server, server.add_insecure_port("127.0.0.1:0")


def _handler(core: Core, info: MethodInfo) -> grpc.RpcMethodHandler:
    name = info.descriptor.name

    def entered(request: Any, context: Any) -> Call:
        call = Call(name, dict(context.invocation_metadata()), context.time_remaining(), request=request)
        try:
            core.enter(call)
        except CallFailed as failure:
            raise CallFailed(failure.status, call.out) from None
        return call

    async def one(request: Any, context: Any) -> Message:
        call = None
        try:
            call = entered(request, context)
            reply = await getattr(core, name)(request, call)
        except CallFailed as failure:
            await _abort(context, failure, call)
        except asyncio.CancelledError:
            if call is not None:
                call.ended = "cancelled"
            raise
        await context.send_initial_metadata(tuple(call.out.items()))
        call.ended = "done"
        return reply

    async def many(request: Any, context: Any) -> AsyncIterator[Message]:
        call = None
        started = False
        try:
            call = entered(request, context)
            async for each in getattr(core, name)(request, call):
                if not started:
                    started = True
                    await context.send_initial_metadata(tuple(call.out.items()))
                yield each
            if not started:
                await context.send_initial_metadata(tuple(call.out.items()))
            call.ended = "done"
        except CallFailed as failure:
            await _abort(context, failure, None if started else call)
        except (asyncio.CancelledError, GeneratorExit):
            if call is not None:
                call.ended = "cancelled"
            raise

    sides = (
        f"{'stream' if info.client_streaming else 'unary'}_{'stream' if info.server_streaming else 'unary'}"
    )
    make: Callable[..., grpc.RpcMethodHandler] = getattr(grpc, f"{sides}_rpc_method_handler")
    return make(
        many if info.server_streaming else one,
        request_deserializer=info.request_class.FromString,
        response_serializer=info.response_class.SerializeToString,
    )


async def _abort(context: Any, failure: CallFailed, call: Call | None) -> None:
    """Fail as a server should: metadata at the end too, since grpcio may drop the initial ones of a failed stream."""
    out = call.out if call is not None else failure.metadata
    status = failure.status
    code = next(each for each in grpc.StatusCode if each.value[0] == status.code)
    trailing = (*out.items(), (STATUS_DETAILS, status.SerializeToString()))
    await context.abort(code, status.message, trailing_metadata=trailing)
