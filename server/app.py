"""The one place that knows both sides: the core with its rooms, and the bridge in front of it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message

from rest_bridge.app import Bridge
from rest_bridge.channel import CallFailed, Metadata, MethodInfo, Reply, Request
from rest_bridge.docs import static_pages
from rest_bridge.limits import HttpLimits
from rest_bridge.product import claribi, product_methods
from server.call import Call
from server.core import Core
from server.errors import ApiError
from server.interceptors.access_log import AccessLog
from server.interceptors.authenticate import Authenticate
from server.interceptors.authorize import Authorize
from server.interceptors.chain import Interceptor
from server.interceptors.rate_limit import RateLimit
from server.interceptors.recover import Recover
from server.interceptors.transaction import OneTransaction
from server.interceptors.validate import Validate
from server.methods import Method, load_methods
from server.rooms import Rooms
from server.settings import Settings
from server.transport import ADDRESS_KEY, CallMaker


def interceptors(rooms: Rooms) -> tuple[Interceptor, ...]:
    """The chain, outermost first; the reasons for this order are in interceptors/chain.py."""
    return (
        Recover(),
        AccessLog(),
        Authenticate(rooms.database, tokens=rooms.tokens, key_usage=rooms.key_usage),
        RateLimit(rooms.settings, limiter=rooms.limiter),
        Authorize(),
        Validate(),
        rooms.idempotency,
        OneTransaction(rooms.database),
    )


def build_core(rooms: Rooms) -> Core:
    """Every method behind the whole chain; raises ContractError when the protos and the code disagree."""
    return Core(load_methods(), rooms.services(), interceptors(rooms))


def build_bridge(core: Core, settings: Settings) -> Bridge:
    """The REST front in this process: the same chain, no HTTP/2 between."""
    return Bridge(product_methods(), LocalChannel(core, CallMaker(settings)), product(settings))


def product(settings: Settings) -> Any:
    """The bridge's configuration from the server's settings."""
    limits = HttpLimits(
        body_bytes=settings.max_body_bytes,
        upload_bytes=settings.max_upload_bytes,
        deadline_seconds=settings.max_deadline_seconds,
    )
    return claribi(
        limits=limits,
        pages=dict(static_pages()),
        public_limit=settings.public_requests_per_hour,
        trusted_proxies=settings.trusted_proxies,
        public_url=settings.public_url,
    )


class LocalChannel:
    """The bridge's channel into this process: messages are handed over, not serialized."""

    def __init__(self, core: Core, calls: CallMaker) -> None:
        self._core = core
        self._calls = calls

    async def unary(
        self,
        method: MethodInfo,
        request: Request,
        *,
        metadata: Metadata,
        timeout: float | None,  # noqa: ASYNC109 - a gRPC deadline travels with the call
    ) -> Reply:
        """One call through the core's chain."""
        call = self._call(method, metadata, timeout)
        try:
            response = await self._core.unary(call, request)
        except ApiError as error:
            raise CallFailed(error.status(), call.reply) from error
        return Reply(response, call.reply)

    def stream(
        self, method: MethodInfo, request: Request, *, metadata: Metadata, timeout: float | None
    ) -> "LocalStream":
        """One call with a stream of answers."""
        call = self._call(method, metadata, timeout)
        return LocalStream(call, self._core.stream(call, request))

    async def close(self) -> None:
        """Nothing is held."""

    def _call(self, method: MethodInfo, metadata: Metadata, timeout: float | None) -> Call:
        known: Method = self._core.methods[method.full_name]
        # The bridge in this process is trusted: it says the client's address.
        return self._calls.call(known, metadata, peer=_peer(metadata), timeout=timeout, trusted=True)


class LocalStream:
    """A server stream of the core."""

    def __init__(self, call: Call, messages: AsyncIterator[Message]) -> None:
        self._call = call
        self._messages = messages
        self._first: Message | None = None

    async def start(self) -> dict[str, str]:
        """Wait for the first message or the end."""
        try:
            self._first = await anext(self._messages, None)
        except ApiError as error:
            raise CallFailed(error.status(), self._call.reply) from error
        return self._call.reply

    async def __aiter__(self) -> AsyncIterator[Message]:
        if self._first is None:
            return
        yield self._first
        try:
            async for message in self._messages:
                yield message
        except ApiError as error:
            raise CallFailed(error.status(), self._call.reply) from error

    async def aclose(self) -> None:
        """Stop the method where it is."""
        close = getattr(self._messages, "aclose", None)
        if close is not None:
            await close()


def _peer(metadata: Metadata) -> str:
    return next((str(value) for name, value in metadata if name == ADDRESS_KEY), "")


@dataclass
class Application:
    """A whole server in one process: rooms, core, bridge."""

    settings: Settings
    rooms: Rooms
    core: Core
    bridge: Bridge

    @classmethod
    def build(cls, settings: Settings) -> "Application":
        """Compose; nothing is started."""
        rooms = Rooms(settings)
        core = build_core(rooms)
        return cls(settings, rooms, core, build_bridge(core, settings))

    async def start(self) -> None:
        """Start what works in the background."""
        await self.rooms.start()

    async def stop(self) -> None:
        """Take nothing new, let what is under way end, then close."""
        grace = self.settings.grace_seconds
        start = asyncio.get_running_loop().time()
        await self.core.drain(grace)
        left = max(grace - (asyncio.get_running_loop().time() - start), 0.0)
        await self.rooms.close(left)
