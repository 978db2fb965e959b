"""What a request may cost before anything is built from it, and HTTP that could be read two ways."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from rest_bridge.errors import DEADLINE_EXCEEDED, PAYLOAD_TOO_LARGE, VALIDATION_ERROR, Refusal

Scope = MutableMapping[str, Any]
Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]

KIB = 1024
MIB = 1024 * KIB
REQUEST_TIMEOUT = 408
# A longer body nobody will read is not waited for: the connection ends with the refusal.
DISCARDED_BYTES = 64 * KIB


@dataclass(frozen=True)
class HttpLimits:
    """Bytes, counts and seconds of one HTTP request."""

    body_bytes: int = 4 * MIB
    upload_bytes: int = 256 * MIB
    upload_parts: int = 64
    upload_field_bytes: int = 64 * KIB
    header_bytes: int = 16 * KIB
    header_count: int = 100
    url_bytes: int = 8 * KIB
    # One forwarded value, and all together: gRPC servers start to refuse metadata near 8 KiB.
    forwarded_value_bytes: int = 4 * KIB
    forwarded_bytes: int = 5 * KIB
    refusal_bytes: int = 2 * KIB
    body_seconds: float = 30.0  # a JSON body must have arrived by then
    upload_idle_seconds: float = 30.0  # between two pieces of an upload
    deadline_seconds: float = 120.0  # longest, and default, deadline of a call


class TrackedBody:
    """A `receive` that knows whether the body has been read to its end."""

    __slots__ = ("_receive", "unread")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.unread = True

    async def __call__(self) -> Event:
        event = await self._receive()
        self.unread = event["type"] == "http.request" and event.get("more_body", False)
        return event


class Disconnected(Exception):
    """The client left before its request was complete."""


def malformed(message: str) -> Refusal:
    """HTTP that is not well formed, or could be understood in two ways."""
    return Refusal(VALIDATION_ERROR, message, closing=True)


def over_limit(limit: int) -> Refusal:
    """The body is above its cap."""
    return Refusal(PAYLOAD_TOO_LARGE, f"The request body is larger than {limit} bytes.", closing=True)


def check_framing(lengths: list[bytes], encodings: list[bytes], *, hosts: int) -> None:
    """Refuse requests two HTTP parsers may frame differently.

    Raises:
        Refusal: validation_error.
    """
    if hosts != 1:
        raise malformed("The request must have exactly one Host header.")
    if lengths and encodings:
        raise malformed("Content-Length and Transfer-Encoding exclude each other.")
    if len(lengths) > 1 or (lengths and not lengths[0].isdigit()):
        raise malformed("Content-Length must be given once, as a decimal number.")
    if len(encodings) > 1 or (encodings and encodings[0].lower() != b"chunked"):
        raise malformed("The only Transfer-Encoding understood is 'chunked'.")


async def read_body(receive: Receive, limit: int, *, seconds: float) -> bytes:
    """The whole body, at most `limit` bytes, within `seconds`.

    Raises:
        Refusal: payload_too_large, or deadline_exceeded (408) when it comes too slowly.
        Disconnected: the client left.
    """
    try:
        async with asyncio.timeout(seconds):
            event = await receive()
            if event["type"] == "http.request" and not event.get("more_body", False):
                body: bytes = event.get("body", b"")
                if len(body) > limit:
                    raise over_limit(limit)
                return body
            return await _gathered(event, receive, limit=limit)
    except TimeoutError:
        raise _slow(seconds) from None


async def _gathered(event: Event, receive: Receive, *, limit: int) -> bytes:
    body = bytearray()
    while True:
        if event["type"] == "http.disconnect":
            raise Disconnected
        body += event.get("body", b"")
        if len(body) > limit:
            raise over_limit(limit)
        if not event.get("more_body", False):
            return bytes(body)
        event = await receive()


async def body_pieces(receive: Receive, limit: int, *, idle_seconds: float) -> AsyncIterator[bytes]:
    """The body as it comes, for uploads; pulled, so the sender feels a slow consumer.

    Raises:
        Refusal: payload_too_large, or deadline_exceeded (408) after `idle_seconds` of silence.
        Disconnected: the client left.
    """
    size = 0
    more = True
    while more:
        try:
            async with asyncio.timeout(idle_seconds):
                event = await receive()
        except TimeoutError:
            raise _slow(idle_seconds) from None
        if event["type"] == "http.disconnect":
            raise Disconnected
        piece = event.get("body", b"")
        size += len(piece)
        if size > limit:
            raise over_limit(limit)
        more = event.get("more_body", False)
        if piece:
            yield piece


def _slow(seconds: float) -> Refusal:
    text = f"The request body did not arrive within {seconds:g} seconds."
    return Refusal(DEADLINE_EXCEEDED, text, http=REQUEST_TIMEOUT, closing=True)
