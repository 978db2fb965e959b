"""Calls that outlive one message: server streams as HTTP bodies, and callers who leave."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import TracebackType

from rest_bridge.channel import CallFailed, StreamCall
from rest_bridge.errors import ErrorTable
from rest_bridge.limits import Disconnected, Receive
from rest_bridge.response import Exchange, Framing, Responder, content_type

# A short call is cheaper to finish than to watch.
UNWATCHED_SECONDS = 0.5


class DisconnectWatch:
    """Cancels the task inside when the client leaves, which then raises Disconnected."""

    def __init__(self, receive: Receive, delay_seconds: float = UNWATCHED_SECONDS) -> None:
        """`receive` must have no body left to give."""
        self._receive = receive
        self._delay = delay_seconds
        self._gone = False
        self._watcher: asyncio.Task[None] | None = None

    def __enter__(self) -> None:
        owner = asyncio.current_task()
        if owner is None:
            raise RuntimeError("A watch needs a task to cancel.")
        self._owner = owner
        self._timer = asyncio.get_running_loop().call_later(self._delay, self._begin)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._watcher is not None:
            self._watcher.cancel()
        if self._gone and self._owner.uncancel() == 0 and isinstance(error, asyncio.CancelledError):
            raise Disconnected from error

    def _begin(self) -> None:
        self._watcher = asyncio.get_running_loop().create_task(self._watch())

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        self._owner.cancel()


async def send_stream(
    exchange: Exchange, call: StreamCall, *, responder: Responder, framing: Framing, errors: ErrorTable
) -> None:
    """Answer with a stream; sending waits for the client, and so does the call.

    Raises:
        CallFailed: before anything was sent, or in the middle of raw bytes, which have no room for an error.
    """
    try:
        metadata = await call.start()
        if responder.raw:
            await _send_raw(exchange, call, responder=responder, metadata=metadata)
        else:
            await _start(exchange, responder, framing=framing, metadata=metadata)
            await _send_framed(exchange, call, responder=responder, framing=framing, errors=errors)
    finally:
        await call.aclose()


async def _start(
    exchange: Exchange, responder: Responder, *, framing: Framing, metadata: Mapping[str, str]
) -> None:
    headers = [(b"content-type", framing.media.encode("ascii")), (b"cache-control", b"no-cache")]
    await exchange.start(responder.success_status, headers, metadata=metadata)


async def _send_framed(
    exchange: Exchange, call: StreamCall, *, responder: Responder, framing: Framing, errors: ErrorTable
) -> None:
    if exchange.head:
        await exchange.end()
        return
    try:
        async for message in call:
            await exchange.piece(framing.message(responder.write(message)))
    except CallFailed as failure:
        await exchange.piece(framing.error(errors.answer(failure.status).body))
    await exchange.end(framing.end())


async def _send_raw(
    exchange: Exchange, call: StreamCall, *, responder: Responder, metadata: Mapping[str, str]
) -> None:
    started = False
    async for message in call:
        body = responder.body(message)
        if not started:
            started = True
            kind = content_type(body)
            await exchange.start(responder.success_status, [(b"content-type", kind)], metadata=metadata)
            if exchange.head:
                break
        if body.data:
            await exchange.piece(body.data)
    if not started:
        await exchange.start(responder.success_status, [], metadata=metadata)
    await exchange.end()
