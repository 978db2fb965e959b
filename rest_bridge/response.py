"""From replies, streams and failures to HTTP answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from google.api import httpbody_pb2
from google.protobuf.message import Message

from rest_bridge.binding import Binding
from rest_bridge.channel import Reply
from rest_bridge.codec import Codec
from rest_bridge.errors import NOT_ACCEPTABLE, ErrorAnswer, Refusal
from rest_bridge.headers import RATE_HEADERS, RawHeaders, printable, response_headers
from rest_bridge.limits import Send, TrackedBody
from rest_bridge.media import EVENT_STREAM, accepts, asks_for
from rest_bridge.policy import JSON, NDJSON, MethodPolicy, status_chooser

HTTP_BODY = httpbody_pb2.HttpBody.DESCRIPTOR.full_name
OCTETS = "application/octet-stream"
NO_CONTENT = 204
UNAUTHORIZED = 401

_JSON_TYPE = (b"content-type", b"application/json")
_CLOSE = (b"connection", b"close")
_BEARER = (b"www-authenticate", b"Bearer")

Writer = Callable[[Message], bytes]


class PublicRate:
    """The rate-limit headers of answers for which the core gave none: the last public ones, or a full window."""

    def __init__(self, limit: int | None, window_seconds: int) -> None:
        self._limit = limit
        self._window = window_seconds
        self._last: RawHeaders = []
        self._reset = 0

    def remember(self, metadata: Mapping[str, str]) -> None:
        """Keep the values of a public bucket."""
        reset = metadata.get("x-ratelimit-reset", "")
        if metadata.keys() >= RATE_HEADERS and reset.isdigit():
            self._last = response_headers({name: metadata[name] for name in sorted(RATE_HEADERS)})
            self._reset = int(reset)

    def headers(self) -> RawHeaders:
        """Limit, remaining and reset; nothing when no public limit is known."""
        now = int(time.time())
        if self._reset > now:
            return self._last
        if self._limit is None:
            return []
        limit = b"%d" % self._limit
        return [
            (b"x-ratelimit-limit", limit),
            (b"x-ratelimit-remaining", limit),
            (b"x-ratelimit-reset", b"%d" % (now + self._window)),
        ]


class Exchange:
    """One HTTP answer under way: the headers every answer carries, and HEAD answers without a body."""

    def __init__(self, send: Send, *, head: bool, rate: PublicRate, extra: RawHeaders) -> None:
        self._send = send
        self._head = head
        self._rate = rate
        self._extra = extra
        self.request_id = ""
        self.started = False
        self.body: TrackedBody | None = None  # a long request body, which may be left unread

    async def start(self, status: int, headers: RawHeaders, *, metadata: Mapping[str, str]) -> None:
        """Send the status line and all headers."""
        every = [*headers, (b"x-request-id", self.request_id.encode("ascii")), *response_headers(metadata)]
        if "x-ratelimit-limit" not in metadata:
            every += self._rate.headers()
        every += self._extra
        self.started = True
        await self._send({"type": "http.response.start", "status": status, "headers": every})

    async def piece(self, data: bytes) -> None:
        """Send a part of the body."""
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def end(self, data: bytes = b"") -> None:
        """Send the last part of the body."""
        await self._send({"type": "http.response.body", "body": b"" if self._head else data})

    @property
    def head(self) -> bool:
        """Whether the answer has headers only."""
        return self._head

    async def whole(
        self, status: int, headers: RawHeaders, *, body: bytes, metadata: Mapping[str, str]
    ) -> None:
        """Send an answer whose body is known."""
        headers.append((b"content-length", b"%d" % len(body)))
        await self.start(status, headers, metadata=metadata)
        await self.end(body)

    async def empty(self, status: int, headers: RawHeaders, *, metadata: Mapping[str, str]) -> None:
        """Send an answer that has no body by its nature."""
        await self.start(status, headers, metadata=metadata)
        await self.end()

    async def failed(
        self, answer: ErrorAnswer, metadata: Mapping[str, str], *, refusal: Refusal | None = None
    ) -> None:
        """Send the error envelope."""
        headers = [_JSON_TYPE]
        if answer.retry_after is not None and "retry-after" not in metadata:
            headers.append((b"retry-after", b"%d" % answer.retry_after))
        if answer.http == UNAUTHORIZED and "www-authenticate" not in metadata:
            headers.append(_BEARER)
        if refusal is not None and refusal.allow:
            headers.append((b"allow", ", ".join(refusal.allow).encode("ascii")))
        if (refusal is not None and refusal.closing) or (self.body is not None and self.body.unread):
            headers.append(_CLOSE)
        await self.whole(answer.http, headers, body=answer.body, metadata=metadata)


class Framing:
    """How the messages of a stream follow one another; each message is one piece."""

    media = NDJSON

    def message(self, data: bytes) -> bytes:
        """One message."""
        return data + b"\n"

    def error(self, envelope: bytes) -> bytes:
        """The failure that ends a stream."""
        return envelope + b"\n"

    def end(self) -> bytes:
        """What closes the stream."""
        return b""


class EventStream(Framing):
    """Server-sent events."""

    media = EVENT_STREAM

    def message(self, data: bytes) -> bytes:
        """One `data:` line; JSON as we write it has no line breaks."""
        return b"data: " + data + b"\n\n"

    def error(self, envelope: bytes) -> bytes:
        """An event of the type "error"."""
        return b"event: error\ndata: " + envelope + b"\n\n"


class JsonArray(Framing):
    """One JSON array, for clients that take nothing but application/json."""

    media = JSON

    def __init__(self) -> None:
        self._open = False

    def message(self, data: bytes) -> bytes:
        """An element with the bracket or comma before it."""
        lead = b"," if self._open else b"["
        self._open = True
        return lead + data

    def error(self, envelope: bytes) -> bytes:
        """The failure is the last element."""
        return self.message(envelope)

    def end(self) -> bytes:
        """The closing bracket."""
        return b"]" if self._open else b"[]"


def framing_for(accept: bytes) -> Framing | None:
    """The framing an Accept header asks for: events when named, lines by default, an array for JSON only."""
    if asks_for(accept, EVENT_STREAM):
        return EventStream()
    for framing in (Framing, EventStream, JsonArray):
        if accepts(accept, framing.media):
            return framing()
    return None


class Responder:
    """Answers of one binding, compiled at start."""

    def __init__(self, binding: Binding, policy: MethodPolicy, *, codec: Codec) -> None:
        output = binding.info.descriptor.output_type
        self._field = binding.response_body
        self._status = policy.success_status
        self._choose = status_chooser(policy, output, codec=codec)
        inner = output.fields_by_name[self._field].message_type if self._field else output
        self.raw = inner is not None and inner.full_name == HTTP_BODY
        self.write = _writer(binding, codec)
        codec.writer_for(output)

    def check_acceptable(self, accept: bytes) -> None:
        """Refuse before anything runs what could not be printed afterwards.

        Raises:
            Refusal: not_acceptable.
        """
        if accept and not self.raw and self._status != NO_CONTENT and not accepts(accept, JSON):
            raise Refusal(NOT_ACCEPTABLE, f"This method answers in {JSON}.")

    async def send(self, exchange: Exchange, reply: Reply) -> None:
        """Answer with one message."""
        status, location = self._choose(reply.message) if self._choose else (self._status, b"")
        headers: RawHeaders = []
        if location and "location" not in reply.metadata:
            headers.append((b"location", location))
        if status == NO_CONTENT:
            await exchange.empty(status, headers, metadata=reply.metadata)
            return
        if self.raw:
            body = self.body(reply.message)
            headers.append((b"content-type", content_type(body)))
            await exchange.whole(status, headers, body=body.data, metadata=reply.metadata)
            return
        headers.append(_JSON_TYPE)
        await exchange.whole(status, headers, body=self.write(reply.message), metadata=reply.metadata)

    def body(self, message: Any) -> httpbody_pb2.HttpBody:
        """The google.api.HttpBody of an answer."""
        return getattr(message, self._field) if self._field else message

    @property
    def success_status(self) -> int:
        """The status of a stream that begins well."""
        return self._status


def content_type(body: httpbody_pb2.HttpBody) -> bytes:
    """The content type a raw body names, or octets."""
    named: str = body.content_type
    return (named if named and printable(named) else OCTETS).encode("ascii")


def _writer(binding: Binding, codec: Codec) -> Writer:
    if not binding.response_body:
        return codec.write
    field = binding.info.descriptor.output_type.fields_by_name[binding.response_body]
    name = field.name
    key = name if codec.style.proto_names else field.json_name
    if field.message_type is not None and not field.is_repeated:

        def write(message: Message) -> bytes:
            return codec.write(getattr(message, name)) if message.HasField(name) else b"null"

        return write

    def write_plain(message: Message) -> bytes:
        return orjson.dumps(codec.to_plain(message).get(key))

    return write_plain
