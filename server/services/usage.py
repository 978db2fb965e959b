"""Credits used and limits left."""

from claribi.v1.usage_pb2 import (
    Credits,
    GetUsageRequest,
    OperationUsage,
    RateLimits,
    Usage,
    UsagePeriod,
)
from claribi.v1.usage_pb2 import RateLimit as RateLimitMessage

from server.call import Call
from server.clock import Clock, now, timestamp
from server.stores.limiter import Limiter
from server.work import credits
from server.work.plans import Allowance, general_allowance, generation_allowance


class UsageService:
    """Usage of the organization, limits of the caller."""

    def __init__(self, *, limiter: Limiter, clock: Clock = now) -> None:
        self._limiter = limiter
        self._clock = clock

    async def get_usage(self, call: Call, _request: GetUsageRequest) -> Usage:
        """The credits of this period and both buckets; this very call is counted already."""
        used = await credits.usage(call.tx, call.caller.organization_id, now=self._clock())
        return Usage(
            ai_credits=Credits(used=used.used, limit=used.limit, remaining=used.remaining),
            period=UsagePeriod(starts_at=timestamp(used.starts_at), ends_at=timestamp(used.ends_at)),
            by_operation=[
                OperationUsage(operation=use.operation, count=use.count, credits=use.credits)
                for use in used.by_operation
            ],
            rate_limits=RateLimits(
                general=await self._left(general_allowance(call.caller)),
                generation=await self._left(generation_allowance(call.caller)),
            ),
        )

    async def _left(self, allowance: Allowance) -> RateLimitMessage:
        state = await self._limiter.peek(allowance.bucket, allowance.per_hour)
        return RateLimitMessage(limit=state.limit, remaining=state.remaining, reset=state.reset_at)
