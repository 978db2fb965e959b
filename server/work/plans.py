"""What each plan includes: requests an hour, credits a period. The one table of tiers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from claribi.v1 import policy_pb2

from server.caller import Caller
from server.clock import DAY, to_datetime, to_micros

TRIAL_DAYS = 14
MONTHS_A_YEAR = 12


@dataclass(frozen=True)
class Plan:
    """A tier: limits in calls in any rolling hour, credits in a period (the trial, or a calendar month in UTC)."""

    general_per_hour: int
    generation_per_hour: int
    credits: int


PLANS: Mapping[int, Plan] = {
    policy_pb2.TIER_TRIAL: Plan(general_per_hour=60, generation_per_hour=10, credits=50),
    policy_pb2.TIER_STARTER: Plan(general_per_hour=300, generation_per_hour=30, credits=500),
    policy_pb2.TIER_PROFESSIONAL: Plan(general_per_hour=1_000, generation_per_hour=100, credits=1_500),
    policy_pb2.TIER_ENTERPRISE: Plan(general_per_hour=5_000, generation_per_hour=500, credits=5_000),
}


@dataclass(frozen=True)
class Allowance:
    """A rate-limit bucket of a caller and the calls it takes in any rolling hour."""

    bucket: str
    per_hour: int


@dataclass(frozen=True)
class CreditPeriod:
    """A span of time (microseconds since the epoch, the end exclusive) and the credits granted for it."""

    starts_at: int
    ends_at: int
    granted: int


def general_allowance(caller: Caller) -> Allowance:
    """The bucket of everything that is not a generation."""
    return Allowance(f"{caller.bucket}:general", PLANS[caller.tier].general_per_hour)


def generation_allowance(caller: Caller) -> Allowance:
    """The bucket of what spends credits."""
    return Allowance(f"{caller.bucket}:generation", PLANS[caller.tier].generation_per_hour)


def credit_period(tier: int, trial_ends_at: int | None, now: int) -> CreditPeriod:
    """The period `now` lies in: the 14 days of a trial, or the calendar month in UTC.

    A trial that has ended stands in months of 0 credits, the first of them cut short by the trial's end: everything
    can still be read, nothing generated.
    """
    first, last = _month(now)
    if tier != policy_pb2.TIER_TRIAL or trial_ends_at is None:
        return CreditPeriod(first, last, PLANS[tier].credits)
    if now < trial_ends_at:
        return CreditPeriod(trial_ends_at - TRIAL_DAYS * DAY, trial_ends_at, PLANS[tier].credits)
    return CreditPeriod(max(first, trial_ends_at), last, 0)


def trial_end(tier: int, created_at: int) -> int | None:
    """When the trial of an organization made at `created_at` ends; None for tiers without one."""
    return created_at + TRIAL_DAYS * DAY if tier == policy_pb2.TIER_TRIAL else None


def _month(now: int) -> tuple[int, int]:
    moment = to_datetime(now)
    years, month = divmod(moment.month, MONTHS_A_YEAR)
    return (
        to_micros(datetime(moment.year, moment.month, 1)),
        to_micros(datetime(moment.year + years, month + 1, 1)),
    )
