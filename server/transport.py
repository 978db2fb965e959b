"""From a transport's metadata to a `Call`: the same for gRPC and for the bridge in this process."""

import asyncio
import re
import secrets
from collections.abc import Iterable

from google.protobuf.message import DecodeError
from google.rpc import status_pb2

from server.call import Call
from server.clock import new_id
from server.methods import Method
from server.settings import Settings

REFUSAL_KEY = "claribi-refusal-bin"
ADDRESS_KEY = "x-client-address"
BASE_URL_KEY = "x-base-url"
BRIDGE_KEY = "x-bridge-secret"
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")

Pairs = Iterable[tuple[str, str | bytes]]


class CallMaker:
    """Makes calls; only a trusted bridge may speak for a client's address."""

    def __init__(self, settings: Settings) -> None:
        self._secret = settings.bridge_secret.get_secret_value()
        self._public_url = settings.public_url.rstrip("/")
        self._max_seconds = settings.max_deadline_seconds

    def call(
        self, method: Method, metadata: Pairs, *, peer: str, timeout: float | None, trusted: bool = False
    ) -> Call:
        """A call as it enters the chain. `timeout` in seconds is capped; `peer` is the transport's address."""
        texts: dict[str, str] = {}
        refusal = None
        for key, value in metadata:
            if isinstance(value, bytes):
                refusal = _refusal(value) if key == REFUSAL_KEY else refusal
            else:
                texts[key] = value
        trusted = trusted or self._is_bridge(texts.pop(BRIDGE_KEY, ""))
        return Call(
            method,
            texts,
            address=texts.get(ADDRESS_KEY, peer) if trusted else peer,
            request_id=_request_id(texts.get("x-request-id", "")),
            base_url=self._base_url(texts, trusted),
            deadline=_deadline(timeout, self._max_seconds),
            refusal=refusal,
        )

    def _is_bridge(self, offered: str) -> bool:
        return bool(self._secret) and secrets.compare_digest(offered.encode(), self._secret.encode())

    def _base_url(self, texts: dict[str, str], trusted: bool) -> str:
        if self._public_url or not trusted:
            return self._public_url
        return texts.get(BASE_URL_KEY, "")


def _request_id(offered: str) -> str:
    return offered if REQUEST_ID.fullmatch(offered) else new_id()


def _deadline(timeout: float | None, cap: float) -> float:
    seconds = cap if timeout is None else min(timeout, cap)
    return asyncio.get_running_loop().time() + seconds


def _refusal(data: bytes) -> status_pb2.Status | None:
    """A refusal the bridge made; a forged one only refuses the forger's own call."""
    try:
        status = status_pb2.Status.FromString(data)
    except DecodeError:
        return None
    return status if status.code else None
