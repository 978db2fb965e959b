"""Creating an organization with its owner."""

from server.clock import now
from server.methods import TIERS
from server.settings import Settings
from server.stores import migrate
from server.stores.files import Files
from server.stores.session import Database
from server.work.onboarding import Founding, create_owner
from server.work.passwords import Passwords


async def add_owner(settings: Settings, *, organization: str, email: str, tier: str, password: str) -> str:
    """The new owner's id; the database is migrated first. Raises ApiError when the address is taken."""
    Files(settings.data_dir).prepare()
    database = Database(settings)
    migrate.upgrade(database.engine)
    passwords = Passwords(settings)
    number = next(number for number, word in TIERS.items() if word == tier)
    try:
        founding = Founding(organization, email, password, number)
        return await create_owner(database, passwords, founding, now=now())
    finally:
        passwords.close()
        database.close()
