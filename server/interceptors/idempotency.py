"""One execution for each Idempotency-Key: the first outcome is kept a day and replayed.

The execution runs in a task of its own: a caller who hangs up does not stop it, so that the retry the key is meant for
finds the outcome, not a second execution.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Any

import structlog
from google.rpc import status_pb2
from sqlalchemy import Row

from server.call import Call
from server.clock import SECOND, Clock, now
from server.errors import ApiError, Refused, invalid
from server.interceptors.chain import Handler
from server.methods import ContractError, Method
from server.stores import idempotency
from server.stores.session import Database

HEADER = "Idempotency-Key"
MAX_KEY_CHARACTERS = 255
HEARTBEATS_A_LEASE = 3
RETRY_SECONDS = 1
FINISH_TRIES = 3
# Failures that leave something behind (a failed report); all others leave nothing, and the key may be used again.
KEPT_ERRORS = frozenset({"data_source_unavailable"})

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Claim:
    """A key held by one execution."""

    organization_id: str
    id: str


class Idempotency:
    """Claims the key, runs the method, keeps the outcome; or replays it."""

    name = "idempotency"
    after: tuple[str, ...] = ("authenticate", "rate_limit", "authorize", "validate")

    def __init__(self, database: Database, *, lease_seconds: float, clock: Clock = now) -> None:
        """A claim not renewed for `lease_seconds` is taken over: its process died."""
        self._database = database
        self._lease_seconds = lease_seconds
        self._clock = clock
        self._running: set[asyncio.Task[Any]] = set()

    def wrap(self, method: Method, proceed: Handler) -> Handler:
        if not method.policy.idempotency_key:
            return proceed
        if method.client_streaming or method.server_streaming:
            raise ContractError(f"{method.path}: a stream cannot be kept under an {HEADER}")

        async def once(call: Call, request: Any) -> Any:
            key = call.metadata.get("idempotency-key")
            if key is None:
                return await proceed(call, request)
            held = await self._claim(call.caller.organization_id, _use(call, key, request))
            if not isinstance(held, Claim):
                return _replay(call, held)
            return await self._detached(self._execute(held, proceed, call, request))

        return once

    async def close(self) -> None:
        """Wait for executions whose callers are gone."""
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _claim(self, organization_id: str, use: idempotency.Use) -> "Claim | Row[Any]":
        """The claim, or the finished row to replay; raises ApiError `conflict` when neither can be had."""
        moment = self._clock()
        lease_until = self._lease_until()
        async with self._database.write() as tx:
            await idempotency.purge(tx, organization_id, now=moment)
            claim_id = await idempotency.claim(tx, organization_id, use, now=moment, lease_until=lease_until)
            held = None if claim_id else await idempotency.fetch(tx, organization_id, use)
            if held is not None:
                if held.request_hash != use.request_hash:
                    raise ApiError("conflict", f"This {HEADER} was used with another request.")
                if held.response is not None:
                    return held
                if held.lease_until <= moment:
                    claim_id = await idempotency.take_over(tx, organization_id, held, lease_until=lease_until)
        if claim_id is None:
            raise ApiError(
                "conflict", f"A request with this {HEADER} is being executed.", retry_after=RETRY_SECONDS
            )
        return Claim(organization_id, claim_id)

    async def _detached(self, execution: Any) -> Any:
        task = asyncio.create_task(execution)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def _execute(self, claim: Claim, proceed: Handler, call: Call, request: Any) -> Any:
        work = asyncio.ensure_future(proceed(call, request))
        while not (await asyncio.wait({work}, timeout=self._lease_seconds / HEARTBEATS_A_LEASE))[0]:
            await self._renew(claim)
        try:
            response = work.result()
        except ApiError as error:
            await self._end_failed(claim, error)
            raise
        except BaseException:
            await self._release(claim)
            raise
        await self._finish(claim, response.SerializeToString(deterministic=True), failed=False)
        return response

    async def _renew(self, claim: Claim) -> None:
        try:
            async with self._database.write() as tx:
                await idempotency.renew(tx, claim.organization_id, claim.id, lease_until=self._lease_until())
        except ApiError as error:
            log.warning("lease not renewed", error=error.message)

    async def _end_failed(self, claim: Claim, error: ApiError) -> None:
        if error.word in KEPT_ERRORS:
            await self._finish(claim, error.status().SerializeToString(deterministic=True), failed=True)
        else:
            await self._release(claim)

    async def _finish(self, claim: Claim, response: bytes, *, failed: bool) -> None:
        for _ in range(FINISH_TRIES):
            try:
                async with self._database.write() as tx:
                    await idempotency.finish(
                        tx, claim.organization_id, claim.id, response=response, failed=failed
                    )
                return
            except ApiError as error:
                log.warning("outcome not kept yet", claim=claim.id, error=error.message)
        # The work is done and its answer is told all the same; only a replay is lost.
        log.error("outcome not kept", claim=claim.id)

    async def _release(self, claim: Claim) -> None:
        try:
            async with self._database.write() as tx:
                await idempotency.release(tx, claim.organization_id, claim.id)
        except ApiError as error:
            log.warning("key not released; its lease will end", claim=claim.id, error=error.message)

    def _lease_until(self) -> int:
        return self._clock() + int(self._lease_seconds * SECOND)


def _use(call: Call, key: str, request: Any) -> idempotency.Use:
    if not (0 < len(key) <= MAX_KEY_CHARACTERS and key.isascii() and key.isprintable()):
        raise invalid({HEADER: [f"Give 1 to {MAX_KEY_CHARACTERS} printable ASCII characters."]})
    # Of the person, not of the session: a retry after signing in again is still the same request.
    return idempotency.Use(
        bucket=f"user:{call.caller.user_id}",
        method=call.method.path,
        key=key,
        request_hash=hashlib.sha256(request.SerializeToString(deterministic=True)).hexdigest(),
    )


def _replay(call: Call, row: Row[Any]) -> Any:
    call.reply["idempotent-replayed"] = "true"
    if row.failed:
        raise Refused(status_pb2.Status.FromString(row.response))
    return call.method.response_class.FromString(row.response)
