"""Refusals of the bridge, sent through the core so that its earlier ones come first and the rate headers are right."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from google.protobuf.message import Message
from google.rpc import status_pb2

from rest_bridge.channel import CallFailed, Channel, Metadata, MethodInfo
from rest_bridge.configuration import Product
from rest_bridge.errors import ErrorTable, Refusal
from rest_bridge.response import Exchange, PublicRate

REFUSAL_SECONDS = 5.0
LONGEST_MESSAGE = 300


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What the core made of a refusal: its metadata, and its own status when that comes first."""

    metadata: Mapping[str, str]
    earlier: status_pb2.Status | None = None


class Refuser:
    """Asks the core about requests the bridge itself will not serve."""

    def __init__(self, channel: Channel, product: Product, *, rate: PublicRate) -> None:
        if (
            product.edge_refuse is not None
            and "status" not in product.edge_refuse.request_class.DESCRIPTOR.fields_by_name
        ):
            raise ValueError(
                f"{product.edge_refuse.full_name} needs a request field 'status' of google.rpc.Status."
            )
        self._channel = channel
        self._product = product
        self._errors = product.errors
        self._rate = rate

    async def refuse(
        self, exchange: Exchange, refusal: Refusal, *, method: MethodInfo | None, metadata: Metadata
    ) -> None:
        """Answer with the refusal, or with what the core has against the caller before it."""
        if method is None:
            outcome = await self._at_edge(refusal, metadata)
        else:
            outcome = await self._at_method(method, refusal, metadata=metadata)
        if outcome.earlier is not None:
            await exchange.failed(self._errors.answer(outcome.earlier), outcome.metadata)
            return
        answer = self._errors.answer(self._errors.status(refusal), refusal.http)
        await exchange.failed(answer, outcome.metadata, refusal=refusal)

    async def admit(self, metadata: Metadata) -> Mapping[str, str]:
        """Count a request for something the bridge serves itself.

        Raises:
            CallFailed: the core refuses the caller.
        """
        method = self._product.edge_admit
        if method is None:
            return {}
        try:
            reply = await self._channel.unary(
                method, method.request_class(), metadata=metadata, timeout=REFUSAL_SECONDS
            )
        except CallFailed as failure:
            if self._errors.reason(failure.status):
                raise
            return failure.metadata  # a page that needs no core is served while the core is away
        self._rate.remember(reply.metadata)
        return reply.metadata

    async def _at_edge(self, refusal: Refusal, metadata: Metadata) -> _Outcome:
        method = self._product.edge_refuse
        if method is None:
            return _Outcome({})
        request = method.request_class(status=self._errors.status(refusal))
        try:
            reply = await self._channel.unary(method, request, metadata=metadata, timeout=REFUSAL_SECONDS)
        except CallFailed as failure:
            self._rate.remember(failure.metadata)
            reason = self._errors.reason(failure.status)
            # An unreachable core has no say about a route that does not exist.
            return _Outcome(failure.metadata, failure.status if reason not in ("", refusal.code) else None)
        return _Outcome(reply.metadata)

    async def _at_method(self, method: MethodInfo, refusal: Refusal, *, metadata: Metadata) -> _Outcome:
        if not self._product.refusal_key:
            return _Outcome({})
        status = _bounded(self._errors, refusal, limit=self._product.limits.refusal_bytes)
        carried = [*metadata, (self._product.refusal_key, status.SerializeToString())]
        try:
            return _Outcome(await self._call_empty(method, carried))
        except CallFailed as failure:
            own = self._errors.reason(failure.status) == refusal.code
            return _Outcome(failure.metadata, None if own else failure.status)

    async def _call_empty(self, method: MethodInfo, metadata: Metadata) -> Mapping[str, str]:
        request = _nothing() if method.client_streaming else method.request_class()
        if not method.server_streaming:
            reply = await self._channel.unary(method, request, metadata=metadata, timeout=REFUSAL_SECONDS)
            return reply.metadata
        call = self._channel.stream(method, request, metadata=metadata, timeout=REFUSAL_SECONDS)
        try:
            return await call.start()
        finally:
            await call.aclose()


async def _nothing() -> AsyncIterator[Message]:
    """A client stream without messages."""
    none: tuple[Message, ...] = ()
    for message in none:
        yield message


def _bounded(errors: ErrorTable, refusal: Refusal, *, limit: int) -> status_pb2.Status:
    """The refusal small enough for metadata; the caller still gets all of it from the bridge."""
    status = errors.status(refusal)
    details = list(refusal.details.items())
    while status.ByteSize() > limit:
        if not details:
            return errors.status(Refusal(refusal.code, refusal.message[:LONGEST_MESSAGE]))
        details = details[: len(details) // 2]
        status = errors.status(
            Refusal(refusal.code, refusal.message[:LONGEST_MESSAGE], details=dict(details))
        )
    return status
