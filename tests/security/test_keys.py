"""API keys: their form, their states, and that a typo never reaches the database."""

import random
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from claribi.v1 import api_keys_pb2, policy_pb2
from claribi.v1.api_keys_pb2 import RevokeApiKeyRequest, RotateApiKeyRequest
from claribi.v1.members_pb2 import DeleteMemberRequest

from server.stores import identity
from server.work import keys
from server.work.passwords import Passwords
from tests.unit.identity.world import World, plain_settings

MEMBER = "ana@example.com"
# The random digits stand for log2(62 ** 30) = 178 bits.
LEAST_BITS = 128


@pytest.fixture(scope="module")
def passwords() -> Iterator[Passwords]:
    pool = Passwords(plain_settings())
    yield pool
    pool.close()


@pytest.fixture
def world(tmp_path: Path, passwords: Passwords) -> Iterator[World]:
    here = World(tmp_path, passwords)
    yield here
    here.close()


def is_key(text: str) -> bool:
    return keys.is_well_formed(text, keys.KEY_PREFIX)


def test_a_key_has_the_form_a_scanner_can_recognise() -> None:
    form = re.compile(r"claribi_key_[0-9A-Za-z]{36}")
    made = {keys.new_api_key() for _ in range(1000)}
    assert len(made) == 1000
    assert all(form.fullmatch(key) and is_key(key) for key in made)
    assert len(keys.BASE62) ** keys.RANDOM_DIGITS > 2**LEAST_BITS


def test_the_digits_of_keys_are_evenly_spread() -> None:
    digits = Counter("".join(keys.new_api_key()[12:42] for _ in range(4000)))
    expected = 4000 * 30 / 62
    chi_squared = sum((digits[d] - expected) ** 2 / expected for d in keys.BASE62)
    # 61 degrees of freedom: above 122 once in 200,000 runs.
    assert chi_squared < 122


def test_every_single_typo_and_swap_is_refused() -> None:
    for _ in range(3):
        key = keys.new_api_key()
        for place in range(len(key)):
            for digit in keys.BASE62:
                typo = key[:place] + digit + key[place + 1 :]
                assert typo == key or not is_key(typo)
            swapped = key[:place] + key[place + 1 : place + 2] + key[place] + key[place + 2 :]
            assert swapped == key or not is_key(swapped)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "claribi_key_",
        "claribi_key_" + "0" * 36,
        "claribi_key_" + "é" * 36,
        "claribi_key_" + "٣" * 30 + "000000",
        "CLARIBI_KEY_" + keys.new_api_key()[12:],
        keys.new_api_key() + "0",
        keys.new_api_key()[:-1],
        " " + keys.new_api_key(),
        keys.new_api_key() + "\n",
        keys.new_secret("claribi_refresh_"),
        "claribi_key_" + keys.new_secret("claribi_kez_")[12:],
    ],
    # Keys are random, and every worker must name the tests alike.
    ids=range(12),
)
def test_other_texts_are_no_keys(text: str) -> None:
    assert not is_key(text)


def false_accepts(count: int) -> int:
    rng = random.Random(62)
    return sum(is_key(keys.KEY_PREFIX + "".join(rng.choices(keys.BASE62, k=36))) for _ in range(count))


def test_random_strings_are_refused() -> None:
    assert false_accepts(10_000) == 0


@pytest.mark.night
def test_a_million_random_strings_are_refused() -> None:
    accepted = false_accepts(1_000_000)
    print(f"false accepts of the checksum: {accepted} of 1,000,000 (seed 62; expected 0.00002)")
    assert accepted == 0


async def test_a_typo_is_refused_without_a_look_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up = []
    find = identity.caller_by_key

    async def watched(tx: Any, key_hash: str, *, now: int) -> Any:
        looked_up.append(key_hash)
        return await find(tx, key_hash, now=now)

    monkeypatch.setattr(identity, "caller_by_key", watched)
    good = keys.new_api_key()
    typo = good[:-1] + ("0" if good[-1] != "0" else "1")
    await world.refused("Verify", token=typo)
    assert looked_up == []
    await world.refused("Verify", token=good)
    assert looked_up == [keys.hash_secret(good)]


class Holder:
    """A member with a key, and the owner beside them."""

    def __init__(self, world: World, owner: str, member: str, user_id: str, key: Any) -> None:
        self.world, self.owner, self.member, self.user_id, self.key = world, owner, member, user_id, key


async def make_holder(world: World) -> Holder:
    await world.found()
    owner = await world.token()
    user_id = await world.member(owner, MEMBER, policy_pb2.ROLE_ANALYST)
    member = await world.token(MEMBER)
    key = await world.key(member, expiry=api_keys_pb2.EXPIRY_30D)
    return Holder(world, owner, member, user_id, key)


async def keep(holder: Holder) -> str:
    return str(holder.key.key)


async def unknown(_holder: Holder) -> str:
    return keys.new_api_key()


async def bad_checksum(holder: Holder) -> str:
    key = str(holder.key.key)
    return key[:-1] + ("0" if key[-1] != "0" else "1")


async def prefix_only(holder: Holder) -> str:
    return str(holder.key.prefix)


async def hash_itself(holder: Holder) -> str:
    return keys.hash_secret(holder.key.key)


async def expired(holder: Holder) -> str:
    holder.world.clock.advance(30 * 24 * 3600)
    return str(holder.key.key)


async def one_second_before_the_end(holder: Holder) -> str:
    holder.world.clock.advance(30 * 24 * 3600 - 1)
    return str(holder.key.key)


async def revoked(holder: Holder) -> str:
    await holder.world.call("RevokeApiKey", RevokeApiKeyRequest(id=holder.key.id), token=holder.member)
    return str(holder.key.key)


async def revoked_by_an_administrator(holder: Holder) -> str:
    await holder.world.call("RevokeApiKey", RevokeApiKeyRequest(id=holder.key.id), token=holder.owner)
    return str(holder.key.key)


async def replaced(holder: Holder) -> str:
    await holder.world.call("RotateApiKey", RotateApiKeyRequest(id=holder.key.id), token=holder.member)
    return str(holder.key.key)


async def replacement(holder: Holder) -> str:
    answer = await holder.world.call(
        "RotateApiKey", RotateApiKeyRequest(id=holder.key.id), token=holder.member
    )
    return str(answer.message.key)


async def person_removed(holder: Holder) -> str:
    await holder.world.call("DeleteMember", DeleteMemberRequest(id=holder.user_id), token=holder.owner)
    return str(holder.key.key)


async def person_signed_out(holder: Holder) -> str:
    await holder.world.call("Logout", token=holder.member)
    return str(holder.key.key)


STATES: dict[Callable[[Holder], Awaitable[str]], bool] = {
    keep: True,
    unknown: False,
    bad_checksum: False,
    prefix_only: False,
    hash_itself: False,
    one_second_before_the_end: True,
    expired: False,
    revoked: False,
    revoked_by_an_administrator: False,
    replaced: False,
    replacement: True,
    person_removed: False,
    person_signed_out: True,
}


@pytest.mark.parametrize(("state", "accepted"), STATES.items(), ids=lambda v: getattr(v, "__name__", str(v)))
async def test_the_state_of_a_key_decides(
    world: World, state: Callable[[Holder], Awaitable[str]], accepted: bool
) -> None:
    key = await state(await make_holder(world))
    if accepted:
        await world.call("Verify", token=key)
        await world.call("Verify", metadata={"x-api-key": key})
        return
    error, _ = await world.refused("Verify", token=key)
    assert (error.word, error.message) == ("authentication_required", error.spec.message)
    assert error.details == {}
