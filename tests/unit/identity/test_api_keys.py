"""API keys: made, listed, used, revoked, rotated."""

from typing import Any, cast

import pytest
from claribi.v1 import api_keys_pb2, policy_pb2
from claribi.v1.api_keys_pb2 import (
    CreateApiKeyRequest,
    ListApiKeysRequest,
    RevokeApiKeyRequest,
    RotateApiKeyRequest,
)
from claribi.v1.members_pb2 import UpdateMemberRequest
from claribi.v1.reports_pb2 import GenerateReportRequest

from server.clock import DAY
from tests.unit.identity.world import World


async def make_staff(world: World) -> dict[str, str]:
    """Tokens of an owner, an administrator and an analyst."""
    await world.found()
    owner = await world.token()
    await world.member(owner, "admin@example.com", policy_pb2.ROLE_ADMINISTRATOR)
    await world.member(owner, "ana@example.com", policy_pb2.ROLE_ANALYST)
    return {
        "owner": owner,
        "admin": await world.token("admin@example.com"),
        "ana": await world.token("ana@example.com"),
    }


async def listed(world: World, token: str) -> list[api_keys_pb2.ApiKey]:
    answer = await world.call("ListApiKeys", ListApiKeysRequest(), token=token)
    assert answer.message.count >= len(answer.message.results)
    return list(answer.message.results)


async def test_a_key_is_told_once_and_recognised_by_its_prefix(world: World) -> None:
    await world.found()
    token = await world.token()
    request = CreateApiKeyRequest(
        name=" Nightly export ",
        description="for the warehouse",
        scopes=["SCOPE_REPORTS_READ", "SCOPE_USAGE_READ"],
        expiry="EXPIRY_90D",
    )
    key = (await world.call("CreateApiKey", request, token=token)).message
    assert key.key.startswith("claribi_key_")
    assert len(key.key) == 48
    assert key.prefix == key.key[:16]
    assert key.name == "Nightly export"
    assert list(key.scopes) == [policy_pb2.SCOPE_USAGE_READ, policy_pb2.SCOPE_REPORTS_READ]
    (shown,) = await listed(world, token)
    assert not shown.HasField("key")
    key.ClearField("key")
    assert shown == key


@pytest.mark.parametrize(
    ("expiry", "days"), [("EXPIRY_30D", 30), ("EXPIRY_90D", 90), ("EXPIRY_1Y", 365), ("EXPIRY_NEVER", None)]
)
async def test_a_key_lives_as_long_as_chosen(world: World, expiry: str, days: int | None) -> None:
    await world.found()
    key = await world.key(await world.token(), expiry=api_keys_pb2.Expiry.Value(expiry))
    assert key.HasField("expires_at") == (days is not None)
    world.clock.advance((days or 3650) * DAY / 1_000_000 - 1)
    await world.call("Verify", token=key.key)
    world.clock.advance(1)
    if days is None:
        await world.call("Verify", token=key.key)
    else:
        error, _ = await world.refused("Verify", token=key.key)
        assert error.word == "authentication_required"


async def test_a_key_says_what_it_is_worth(world: World) -> None:
    await world.found()
    key = await world.key(await world.token(), "reports:read", "usage:read")
    answer = (await world.call("Verify", metadata={"x-api-key": key.key})).message
    assert answer.api_key.id == key.id
    assert list(answer.api_key.permissions) == [policy_pb2.SCOPE_USAGE_READ, policy_pb2.SCOPE_REPORTS_READ]
    assert answer.api_key.created_at == key.created_at
    assert not answer.api_key.HasField("expires_at")


async def test_a_key_without_the_scope_is_refused(world: World) -> None:
    await world.found()
    key = await world.key(await world.token(), "reports:read")
    error, _ = await world.refused("GetUsage", token=key.key)
    assert (error.word, error.details) == ("invalid_scope", {"required_scope": "usage:read"})


async def test_a_key_does_not_open_what_needs_a_session(world: World) -> None:
    await world.found()
    key = await world.key(await world.token())
    error, _ = await world.refused("ListApiKeys", token=key.key)
    assert error.word == "insufficient_permissions"
    assert "signed-in session" in error.message


async def test_uses_are_counted_in_memory_and_written_down_together(world: World) -> None:
    await world.found()
    token = await world.token()
    key = await world.key(token)
    for _ in range(5):
        await world.call("Verify", token=key.key)
        world.clock.advance(1)
    assert (await listed(world, token))[0].usage_count == 0
    await world.key_usage.flush()
    (shown,) = await listed(world, token)
    assert shown.usage_count == 5
    assert shown.last_used_at.seconds == (world.clock() // 1_000_000) - 1
    await world.call("Verify", token=key.key)
    await world.key_usage.close()
    assert (await listed(world, token))[0].usage_count == 6


async def test_uses_that_cannot_be_written_are_kept(world: World) -> None:
    import sqlite3

    await world.found()
    token = await world.token()
    key = await world.key(token)
    await world.call("Verify", token=key.key)
    world.database._wait_seconds = 0.01
    other = sqlite3.connect(world.settings.data_dir / "claribi.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    await world.key_usage.flush()
    other.execute("ROLLBACK")
    other.close()
    await world.key_usage.flush()
    assert (await listed(world, token))[0].usage_count == 1


async def test_uses_are_written_in_the_background(world: World) -> None:
    import asyncio

    from server.work.keys import KeyUsage

    await world.found()
    token = await world.token()
    key = await world.key(token)
    usage = KeyUsage(world.database, flush_seconds=0.01)
    organization_id = (await world.call("Verify", token=token)).message.organization.id
    usage.start()
    usage.record(organization_id, key.id, world.clock())
    for _ in range(100):
        await asyncio.sleep(0.01)
        if (await listed(world, token))[0].usage_count:
            break
    assert (await listed(world, token))[0].usage_count == 1
    await usage.close()


async def test_administrators_see_all_keys_and_others_their_own(world: World) -> None:
    staff = await make_staff(world)
    for token in staff.values():
        await world.key(token)
    assert {who: len(await listed(world, token)) for who, token in staff.items()} == {
        "owner": 3,
        "admin": 3,
        "ana": 1,
    }


async def test_keys_of_another_organization_do_not_exist(world: World) -> None:
    await world.found()
    await world.found(email="other@example.org", organization="Other")
    mine, theirs = await world.token(), await world.token("other@example.org")
    key = await world.key(theirs)
    assert await listed(world, mine) == []
    for rpc, request in (
        ("RevokeApiKey", RevokeApiKeyRequest(id=key.id)),
        ("RotateApiKey", RotateApiKeyRequest(id=key.id)),
    ):
        error, _ = await world.refused(rpc, request, token=mine)
        assert error.word == "not_found"
    await world.call("Verify", token=key.key)


async def test_a_revoked_key_is_out_with_the_next_call_and_stays_listed(world: World) -> None:
    await world.found()
    token = await world.token()
    key = await world.key(token)
    await world.call("RevokeApiKey", RevokeApiKeyRequest(id=key.id), token=token)
    error, _ = await world.refused("Verify", token=key.key)
    assert error.word == "authentication_required"
    (shown,) = await listed(world, token)
    revoked_at = shown.revoked_at
    world.clock.advance(60)
    await world.call("RevokeApiKey", RevokeApiKeyRequest(id=key.id), token=token)
    assert (await listed(world, token))[0].revoked_at == revoked_at


async def test_administrators_revoke_the_keys_of_others_but_cannot_take_them_over(world: World) -> None:
    staff = await make_staff(world)
    key = await world.key(staff["ana"])
    error, _ = await world.refused("RotateApiKey", RotateApiKeyRequest(id=key.id), token=staff["admin"])
    assert error.word == "insufficient_permissions"
    await world.call("RevokeApiKey", RevokeApiKeyRequest(id=key.id), token=staff["admin"])


async def test_nobody_revokes_a_colleagues_key(world: World) -> None:
    staff = await make_staff(world)
    key = await world.key(staff["owner"])
    error, _ = await world.refused("RevokeApiKey", RevokeApiKeyRequest(id=key.id), token=staff["ana"])
    assert error.word == "not_found"
    await world.call("Verify", token=key.key)


async def test_a_rotated_key_has_another_secret_and_a_new_life(world: World) -> None:
    await world.found()
    token = await world.token()
    key = await world.key(token, expiry=api_keys_pb2.EXPIRY_30D)
    world.clock.advance(1000)
    rotated = (await world.call("RotateApiKey", RotateApiKeyRequest(id=key.id), token=token)).message
    assert rotated.id == key.id
    assert rotated.key != key.key
    assert rotated.prefix == rotated.key[:16]
    assert rotated.expires_at.seconds == key.expires_at.seconds + 1000
    assert list(rotated.scopes) == list(key.scopes)
    error, _ = await world.refused("Verify", token=key.key)
    assert error.word == "authentication_required"
    await world.call("Verify", token=rotated.key)


async def test_a_revoked_key_cannot_be_rotated(world: World) -> None:
    await world.found()
    token = await world.token()
    key = await world.key(token)
    await world.call("RevokeApiKey", RevokeApiKeyRequest(id=key.id), token=token)
    error, _ = await world.refused("RotateApiKey", RotateApiKeyRequest(id=key.id), token=token)
    assert error.word == "conflict"


async def test_a_key_is_worth_no_more_than_its_person_now(world: World) -> None:
    staff = await make_staff(world)
    key = await world.key(staff["ana"])
    request = GenerateReportRequest(name="n", data_source_ids=["0190a0a0-0000-7000-8000-000000000000"])
    await world.call("GenerateReport", request, token=key.key, function=_nothing)
    user_id = (await world.call("Verify", token=key.key)).message.user.id
    demotion = UpdateMemberRequest(
        id=user_id, member={"role": "ROLE_VIEWER"}, update_mask={"paths": ["role"]}
    )
    await world.call("UpdateMember", demotion, token=staff["owner"])
    error, _ = await world.refused("GenerateReport", request, token=key.key, function=_nothing)
    assert (error.word, error.details) == ("insufficient_permissions", {"required_role": "member"})


async def _nothing(_call: object, _request: object) -> None:
    return None


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (CreateApiKeyRequest(scopes=["SCOPE_USAGE_READ"], expiry="EXPIRY_30D"), "name"),
        (CreateApiKeyRequest(name="k", expiry="EXPIRY_30D"), "scopes"),
        (CreateApiKeyRequest(name="k", scopes=["SCOPE_USAGE_READ"]), "expiry"),
        (CreateApiKeyRequest(name="k", scopes=["SCOPE_UNSPECIFIED"], expiry="EXPIRY_30D"), "scopes"),
        (CreateApiKeyRequest(name="k", scopes=cast(Any, [99]), expiry="EXPIRY_30D"), "scopes"),
        (CreateApiKeyRequest(name="k", scopes=["SCOPE_USAGE_READ"], expiry=cast(Any, 99)), "expiry"),
    ],
)
async def test_a_key_is_made_of_what_the_contract_says(
    world: World, request_: CreateApiKeyRequest, field: str
) -> None:
    await world.found()
    error, _ = await world.refused("CreateApiKey", request_, token=await world.token())
    assert error.word == "validation_error"
    assert [name.split(".")[0] for name in error.fields] == [field]
