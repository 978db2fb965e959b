"""One case, three ways in: gRPC, REST over a channel, REST in process."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import grpc
import httpx2
import orjson
from google.api import annotations_pb2
from google.protobuf.message import Message
from grpc_status import rpc_status

from rest_bridge.app import Bridge
from rest_bridge.codec import Codec, FieldErrors
from rest_bridge.policy import status_chooser
from rest_bridge.product import error_table, method_policy
from rest_bridge.style import STYLE
from server.methods import Method, load_methods
from tests.support.document import check
from tests.support.world import World

CODEC = Codec(STYLE)
METHODS = {f"{m.descriptor.containing_service.name}.{m.descriptor.name}": m for m in load_methods()}
ERRORS = error_table()
PLACE = re.compile(r"\{([a-z_.]+)[^}]*\}")


@dataclass
class Answer:
    """What came back, in the words of both worlds."""

    code: str
    http: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    # False for a request that has no gRPC form: the codec refused it, nothing was sent.
    sent: bool = True


@dataclass
class Rule:
    """The first HTTP rule of a method."""

    verb: str
    path: str
    body: str
    response_body: str


class Transport(Protocol):
    """A way in."""

    name: str

    async def call(
        self, method: Method, request: dict[str, Any], credentials: Mapping[str, str]
    ) -> Answer: ...


def rule_of(method: Method) -> Rule | None:
    """The route of a method, or None when it has none."""
    http = method.descriptor.GetOptions().Extensions[annotations_pb2.http]
    verb = http.WhichOneof("pattern")
    if verb is None:
        return None
    return Rule(verb.upper(), getattr(http, verb), http.body, http.response_body)


class Grpc:
    """The gRPC port. A request that does not fit the message at all has no gRPC form: it is refused by the codec."""

    name = "grpc"

    def __init__(self, world: World) -> None:
        options = [("grpc.max_receive_message_length", 64 << 20)]
        self._channel = grpc.aio.insecure_channel(world.grpc_address, options=options)

    async def call(self, method: Method, request: dict[str, Any], credentials: Mapping[str, str]) -> Answer:
        try:
            message = grpc_request(method, request)
        except FieldErrors as error:
            body = {"error": {"message": "Invalid request parameters", "code": "validation_error"}}
            return Answer(
                "INVALID_ARGUMENT", 400, {"error": {**body["error"], "details": error.errors}}, sent=False
            )
        try:
            reply, metadata = await self._send(method, message, credentials)
        except grpc.aio.AioRpcError as error:
            return _failure(error)
        return _success(method, reply, metadata)

    async def _send(
        self, method: Method, message: Message, credentials: Mapping[str, str]
    ) -> tuple[Any, dict[str, str]]:
        kind = ("stream" if method.client_streaming else "unary") + (
            "_stream" if method.server_streaming else "_unary"
        )
        rpc = getattr(self._channel, kind)(
            method.path, method.request_class.SerializeToString, method.response_class.FromString
        )
        argument: Any = _one(message) if method.client_streaming else message
        call = rpc(argument, metadata=tuple(credentials.items()), timeout=60)
        if method.server_streaming:
            messages = [item async for item in call]
            return messages[-1] if messages else None, _texts(await call.initial_metadata())
        reply = await call
        return reply, _texts(await call.initial_metadata())

    async def close(self) -> None:
        await self._channel.close()


class Rest:
    """A bridge, asked without sockets."""

    def __init__(self, name: str, bridge: Bridge) -> None:
        self.name = name
        self.http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=bridge), base_url="http://testserver", timeout=60
        )

    async def call(self, method: Method, request: dict[str, Any], credentials: Mapping[str, str]) -> Answer:
        rule = rule_of(method)
        assert rule is not None, f"{method.path} has no route"
        url, content = rest_request(rule, request)
        headers = dict(credentials)
        if content is not None:
            headers["content-type"] = "application/json"
        response = await self.http.request(rule.verb, url, content=content, headers=headers)
        # Every answer of every case is held against the OpenAPI document too.
        check(documented_path(rule), rule.verb.lower(), response)
        return answer_of(response)

    async def close(self) -> None:
        await self.http.aclose()


def documented_path(rule: Rule) -> str:
    """The path as the OpenAPI document prints it."""
    return rule.path + "/" if rule.path.startswith("/api/") else rule.path


def answer_of(response: httpx2.Response) -> Answer:
    """An HTTP response as an answer; the gRPC code is told from the error code."""
    body: Any = response.content
    if response.headers.get("content-type", "").startswith("application/json"):
        body = orjson.loads(response.content)
    code = "OK"
    if response.status_code >= 400 and isinstance(body, dict) and "error" in body:
        row = ERRORS.rows[body["error"]["code"]]
        code = next(c.name for c in grpc.StatusCode if c.value[0] == row.grpc)
    return Answer(code, response.status_code, body or None, dict(response.headers))


def rest_request(rule: Rule, request: dict[str, Any]) -> tuple[str, bytes | None]:
    """The URL and body of a request, split as the rule says."""
    rest = dict(request)
    path = PLACE.sub(lambda place: quote(str(rest.pop(place[1], "-")), safe=""), rule.path) + "/"
    if rule.body == "*":
        return path, orjson.dumps(rest)
    body = None
    if rule.body:
        body = orjson.dumps(rest.pop(rule.body, {}))
        rest.pop("update_mask", None)
    query = urlencode([(name, _query_text(value)) for name, value in rest.items()])
    return path + (f"?{query}" if query else ""), body


def grpc_request(method: Method, request: dict[str, Any]) -> Message:
    """The request message; an update mask is the keys of the changes, as the bridge makes it."""
    filled = dict(request)
    if "update_mask" in method.descriptor.input_type.fields_by_name and "update_mask" not in filled:
        rule = rule_of(method)
        assert rule is not None
        filled["update_mask"] = ",".join(_camel(name) for name in filled.get(rule.body, {}))
    return CODEC.read_plain(filled, method.request_class)


async def _one(message: Message) -> AsyncIterator[Message]:
    yield message


def _success(method: Method, reply: Any, metadata: dict[str, str]) -> Answer:
    if reply is None:
        return Answer("OK", 200, None, metadata)
    rule = rule_of(method)
    policy = method_policy(method.descriptor)
    chooser = status_chooser(policy, method.descriptor.output_type, codec=CODEC)
    status = chooser(reply)[0] if chooser else policy.success_status
    if method.response_class.DESCRIPTOR.full_name == "google.api.HttpBody":
        return Answer("OK", status, reply.data, metadata)
    shown = getattr(reply, rule.response_body) if rule and rule.response_body else reply
    return Answer("OK", status, None if status == 204 else CODEC.to_plain(shown), metadata)


def _failure(error: grpc.aio.AioRpcError) -> Answer:
    status = rpc_status.from_call(error)  # type: ignore[arg-type]
    assert status is not None, f"no google.rpc.Status in {error}"
    answer = ERRORS.answer(status)
    headers = {**_texts(error.initial_metadata()), **_texts(error.trailing_metadata())}
    return Answer(error.code().name, answer.http, orjson.loads(answer.body), headers)


def _texts(metadata: Any) -> dict[str, str]:
    return {name: value for name, value in metadata or () if isinstance(value, str)}


def _query_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.title() for part in tail)
