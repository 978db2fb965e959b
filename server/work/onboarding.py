"""The first person of an organization."""

from dataclasses import dataclass

from claribi.v1 import policy_pb2

from server.clock import new_id
from server.errors import ApiError, invalid
from server.stores import identity, members
from server.stores.session import Database
from server.work.passwords import Passwords
from server.work.plans import trial_end

LEAST_PASSWORD_CHARACTERS = 12


@dataclass(frozen=True)
class Founding:
    """An organization to make, and who will own it."""

    organization: str
    email: str
    password: str
    tier: int


async def create_owner(database: Database, passwords: Passwords, founding: Founding, *, now: int) -> str:
    """Make an organization and its owner; the owner's user id. A trial begins `now` (microseconds).

    Raises ApiError: validation_error, or conflict when the address is already in use.
    """
    _check(founding)
    owner = members.NewMember(
        id=new_id(),
        email=founding.email,
        role=policy_pb2.ROLE_OWNER,
        password_hash=await passwords.hash(founding.password),
    )
    organization_id = new_id()
    async with database.write() as tx:
        await identity.add_organization(
            tx,
            organization_id,
            founding.organization.strip(),
            tier=founding.tier,
            trial_ends_at=trial_end(founding.tier, now),
            now=now,
        )
        if not await members.add(tx, organization_id, owner, now=now):
            raise ApiError("conflict", f"{founding.email} is already in use.")
    return owner.id


def _check(founding: Founding) -> None:
    problems = {}
    if not founding.organization.strip():
        problems["organization"] = ["Give the organization a name."]
    name, _, domain = founding.email.strip().rpartition("@")
    if not (name and "." in domain):
        problems["email"] = ["Enter a valid email address."]
    if len(founding.password) < LEAST_PASSWORD_CHARACTERS:
        problems["password"] = [f"Ensure this field has at least {LEAST_PASSWORD_CHARACTERS} characters."]
    if problems:
        raise invalid(problems)
