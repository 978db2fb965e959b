"""What one instance of the bridge is told beyond its methods."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from google.protobuf.descriptor import MethodDescriptor

from rest_bridge.channel import MethodInfo
from rest_bridge.codec import Codec
from rest_bridge.errors import ErrorTable
from rest_bridge.limits import HttpLimits
from rest_bridge.policy import MethodPolicy, default_policy
from rest_bridge.router import Unescape

SECONDS_PER_HOUR = 3600


@dataclass(frozen=True)
class StaticPage:
    """A page the bridge serves itself; the body may be made on demand."""

    content_type: str
    body: bytes | Callable[[], Awaitable[bytes]]
    headers: tuple[tuple[bytes, bytes], ...] = ()


@dataclass(frozen=True)
class Product:
    """What a product instance supplies; each part has a general default."""

    codec: Codec = field(default_factory=Codec)
    policy: Callable[[MethodDescriptor], MethodPolicy] = default_policy
    errors: ErrorTable = field(default_factory=ErrorTable)
    static: Mapping[str, StaticPage] = field(default_factory=dict)
    limits: HttpLimits = field(default_factory=HttpLimits)

    # Counts requests that match no method: admit takes an empty message; refuse a google.rpc.Status in
    # its field `status`, and always fails with it. Without them the bridge answers by itself.
    edge_admit: MethodInfo | None = None
    edge_refuse: MethodInfo | None = None

    # Metadata name under which a refusal of the bridge travels to the method it was meant for, so that the core's
    # earlier refusals come first. Must be honoured by the core BEFORE the method runs; empty: never sent.
    refusal_key: str = ""

    ignored_query: frozenset[str] = frozenset()
    trusted_proxies: tuple[str, ...] = ()
    # The address clients see ("https://bi.example.com"); empty: the scheme and Host of each request.
    public_url: str = ""
    unescape: Unescape = Unescape.ALL_EXCEPT_RESERVED

    # Printed when the core gave no rate-limit headers; None prints none.
    public_limit: int | None = None
    public_window_seconds: int = SECONDS_PER_HOUR

    # Put on every answer.
    extra_headers: tuple[tuple[bytes, bytes], ...] = ((b"x-content-type-options", b"nosniff"),)
