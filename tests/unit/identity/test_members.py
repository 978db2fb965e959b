"""People of an organization."""

import pytest
from claribi.v1 import policy_pb2
from claribi.v1.members_pb2 import (
    CreateMemberRequest,
    DeleteMemberRequest,
    GetMemberRequest,
    ListMembersRequest,
    UpdateMemberRequest,
)

from server.errors import ApiError
from server.work.onboarding import Founding, create_owner
from tests.unit.identity.world import PASSWORD, World


def change(user_id: str, *paths: str, **values: object) -> UpdateMemberRequest:
    return UpdateMemberRequest(id=user_id, member=values, update_mask={"paths": paths or list(values)})


async def test_an_added_member_can_sign_in(world: World) -> None:
    await world.found()
    owner = await world.token()
    request = CreateMemberRequest(
        email="Ana@Example.com", first_name="Ana", last_name="Ruiz", role="ROLE_ANALYST", password=PASSWORD
    )
    made = (await world.call("CreateMember", request, token=owner)).message
    assert (made.email, made.first_name, made.role) == ("Ana@Example.com", "Ana", policy_pb2.ROLE_ANALYST)
    assert not made.HasField("last_login_at")
    world.clock.advance(5)
    await world.login("ana@example.com")
    shown = (await world.call("GetMember", GetMemberRequest(id=made.id), token=owner)).message
    assert shown.last_login_at.seconds == made.created_at.seconds + 5


@pytest.mark.parametrize("email", ["owner@example.com", "OWNER@EXAMPLE.COM", "elsewhere@example.org"])
async def test_an_address_is_taken_whatever_its_case_and_organization(world: World, email: str) -> None:
    await world.found()
    await world.found(email="elsewhere@example.org", organization="Other")
    request = CreateMemberRequest(email=email, role="ROLE_VIEWER", password=PASSWORD)
    error, _ = await world.refused("CreateMember", request, token=await world.token())
    assert error.word == "conflict"


@pytest.mark.parametrize("role", ["ROLE_OWNER", "ROLE_UNSPECIFIED"])
async def test_there_is_one_owner(world: World, role: str) -> None:
    await world.found()
    owner = await world.token()
    request = CreateMemberRequest(email="a@example.com", role=role, password=PASSWORD)
    error, _ = await world.refused("CreateMember", request, token=owner)
    assert (error.word, list(error.fields)) == ("validation_error", ["role"])
    user_id = await world.member(owner, "a@example.com", policy_pb2.ROLE_VIEWER)
    error, _ = await world.refused("UpdateMember", change(user_id, role=role), token=owner)
    assert error.word == "validation_error"


async def test_an_administrator_cannot_touch_the_owner_nor_themselves(world: World) -> None:
    owner_id = await world.found()
    owner = await world.token()
    admin_id = await world.member(owner, "admin@example.com", policy_pb2.ROLE_ADMINISTRATOR)
    admin = await world.token("admin@example.com")
    for rpc, request in (
        ("UpdateMember", change(owner_id, role="ROLE_VIEWER")),
        ("DeleteMember", DeleteMemberRequest(id=owner_id)),
        ("UpdateMember", change(admin_id, role="ROLE_ANALYST")),
        ("DeleteMember", DeleteMemberRequest(id=admin_id)),
    ):
        error, _ = await world.refused(rpc, request, token=admin)
        assert error.word == "conflict"
    error, _ = await world.refused("DeleteMember", DeleteMemberRequest(id=owner_id), token=owner)
    assert error.word == "conflict"


async def test_exactly_the_masked_fields_change(world: World) -> None:
    await world.found()
    owner = await world.token()
    user_id = await world.member(owner, "a@example.com", policy_pb2.ROLE_VIEWER)
    await world.call("UpdateMember", change(user_id, first_name="Ana", last_name="Ruiz"), token=owner)
    world.clock.advance(5)
    request = change(user_id, "last_name", first_name="ignored")
    changed = (await world.call("UpdateMember", request, token=owner)).message
    assert (changed.first_name, changed.last_name) == ("Ana", "")
    assert changed.updated_at.seconds == changed.created_at.seconds + 5


async def test_the_same_role_again_is_no_change(world: World) -> None:
    owner_id = await world.found()
    await world.call("UpdateMember", change(owner_id, role="ROLE_OWNER"), token=await world.token())


@pytest.mark.parametrize("paths", [[], ["email"], ["password"]])
async def test_what_cannot_change_is_refused(world: World, paths: list[str]) -> None:
    await world.found()
    owner = await world.token()
    user_id = await world.member(owner, "a@example.com", policy_pb2.ROLE_VIEWER)
    request = UpdateMemberRequest(id=user_id, member={}, update_mask={"paths": paths})
    error, _ = await world.refused("UpdateMember", request, token=owner)
    assert error.word == "validation_error"


async def test_a_viewer_sees_members_and_changes_nothing(world: World) -> None:
    await world.found()
    owner = await world.token()
    user_id = await world.member(owner, "a@example.com", policy_pb2.ROLE_VIEWER)
    viewer = await world.token("a@example.com")
    assert (await world.call("ListMembers", token=viewer)).message.count == 2
    for rpc, request in (
        ("CreateMember", CreateMemberRequest(email="b@example.com", role="ROLE_VIEWER", password=PASSWORD)),
        ("UpdateMember", change(user_id, role="ROLE_ANALYST")),
        ("DeleteMember", DeleteMemberRequest(id=user_id)),
    ):
        error, _ = await world.refused(rpc, request, token=viewer)
        assert error.word == "insufficient_permissions"


async def test_members_of_another_organization_do_not_exist(world: World) -> None:
    await world.found()
    theirs = await world.found(email="other@example.org", organization="Other")
    owner = await world.token()
    assert (await world.call("ListMembers", token=owner)).message.count == 1
    for rpc, request in (
        ("GetMember", GetMemberRequest(id=theirs)),
        ("UpdateMember", change(theirs, first_name="x")),
        ("DeleteMember", DeleteMemberRequest(id=theirs)),
    ):
        error, _ = await world.refused(rpc, request, token=owner)
        assert error.word == "not_found"


async def test_members_are_ordered_as_asked(world: World) -> None:
    await world.found()
    owner = await world.token()
    await world.member(owner, "Zoe@example.com", policy_pb2.ROLE_VIEWER)
    await world.member(owner, "ana@example.com", policy_pb2.ROLE_ANALYST)
    for ordering, emails in (
        ("email", ["ana@example.com", "owner@example.com", "Zoe@example.com"]),
        ("-role", ["owner@example.com", "ana@example.com", "Zoe@example.com"]),
    ):
        page = (await world.call("ListMembers", ListMembersRequest(ordering=ordering), token=owner)).message
        assert [member.email for member in page.results] == emails


async def test_a_removed_member_leaves_the_list_and_the_address_is_free(world: World) -> None:
    await world.found()
    owner = await world.token()
    user_id = await world.member(owner, "a@example.com", policy_pb2.ROLE_VIEWER)
    await world.call("DeleteMember", DeleteMemberRequest(id=user_id), token=owner)
    error, _ = await world.refused("DeleteMember", DeleteMemberRequest(id=user_id), token=owner)
    assert error.word == "not_found"
    await world.member(owner, "a@example.com", policy_pb2.ROLE_VIEWER)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"organization": "  "}, "organization"),
        ({"email": "no-at-sign"}, "email"),
        ({"email": "@example.com"}, "email"),
        ({"password": "short"}, "password"),
    ],
)
async def test_an_owner_is_made_of_sensible_things(world: World, given: dict[str, str], field: str) -> None:
    values = {"organization": "Acme", "email": "o@example.com", "password": PASSWORD, **given}
    founding = Founding(**values, tier=policy_pb2.TIER_TRIAL)
    with pytest.raises(ApiError) as refused:
        await create_owner(world.database, world.passwords, founding, now=world.clock())
    assert list(refused.value.fields) == [field]


async def test_an_owner_is_made_once_and_leaves_no_half_organization(world: World) -> None:
    from sqlalchemy import func, select

    from server.stores.tables import organizations

    await world.found()
    with pytest.raises(ApiError) as refused:
        await world.found()
    assert refused.value.word == "conflict"
    async with world.database.read() as tx:
        assert await tx.scalar(select(func.count()).select_from(organizations)) == 1
