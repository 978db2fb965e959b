"""Rate limits as callers see them, and usage."""

import pytest
from claribi.v1 import policy_pb2
from claribi.v1.auth_pb2 import LoginRequest

from server.clock import DAY, to_datetime, to_micros
from server.interceptors.rate_limit import network_of
from server.methods import TIERS
from server.work import credits
from server.work.plans import PLANS, credit_period
from tests.unit.identity.world import World

LIMITS = {"trial": (60, 10), "starter": (300, 30), "professional": (1000, 100), "enterprise": (5000, 500)}
GRANTS = {"trial": 50, "starter": 500, "professional": 1500, "enterprise": 5000}


def left(reply: dict[str, str]) -> tuple[int, int]:
    return int(reply["x-ratelimit-limit"]), int(reply["x-ratelimit-remaining"])


async def nothing(_call: object, _request: object) -> None:
    return None


def test_the_plans_are_those_of_the_documentation() -> None:
    assert {TIERS[t]: (p.general_per_hour, p.generation_per_hour) for t, p in PLANS.items()} == LIMITS
    assert {TIERS[t]: p.credits for t, p in PLANS.items()} == GRANTS


@pytest.mark.parametrize("tier", list(PLANS))
async def test_general_and_generation_calls_are_counted_apart(world: World, tier: int) -> None:
    from claribi.v1.reports_pb2 import GenerateReportRequest

    await world.found(tier=tier)
    token = await world.token()
    general, generation = LIMITS[TIERS[tier]]
    answer = await world.call("Verify", token=token)
    assert left(answer.reply) == (general, general - 1)
    request = GenerateReportRequest(name="n", data_source_ids=["0190a0a0-0000-7000-8000-000000000000"])
    answer = await world.call("GenerateReport", request, token=token, function=nothing)
    assert left(answer.reply) == (generation, generation - 1)
    answer = await world.call("Verify", token=token)
    assert left(answer.reply) == (general, general - 2)


async def test_each_key_and_session_has_its_own_bucket(world: World) -> None:
    await world.found()
    first, second = await world.token(), await world.token()
    key = (await world.key(first)).key
    await world.call("Verify", token=first)
    for token in (second, key):
        assert left((await world.call("Verify", token=token)).reply) == (300, 299)


async def test_a_full_bucket_is_told_with_all_headers(world: World) -> None:
    await world.found(tier=policy_pb2.TIER_TRIAL)
    token = await world.token()
    world.clock.advance(10)
    for _ in range(60):
        await world.call("Verify", token=token)
        world.clock.advance(1)
    error, reply = await world.refused("Verify", token=token)
    assert error.word == "rate_limited"
    assert error.message == "Rate limit exceeded. Try again in 3540 seconds."
    assert error.retry_after == 3540
    assert left(reply) == (60, 0)
    assert int(reply["x-ratelimit-reset"]) == -(-world.clock() // 1_000_000) + 3540
    world.clock.advance(3540)
    error, _ = await world.refused("Verify", token=token)
    assert error.word == "authentication_required", "the hour of the access token is over too"


async def test_refused_calls_count_except_for_the_limit_itself(world: World) -> None:
    from claribi.v1.members_pb2 import GetMemberRequest

    await world.found()
    token = await world.token()
    _, reply = await world.refused("GetMember", GetMemberRequest(id="x"), token=token)
    assert left(reply) == (300, 299)
    _, reply = await world.refused("CreateMember", token=token)
    assert left(reply) == (300, 298)


async def test_a_401_counts_against_the_address(world: World) -> None:
    await world.found()
    token = await world.token()
    for used in (2, 3):
        error, reply = await world.refused("Verify", token="nonsense")
        assert error.word == "authentication_required"
        assert left(reply) == (600, 600 - used)
        assert reply["www-authenticate"] == "Bearer"
    answer = await world.call("Verify", token=token)
    assert left(answer.reply) == (300, 299)
    _, reply = await world.refused("Verify", token="nonsense", address="192.0.2.77")
    assert left(reply) == (600, 599)


async def test_an_address_that_keeps_guessing_is_told_to_wait_and_valid_callers_there_are_not(
    world: World,
) -> None:
    await world.found()
    token = await world.token()
    for _ in range(599):
        await world.refused("Verify", token="nonsense")
    error, reply = await world.refused("Verify", token="nonsense")
    assert (error.word, left(reply)) == ("rate_limited", (600, 0))
    await world.call("Verify", token=token)
    error, _ = await world.refused("Login", LoginRequest(email="a@example.com", password="x"))
    assert error.word == "rate_limited"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix", "unix"),
        ("", ""),
    ],
)
def test_one_host_is_one_address(address: str, network: str) -> None:
    assert network_of(address) == network


async def test_usage_tells_credits_and_both_buckets(world: World) -> None:
    await world.found()
    token = await world.token()
    organization_id = (await world.call("Verify", token=token)).message.organization.id
    async with world.database.write() as tx:
        for operation, cost, end in (
            ("report_standard", 3, credits.settle),
            ("report_standard", 3, None),
            ("dashboard_refresh", 1, credits.settle),
            ("report_comprehensive", 5, credits.refund),
        ):
            entry_id = await credits.reserve(
                tx,
                organization_id,
                operation=operation,
                resource_id="r",
                credits=cost,
                now=world.clock(),
            )
            if end is not None:
                assert await end(tx, entry_id, now=world.clock())
    usage = (await world.call("GetUsage", token=token)).message
    assert (usage.ai_credits.used, usage.ai_credits.limit, usage.ai_credits.remaining) == (7, 500, 493)
    assert [(u.operation, u.count, u.credits) for u in usage.by_operation] == [
        ("report_standard", 2, 6),
        ("dashboard_refresh", 1, 1),
    ]
    assert (usage.rate_limits.general.limit, usage.rate_limits.general.remaining) == (300, 298)
    assert (usage.rate_limits.generation.limit, usage.rate_limits.generation.remaining) == (30, 30)
    assert usage.rate_limits.generation.reset == -(-world.clock() // 1_000_000) + 3600
    assert usage.period.starts_at.ToJsonString() == "2026-03-01T00:00:00Z"
    assert usage.period.ends_at.ToJsonString() == "2026-04-01T00:00:00Z"


async def test_an_ended_trial_reads_and_has_no_credits(world: World) -> None:
    await world.found(tier=policy_pb2.TIER_TRIAL)
    world.clock.advance(14 * 24 * 3600 - 1)
    usage = (await world.call("GetUsage", token=await world.token())).message
    assert usage.ai_credits.remaining == 50
    world.clock.advance(1)
    usage = (await world.call("GetUsage", token=await world.token())).message
    assert (usage.ai_credits.used, usage.ai_credits.limit, usage.ai_credits.remaining) == (0, 0, 0)


STARTER, TRIAL = policy_pb2.TIER_STARTER, policy_pb2.TIER_TRIAL


@pytest.mark.parametrize(
    ("tier", "trial_ends", "now", "span"),
    [
        (STARTER, None, "2026-03-31T23:59:59", ("2026-03-01", "2026-04-01", 500)),
        (STARTER, None, "2026-04-01T00:00:00", ("2026-04-01", "2026-05-01", 500)),
        (STARTER, None, "2026-12-31T23:59:59", ("2026-12-01", "2027-01-01", 500)),
        (STARTER, None, "2028-02-29T12:00:00", ("2028-02-01", "2028-03-01", 500)),
        (STARTER, "2026-01-15", "2026-01-20T00:00:00", ("2026-01-01", "2026-02-01", 500)),
        (TRIAL, "2026-01-15", "2026-01-01T00:00:00", ("2026-01-01", "2026-01-15", 50)),
        (TRIAL, "2026-01-15", "2026-01-14T23:59:59", ("2026-01-01", "2026-01-15", 50)),
        (TRIAL, "2026-02-05", "2026-02-01T00:00:00", ("2026-01-22", "2026-02-05", 50)),
        (TRIAL, "2026-01-15", "2026-01-15T00:00:00", ("2026-01-15", "2026-02-01", 0)),
        (TRIAL, "2026-01-15", "2026-03-15T00:00:00", ("2026-03-01", "2026-04-01", 0)),
    ],
)
def test_the_period_of_a_moment(
    tier: int, trial_ends: str | None, now: str, span: tuple[str, str, int]
) -> None:
    from datetime import datetime

    ends = to_micros(datetime.fromisoformat(trial_ends)) if trial_ends else None
    period = credit_period(tier, ends, to_micros(datetime.fromisoformat(now)))
    shown = (
        str(to_datetime(period.starts_at).date()),
        str(to_datetime(period.ends_at).date()),
        period.granted,
    )
    assert shown == span
    assert period.starts_at % DAY == 0
