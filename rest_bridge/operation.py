"""One binding, compiled: how to read its requests, call its method and answer."""

from __future__ import annotations

import asyncio

from rest_bridge.binding import Binding
from rest_bridge.channel import CallFailed, Channel, Reply
from rest_bridge.configuration import Product
from rest_bridge.errors import NOT_ACCEPTABLE, Refusal
from rest_bridge.request import Intake, MessageReader, RequestStream, StreamReader
from rest_bridge.response import Exchange, Framing, Responder, framing_for
from rest_bridge.streams import DisconnectWatch, send_stream


class Operation:
    """Serves the requests of one binding."""

    def __init__(self, binding: Binding, channel: Channel, *, product: Product) -> None:
        """Compile; raises RuleError when the rule does not fit the method's messages."""
        policy = product.policy(binding.info.descriptor)
        self.info = binding.info
        self.variables = binding.template.variables
        self.consumes = policy.consumes if binding.body else ""
        self._channel = channel
        self._errors = product.errors
        self._responder = Responder(binding, policy, codec=product.codec)
        self._messages: MessageReader | None = None
        self._stream: StreamReader | None = None
        if binding.info.client_streaming:
            self._stream = StreamReader(binding, policy, codec=product.codec, limits=product.limits)
        else:
            self._messages = MessageReader(
                binding,
                policy,
                codec=product.codec,
                limits=product.limits,
                ignored_query=product.ignored_query,
            )

    async def serve(self, intake: Intake, exchange: Exchange) -> None:
        """Read, call, answer.

        Raises:
            Refusal: before the method ran.
            CallFailed: the method failed.
            Disconnected: the client left.
        """
        if self.info.server_streaming:
            await self._serve_stream(intake, exchange)
            return
        self._responder.check_acceptable(intake.headers.accept)
        if self._messages is None:
            reply = await self._upload(intake)
        else:
            reply = await self._unary(intake, self._messages)
        await self._responder.send(exchange, reply)

    async def _unary(self, intake: Intake, messages: MessageReader) -> Reply:
        request = await messages.read(intake)
        headers = intake.headers
        with DisconnectWatch(intake.receive):
            return await self._channel.unary(
                self.info, request, metadata=headers.metadata, timeout=headers.timeout
            )

    async def _upload(self, intake: Intake) -> Reply:
        request = self._requests(intake)
        headers = intake.headers
        try:
            return await self._channel.unary(
                self.info, aiter(request), metadata=headers.metadata, timeout=headers.timeout
            )
        except (asyncio.CancelledError, CallFailed):
            _raise_own(request)
            raise

    async def _serve_stream(self, intake: Intake, exchange: Exchange) -> None:
        framing = Framing() if self._responder.raw else framing_for(intake.headers.accept)
        if framing is None:
            raise Refusal(NOT_ACCEPTABLE, "This method answers in application/x-ndjson or text/event-stream.")
        if self._messages is None:
            await self._both_ways(intake, exchange, framing=framing)
            return
        call = self._channel.stream(
            self.info,
            await self._messages.read(intake),
            metadata=intake.headers.metadata,
            timeout=intake.headers.timeout,
        )
        with DisconnectWatch(intake.receive, 0):
            await send_stream(exchange, call, responder=self._responder, framing=framing, errors=self._errors)

    async def _both_ways(self, intake: Intake, exchange: Exchange, *, framing: Framing) -> None:
        request = self._requests(intake)
        headers = intake.headers
        call = self._channel.stream(
            self.info, aiter(request), metadata=headers.metadata, timeout=headers.timeout
        )
        try:
            await send_stream(exchange, call, responder=self._responder, framing=framing, errors=self._errors)
        except (asyncio.CancelledError, CallFailed):
            _raise_own(request)
            raise

    def _requests(self, intake: Intake) -> RequestStream:
        if self._stream is None:
            raise RuntimeError(f"{self.info.full_name} takes one request message.")
        return self._stream.read(intake)


def _raise_own(request: RequestStream) -> None:
    """The cause of a call that ended because its request stream broke off; an outer cancellation stays one."""
    task = asyncio.current_task()
    if request.failure is not None and not (task is not None and task.cancelling()):
        raise request.failure from None
