"""Header names that cross the bridge, both ways, and what a request's headers mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from uuid_utils import uuid7

from rest_bridge.limits import DISCARDED_BYTES, HttpLimits, check_framing, malformed

Network = IPv4Network | IPv6Network
RawHeaders = list[tuple[bytes, bytes]]

# Request headers that become metadata; everything else stays outside.
FORWARDED: Mapping[bytes, str] = {
    name.encode(): name
    for name in (
        "authorization",
        "x-api-key",
        "idempotency-key",
        "prefer",
        "user-agent",
        "accept-language",
        "traceparent",
    )
}
REQUEST_ID = "x-request-id"
CLIENT_ADDRESS = "x-client-address"
HOPS_BYTES = 512  # of X-Forwarded-For, from its trustworthy end
BASE_URL = "x-base-url"  # what clients see before the path, for absolute links in answers

# Metadata of an answer that becomes response headers. x-request-id is not here: the bridge prints its own always.
RETURNED: Mapping[str, bytes] = {
    name: name.encode()
    for name in (
        "x-ratelimit-limit",
        "x-ratelimit-remaining",
        "x-ratelimit-reset",
        "retry-after",
        "idempotent-replayed",
        "preference-applied",
        "content-disposition",
        "location",
        "deprecation",
        "www-authenticate",
        # What shared pages are told about where they may be shown and kept.
        "cache-control",
        "content-security-policy",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
        "referrer-policy",
        "x-frame-options",
        "x-robots-tag",
    )
}

_LISTS = frozenset(
    {b"prefer", b"accept-language", b"accept", b"x-forwarded-for"}
)  # may be repeated: joined by ", "
RATE_HEADERS = frozenset({"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"})

_TEXT = re.compile(rb"[\x20-\x7e]*")
_HOST = re.compile(rb"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_GRPC_TIMEOUT = re.compile(rb"([0-9]{1,15})([HMSmun])")
_SECONDS = re.compile(rb"[0-9]{1,6}(?:\.[0-9]{1,6})?")
_UNIT_SECONDS = {b"H": 3600.0, b"M": 60.0, b"S": 1.0, b"m": 1e-3, b"u": 1e-6, b"n": 1e-9}

# Names the reader looks at besides those it forwards.
_READ = frozenset(
    {
        b"accept",
        b"content-encoding",
        b"content-type",
        b"grpc-timeout",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-proto",
        b"x-request-id",
        b"x-request-timeout",
    }
)


@dataclass(slots=True)
class RequestHeaders:
    """A request's headers as the bridge uses them; `length` is None without Content-Length."""

    metadata: list[tuple[str, str | bytes]] = field(default_factory=list)
    request_id: str = ""
    accept: bytes = b""
    content_type: bytes = b""
    content_encoding: bytes = b""
    length: int | None = None
    chunked: bool = False
    timeout: float = 0.0

    @property
    def has_body(self) -> bool:
        """Whether a body is announced."""
        return bool(self.length) or self.chunked

    @property
    def has_long_body(self) -> bool:
        """Whether so much is announced, or may come, that it is not worth discarding."""
        return self.chunked or (self.length or 0) > DISCARDED_BYTES


class HeaderReader:
    """Reads request headers in one pass."""

    def __init__(
        self, limits: HttpLimits, trusted_proxies: Iterable[str] = (), *, public_url: str = ""
    ) -> None:
        """`trusted_proxies`: networks ("10.0.0.0/8") whose X-Forwarded-* headers are believed.

        `public_url`: what clients see before the path; empty takes it from each request.
        """
        self._limits = limits
        self._public_url = public_url.rstrip("/")
        self._trusted = tuple(ip_network(proxy) for proxy in trusted_proxies)

    def read(self, raw: RawHeaders, peer: str, *, scheme: str = "http") -> RequestHeaders:
        """The meaning of `raw`; `peer` is the address of the connection, `scheme` its own.

        Raises:
            Refusal: validation_error for headers that are malformed, too large, or ambiguous.
        """
        seen = self._pass(raw)
        headers = RequestHeaders(timeout=self._limits.deadline_seconds)
        headers.request_id = kept_or_new_request_id(seen.get(b"x-request-id"))
        self._forward(headers, seen)
        headers.metadata.append((REQUEST_ID, headers.request_id))
        forwarded_for = seen.get(b"x-forwarded-for", b"")[-HOPS_BYTES:] if self._trusted else b""
        headers.metadata.append((CLIENT_ADDRESS, client_address(peer, forwarded_for, trusted=self._trusted)))
        headers.metadata.append((BASE_URL, self._public_url or self._base_url(seen, peer, scheme=scheme)))
        headers.accept = seen.get(b"accept", b"")
        headers.content_type = seen.get(b"content-type", b"")
        headers.content_encoding = seen.get(b"content-encoding", b"")
        if b"content-length" in seen:
            headers.length = int(seen[b"content-length"])
        headers.chunked = b"transfer-encoding" in seen
        if b"grpc-timeout" in seen or b"x-request-timeout" in seen:
            headers.timeout = self._timeout(seen)
        return headers

    def _pass(self, raw: RawHeaders) -> dict[bytes, bytes]:
        limits = self._limits
        seen: dict[bytes, bytes] = {}
        lengths: list[bytes] = []
        encodings: list[bytes] = []
        hosts = size = 0
        for name, value in raw:
            size += len(name) + len(value)
            if name in FORWARDED or name in _READ:
                seen[name] = _joined(name, seen[name], value=value) if name in seen else value
            elif name == b"host":
                hosts += 1
                seen[name] = value
            elif name == b"content-length":
                lengths.append(value)
                seen[name] = value
            elif name == b"transfer-encoding":
                encodings.append(value)
                seen[name] = value
        if size > limits.header_bytes or len(raw) > limits.header_count:
            raise malformed(
                f"The headers are too large: at most {limits.header_bytes} bytes in {limits.header_count} lines."
            )
        check_framing(lengths, encodings, hosts=hosts)
        if lengths and len(lengths[0]) > 18:
            raise malformed("Content-Length is not a plausible number.")
        return seen

    def _forward(self, headers: RequestHeaders, seen: Mapping[bytes, bytes]) -> None:
        total = 0
        for name, key in FORWARDED.items():
            value = seen.get(name)
            if value is None:
                continue
            total += len(value)
            if not _TEXT.fullmatch(value):
                raise malformed(f"The header {key} has characters outside printable ASCII.")
            if len(value) > self._limits.forwarded_value_bytes or total > self._limits.forwarded_bytes:
                raise malformed(
                    f"The header {key} is too large: at most {self._limits.forwarded_value_bytes} bytes, "
                    f"and {self._limits.forwarded_bytes} together with those like it."
                )
            headers.metadata.append((key, value.decode("ascii")))

    def _base_url(self, seen: Mapping[bytes, bytes], peer: str, *, scheme: str) -> str:
        host = seen[b"host"]
        if self._trusted and _within(peer, self._trusted):
            host = seen.get(b"x-forwarded-host", host)
            forwarded = seen.get(b"x-forwarded-proto", b"")
            scheme = forwarded.decode() if forwarded in (b"http", b"https") else scheme
        if not _HOST.fullmatch(host):
            raise malformed("The Host header is not a host name or address, with an optional port.")
        return f"{scheme}://{host.decode('ascii')}"

    def _timeout(self, seen: Mapping[bytes, bytes]) -> float:
        seconds = self._limits.deadline_seconds
        if b"grpc-timeout" in seen:
            seconds = min(seconds, grpc_timeout_seconds(seen[b"grpc-timeout"]))
        if b"x-request-timeout" in seen:
            value = seen[b"x-request-timeout"]
            if not _SECONDS.fullmatch(value):
                raise malformed("X-Request-Timeout must be a number of seconds, such as '2.5'.")
            seconds = min(seconds, float(value))
        return seconds


def _joined(name: bytes, there: bytes, *, value: bytes) -> bytes:
    if name not in _LISTS:
        raise malformed(f"The header {name.decode('ascii')} must not be repeated.")
    return there + b", " + value


def kept_or_new_request_id(value: bytes | None) -> str:
    """The incoming request id when it is 1 to 128 of [A-Za-z0-9._-], else a new UUID version 7."""
    if value is not None and _REQUEST_ID.fullmatch(value):
        return value.decode("ascii")
    return str(uuid7())


def grpc_timeout_seconds(value: bytes) -> float:
    """Seconds of a `Grpc-Timeout` value: digits and one unit of H M S m u n.

    Raises:
        Refusal: validation_error when it is not one.
    """
    match = _GRPC_TIMEOUT.fullmatch(value)
    if match is None:
        raise malformed("Grpc-Timeout must be digits and one unit of H, M, S, m, u, n, such as '1500m'.")
    return int(match[1]) * _UNIT_SECONDS[match[2]]


@lru_cache(maxsize=4096)
def client_address(peer: str, forwarded_for: bytes, *, trusted: tuple[Network, ...]) -> str:
    """The address a request comes from: the peer, or behind trusted proxies the last untrusted hop."""
    address = peer
    for hop in reversed(forwarded_for.split(b",")):
        if not _within(address, trusted):
            break
        text = hop.strip().decode("ascii", "replace")
        if not _is_address(text):
            break
        address = text
    return address


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=4096)
def _within(text: str, networks: tuple[Network, ...]) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return any(address in network for network in networks)


def response_headers(metadata: Mapping[str, str]) -> RawHeaders:
    """The allowed metadata of an answer as headers; values that could break a header line are dropped."""
    return [
        (raw, value.encode("ascii"))
        for name, value in metadata.items()
        if (raw := RETURNED.get(name)) is not None and printable(value)
    ]


def printable(value: str) -> bool:
    """Whether a value can stand in a header line: printable ASCII."""
    return value.isascii() and value.isprintable()
