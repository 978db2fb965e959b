"""Signing in, staying signed in, signing out."""

import asyncio

import pytest
from claribi.v1 import policy_pb2
from claribi.v1.auth_pb2 import (
    ChangePasswordRequest,
    LoginRequest,
    LogoutRequest,
    RefreshTokenRequest,
)
from claribi.v1.members_pb2 import DeleteMemberRequest, UpdateMemberRequest
from sqlalchemy import select, update

from server.errors import ApiError
from server.stores.tables import refresh_tokens, sessions, users
from tests.unit.identity.world import OWNER, PASSWORD, World

HOUR_SECONDS = 3600
WEEK_SECONDS = 7 * 24 * HOUR_SECONDS


async def refresh(world: World, token: str) -> str | None:
    answer = await world.call("RefreshToken", RefreshTokenRequest(refresh=token))
    assert answer.message.access
    return answer.message.refresh if answer.message.HasField("refresh") else None


async def is_refused(world: World, token: str) -> bool:
    error, _ = await world.refused("RefreshToken", RefreshTokenRequest(refresh=token))
    return bool(error.word == "authentication_required")


async def is_out(world: World, access: str) -> bool:
    error, _ = await world.refused("Verify", token=access)
    return bool(error.word == "authentication_required")


async def test_a_person_signs_in_and_is_known(world: World) -> None:
    user_id = await world.found()
    answer = await world.login("  OWNER@Example.com ")
    assert (answer.user.id, answer.user.email, answer.user.organization) == (user_id, OWNER, "Acme")
    status = (await world.call("GetStatus", token=answer.access)).message
    assert status.user.id == user_id
    assert status.user.role == policy_pb2.ROLE_OWNER
    assert status.organization.plan == policy_pb2.TIER_STARTER
    assert status.organization.ai_credits_remaining == 500


async def test_a_session_verifies_without_a_key(world: World) -> None:
    await world.found()
    answer = (await world.call("Verify", token=await world.token())).message
    assert answer.valid
    assert not answer.HasField("api_key")
    assert answer.organization.tier == policy_pb2.TIER_STARTER
    assert answer.user.role == policy_pb2.ROLE_OWNER


@pytest.mark.parametrize("email", [OWNER, "nobody@example.com"])
async def test_a_wrong_password_and_an_unknown_person_look_the_same(world: World, email: str) -> None:
    await world.found()
    error, _ = await world.refused("Login", LoginRequest(email=email, password="wrong"))
    assert error.word == "authentication_required"
    assert error.message == "The email address or the password is wrong."
    assert not error.details


async def test_an_access_token_lives_an_hour(world: World) -> None:
    await world.found()
    token = await world.token()
    world.clock.advance(HOUR_SECONDS - 1)
    await world.call("Verify", token=token)
    world.clock.advance(1)
    assert await is_out(world, token)


async def test_a_refresh_token_can_be_used_again_for_seven_days(world: World) -> None:
    await world.found()
    token = (await world.login()).refresh
    for _ in range(3):
        assert await refresh(world, token) is None
    world.clock.advance(WEEK_SECONDS - 1)
    assert await refresh(world, token) is None
    world.clock.advance(1)
    assert await is_refused(world, token)


async def test_the_last_access_token_of_a_week_still_lives_its_hour(world: World) -> None:
    await world.found()
    token = (await world.login()).refresh
    world.clock.advance(WEEK_SECONDS - 1)
    access = (await world.call("RefreshToken", RefreshTokenRequest(refresh=token))).message.access
    world.clock.advance(HOUR_SECONDS - 10)
    await world.call("Verify", token=access)


async def test_logout_ends_the_access_and_the_refresh_token(world: World) -> None:
    await world.found()
    session = await world.login()
    await world.call("Logout", token=session.access)
    assert await is_out(world, session.access)
    assert await is_refused(world, session.refresh)


async def test_logout_ends_the_session_of_the_refresh_token_given(world: World) -> None:
    await world.found()
    here, elsewhere = await world.login(), await world.login()
    await world.call("Logout", LogoutRequest(refresh=elsewhere.refresh), token=here.access)
    assert await is_refused(world, elsewhere.refresh)
    assert await refresh(world, here.refresh) is None


async def test_nobody_ends_the_session_of_another_person(world: World) -> None:
    await world.found()
    await world.found(email="other@example.org", organization="Other")
    mine, theirs = await world.login(), await world.login("other@example.org")
    await world.call("Logout", LogoutRequest(refresh=theirs.refresh), token=mine.access)
    assert await refresh(world, theirs.refresh) is None


async def test_a_changed_password_ends_every_other_session(world: World) -> None:
    await world.found()
    here, elsewhere = await world.login(), await world.login()
    change = ChangePasswordRequest(current_password=PASSWORD, new_password="another long password")
    await world.call("ChangePassword", change, token=here.access)
    assert await is_out(world, elsewhere.access)
    assert await is_refused(world, elsewhere.refresh)
    await world.call("Verify", token=here.access)
    with pytest.raises(ApiError, match="password is wrong"):
        await world.login()
    await world.login(password="another long password")


async def test_the_current_password_must_be_right(world: World) -> None:
    await world.found()
    change = ChangePasswordRequest(current_password="wrong", new_password="another long password")
    error, _ = await world.refused("ChangePassword", change, token=await world.token())
    assert error.word == "validation_error"
    assert list(error.fields) == ["current_password"]
    await world.login()


async def test_of_two_password_changes_at_once_one_succeeds(world: World) -> None:
    await world.found()
    token = await world.token()
    changes = [
        ChangePasswordRequest(current_password=PASSWORD, new_password=f"a long password {i}")
        for i in range(2)
    ]
    outcomes = await asyncio.gather(
        *(world.call("ChangePassword", change, token=token) for change in changes), return_exceptions=True
    )
    assert sum(isinstance(outcome, ApiError) for outcome in outcomes) == 1


async def test_a_password_changed_while_it_was_checked_opens_no_session(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.found()
    other = await world.passwords.hash("another long password")
    verify = world.passwords.verify

    async def overtaken(kept: str | None, password: str) -> bool:
        right = await verify(kept, password)
        async with world.database.write() as tx:
            await tx.run(update(users).values(password_hash=other))
        return right

    monkeypatch.setattr(world.passwords, "verify", overtaken)
    error, _ = await world.refused("Login", LoginRequest(email=OWNER, password=PASSWORD))
    assert error.word == "authentication_required"
    async with world.database.read() as tx:
        assert await tx.all(select(sessions)) == []


async def test_a_demotion_acts_on_the_next_call(world: World) -> None:
    await world.found()
    owner = await world.token()
    user_id = await world.member(owner, "a@example.com", policy_pb2.ROLE_ADMINISTRATOR)
    token = await world.token("a@example.com")
    await world.member(token, "b@example.com", policy_pb2.ROLE_VIEWER)
    demotion = UpdateMemberRequest(
        id=user_id, member={"role": "ROLE_VIEWER"}, update_mask={"paths": ["role"]}
    )
    await world.call("UpdateMember", demotion, token=owner)
    error, _ = await world.refused("DeleteMember", DeleteMemberRequest(id="x"), token=token)
    assert (error.word, error.details) == ("insufficient_permissions", {"required_role": "administrator"})


async def test_a_removed_person_is_out_with_the_next_call(world: World) -> None:
    await world.found()
    owner = await world.token()
    user_id = await world.member(owner, "a@example.com", policy_pb2.ROLE_ANALYST)
    session = await world.login("a@example.com")
    key = await world.key(session.access)
    await world.call("DeleteMember", DeleteMemberRequest(id=user_id), token=owner)
    assert await is_out(world, session.access)
    assert await is_out(world, key.key)
    assert await is_refused(world, session.refresh)


async def test_only_hashes_are_at_rest(world: World) -> None:
    await world.found()
    session = await world.login()
    key = await world.key(session.access)
    stored = (world.settings.data_dir / "claribi.db").read_bytes()
    stored += (world.settings.data_dir / "claribi.db-wal").read_bytes()
    for secret in (session.refresh, session.access, key.key, PASSWORD):
        assert secret.encode() not in stored
    assert key.prefix.encode() in stored


async def test_guesses_at_an_account_are_bounded_per_address(wary: World) -> None:
    world = wary
    await world.found()
    wrong = LoginRequest(email=OWNER, password="wrong")
    outcomes = [(await world.refused("Login", wrong))[0].word for _ in range(7)]
    assert outcomes == ["authentication_required"] * 5 + ["rate_limited"] * 2
    right = LoginRequest(email=OWNER, password=PASSWORD)
    error, _ = await world.refused("Login", right)
    assert error.word == "rate_limited"
    assert error.retry_after == HOUR_SECONDS
    # The person behind the account gets in from elsewhere: guessing is no way to lock anyone out.
    await world.call("Login", right, address="192.0.2.99")
    world.clock.advance(error.retry_after)
    await world.login()


async def test_guesses_made_at_once_are_bounded_too(wary: World) -> None:
    world = wary
    await world.found()
    wrong = LoginRequest(email=OWNER, password="wrong")
    outcomes = await asyncio.gather(*(world.refused("Login", wrong) for _ in range(20)))
    words = [error.word for error, _ in outcomes]
    assert words.count("authentication_required") == 5
    assert words.count("rate_limited") == 15


async def test_signing_in_forgets_the_wrong_guesses(wary: World) -> None:
    world = wary
    await world.found()
    for _ in range(2):
        for _ in range(4):
            await world.refused("Login", LoginRequest(email=OWNER, password="wrong"))
        await world.login()


async def test_an_old_hash_is_renewed_at_the_next_sign_in(world: World) -> None:
    from argon2 import PasswordHasher

    user_id = await world.found()
    weak = PasswordHasher(1, 1024, 1).hash(PASSWORD)
    async with world.database.write() as tx:
        await tx.run(update(users).values(password_hash=weak))
    await world.login()
    async with world.database.read() as tx:
        kept = await tx.scalar(select(users.c.password_hash).where(users.c.id == user_id))
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    await world.login()


async def test_a_rotated_token_is_good_for_one_use(rotating: World) -> None:
    await rotating.found()
    first = (await rotating.login()).refresh
    second = await refresh(rotating, first)
    assert second is not None
    third = await refresh(rotating, second)
    assert third is not None
    assert len({first, second, third}) == 3


async def test_a_replayed_token_ends_the_family(rotating: World) -> None:
    await rotating.found()
    session = await rotating.login()
    second = await refresh(rotating, session.refresh)
    assert second is not None
    assert await is_refused(rotating, session.refresh)
    assert await is_refused(rotating, second)
    assert await is_out(rotating, session.access)


async def test_of_twenty_refreshes_at_once_one_succeeds_and_the_family_ends(rotating: World) -> None:
    await rotating.found()
    token = (await rotating.login()).refresh
    request = RefreshTokenRequest(refresh=token)
    outcomes = await asyncio.gather(
        *(rotating.call("RefreshToken", request) for _ in range(20)), return_exceptions=True
    )
    won = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
    assert len(won) == 1
    assert all(e.word == "authentication_required" for e in outcomes if isinstance(e, ApiError))
    assert await is_refused(rotating, won[0].message.refresh)
    async with rotating.database.read() as tx:
        live = await tx.all(select(sessions).where(sessions.c.ended_at.is_(None)))
    assert live == []


async def test_a_rotated_family_lives_on_past_the_first_week(rotating: World) -> None:
    await rotating.found()
    token = (await rotating.login()).refresh
    for _ in range(4):
        rotating.clock.advance(WEEK_SECONDS - 10)
        following = await refresh(rotating, token)
        assert following is not None
        token = following


async def test_a_replaced_token_stays_refused_when_rotation_is_turned_off(rotating: World) -> None:
    await rotating.found()
    first = (await rotating.login()).refresh
    await refresh(rotating, first)
    rotating.services["AuthService"]._settings = rotating.settings.model_copy(  # type: ignore[attr-defined]
        update={"refresh_rotation": False}
    )
    assert await is_refused(rotating, first)


async def test_sessions_past_their_end_are_cleared_away(world: World) -> None:
    await world.found()
    for _ in range(3):
        await world.login()
    world.clock.advance(WEEK_SECONDS + 1)
    await world.login()
    async with world.database.read() as tx:
        assert len(await tx.all(select(sessions))) == 1
        assert len(await tx.all(select(refresh_tokens))) == 1
