"""How often: counts the call, writes the three headers, refuses what is too much."""

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from typing import Any

from claribi.v1 import policy_pb2

from server.call import Call
from server.caller import Caller
from server.errors import ApiError
from server.interceptors.chain import Handler
from server.methods import ContractError, Method
from server.settings import Settings
from server.stores.limiter import Decision, Limiter
from server.work.plans import Allowance, general_allowance, generation_allowance

# One household or host holds a whole /64 of IPv6 addresses.
IPV6_HOST_BITS = 64


class RateLimit:
    """Counts per key or session; per address where nobody is known, failed sign-ins included."""

    name = "rate_limit"
    after: tuple[str, ...] = ("authenticate",)

    def __init__(self, settings: Settings, *, limiter: Limiter) -> None:
        self._public_per_hour = settings.public_requests_per_hour
        self._limiter = limiter

    def wrap(self, method: Method, proceed: Handler) -> Handler:
        allowance = _allowance(method)

        async def rate_limit(call: Call, request: Any) -> Any:
            if allowance is None or call.identity is None:
                await self._admit(call, self._public(call))
            else:
                await self._admit(call, allowance(call.identity))
            if call.rejection is not None:
                call.reply["www-authenticate"] = "Bearer"
                raise call.rejection
            return await proceed(call, request)

        return rate_limit

    def _public(self, call: Call) -> Allowance:
        return Allowance(f"address:{network_of(call.address)}", self._public_per_hour)

    async def _admit(self, call: Call, allowance: Allowance) -> None:
        decision = await self._limiter.hit(allowance.bucket, allowance.per_hour)
        _write_headers(call, decision)
        if not decision.allowed:
            raise too_many(decision)


def too_many(decision: Decision) -> ApiError:
    """429, with the time after which a call is let in for sure."""
    seconds = decision.retry_after_s
    return ApiError(
        "rate_limited", f"Rate limit exceeded. Try again in {seconds} seconds.", retry_after=seconds
    )


def network_of(address: str) -> str:
    """What is counted as one address: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Address(int(parsed) >> IPV6_HOST_BITS << IPV6_HOST_BITS)) + "/64"


def _allowance(method: Method) -> Callable[[Caller], Allowance] | None:
    if method.policy.rate_class == policy_pb2.RATE_CLASS_PUBLIC:
        return None
    if method.policy.credentials == policy_pb2.CREDENTIALS_NONE:
        raise ContractError(f"{method.path}: without credentials only RATE_CLASS_PUBLIC can be counted")
    if method.policy.rate_class == policy_pb2.RATE_CLASS_GENERATION:
        return generation_allowance
    return general_allowance


def _write_headers(call: Call, decision: Decision) -> None:
    call.reply["x-ratelimit-limit"] = str(decision.limit)
    call.reply["x-ratelimit-remaining"] = str(decision.remaining)
    call.reply["x-ratelimit-reset"] = str(decision.reset_at)
