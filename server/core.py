"""The core: every method with its chain, composed once; transports call it."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from google.protobuf.message import Message

from server.call import Call
from server.errors import ApiError
from server.interceptors.chain import Handler, Interceptor, check_order, compose
from server.interceptors.recover import translate
from server.methods import ContractError, Method


def snake_case(name: str) -> str:
    """`GetReport` -> `get_report`."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


class Core:
    """Methods by path, each behind the whole chain. Counts what is under way, for a graceful stop."""

    def __init__(
        self, methods: Sequence[Method], services: Mapping[str, object], interceptors: Sequence[Interceptor]
    ) -> None:
        check_order(interceptors)
        self.methods = {method.path: method for method in methods}
        self._handlers = {
            method.path: compose(interceptors, method, _service_handler(method, services))
            for method in methods
        }
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._draining = False

    @property
    def draining(self) -> bool:
        """Whether the core has stopped taking calls."""
        return self._draining

    async def unary(self, call: Call, request: Any) -> Message:
        """The one answer of a call; raises ApiError and nothing else."""
        self._enter()
        try:
            async with asyncio.timeout_at(call.deadline):
                response: Message = await self._handlers[call.method.path](call, request)
                return response
        except TimeoutError as error:
            raise ApiError("deadline_exceeded") from error
        finally:
            self._leave()

    async def stream(self, call: Call, request: Any) -> AsyncIterator[Message]:
        """The answers of a server stream; raises ApiError and nothing else."""
        self._enter()
        try:
            async with asyncio.timeout_at(call.deadline):
                messages = await self._handlers[call.method.path](call, request)
                # Closed here when the caller leaves early, so that what the method holds is let go at once.
                async with aclosing(messages):
                    async for message in messages:
                        yield message
        except TimeoutError as error:
            raise ApiError("deadline_exceeded") from error
        except Exception as error:
            raise translate(call, error) from error
        finally:
            self._leave()

    async def drain(self, seconds: float) -> bool:
        """Take nothing new and wait for what is under way; whether all of it ended in time."""
        self._draining = True
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            return False
        return True

    def _enter(self) -> None:
        if self._draining:
            raise ApiError("service_unavailable", "The server is stopping.", retry_after=1)
        self._under_way += 1
        self._idle.clear()

    def _leave(self) -> None:
        self._under_way -= 1
        if self._under_way == 0:
            self._idle.set()


def _service_handler(method: Method, services: Mapping[str, object]) -> Handler:
    service = services.get(method.service)
    name = snake_case(method.descriptor.name)
    function = getattr(service, name, None)
    if function is None:
        raise ContractError(f"{method.path}: no {name} on {type(service).__name__}")
    if not inspect.isasyncgenfunction(function):
        handler: Handler = function
        return handler

    async def start_stream(call: Call, request: Any) -> Any:
        return function(call, request)

    return start_stream
