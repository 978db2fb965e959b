"""Bring the database to this version's schema. Alembic is imported here alone: it takes a second."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from server.stores.tables import metadata

SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(engine: Engine) -> None:
    """Run what is missing."""
    with _connection(engine) as connection:
        command.upgrade(_config(connection), "head")


def revision(engine: Engine, message: str) -> None:
    """Write a migration from the difference between the database and the tables; for developers."""
    with _connection(engine) as connection:
        command.revision(_config(connection), message, autogenerate=True)


def current(engine: Engine) -> str | None:
    """The revision of the database; None when it is empty."""
    with _connection(engine) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    """The revision of this version."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return ScriptDirectory.from_config(config).get_current_head()


def differences(engine: Engine) -> list[object]:
    """What the migrations and the tables disagree about; nothing, when both are right."""
    with _connection(engine) as connection:
        context = MigrationContext.configure(connection, opts={"render_as_batch": True})
        return list(compare_metadata(context, metadata))


@contextmanager
def _connection(engine: Engine) -> Iterator[Connection]:
    # The engine runs in autocommit for requests; a migration is one transaction.
    with engine.connect().execution_options(isolation_level="SERIALIZABLE") as connection:
        yield connection
        connection.commit()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    return config
