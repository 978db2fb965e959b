"""The first person of an organization."""

from claribi.v1 import policy_pb2

from server.clock import new_id
from server.errors import ApiError, invalid
from server.stores import identity, members
from server.stores.session import Database
from server.work.passwords import Passwords
from server.work.plans import trial_end

LEAST_PASSWORD_CHARACTERS = 12


async def create_owner(
    database: Database,
    passwords: Passwords,
    *,
    organization: str,
    email: str,
    password: str,
    tier: int,
    now: int,
) -> str:
    """Make an organization and its owner; the owner's user id. A trial begins `now` (microseconds).

    Raises ApiError: validation_error, or conflict when the address is already in use.
    """
    _check(organization, email, password)
    owner = members.NewMember(
        id=new_id(), email=email, role=policy_pb2.ROLE_OWNER, password_hash=await passwords.hash(password)
    )
    organization_id = new_id()
    async with database.write() as tx:
        await identity.add_organization(
            tx, organization_id, organization.strip(), tier=tier, trial_ends_at=trial_end(tier, now), now=now
        )
        if not await members.add(tx, organization_id, owner, now=now):
            raise ApiError("conflict", f"{email} is already in use.")
    return owner.id


def _check(organization: str, email: str, password: str) -> None:
    problems = {}
    if not organization.strip():
        problems["organization"] = ["Give the organization a name."]
    name, _, domain = email.strip().rpartition("@")
    if not (name and "." in domain):
        problems["email"] = ["Enter a valid email address."]
    if len(password) < LEAST_PASSWORD_CHARACTERS:
        problems["password"] = [f"Ensure this field has at least {LEAST_PASSWORD_CHARACTERS} characters."]
    if problems:
        raise invalid(problems)
