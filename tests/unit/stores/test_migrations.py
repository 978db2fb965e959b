"""The migrations and the tables say the same."""

from __future__ import annotations

from pathlib import Path

from server.settings import Settings
from server.stores import migrate
from server.stores.session import Database


def test_an_upgraded_database_is_what_the_tables_say(tmp_path: Path) -> None:
    database = Database(Settings(data_dir=tmp_path))
    assert migrate.current(database.engine) is None
    migrate.upgrade(database.engine)
    assert migrate.current(database.engine) == migrate.head()
    assert migrate.differences(database.engine) == []
    migrate.upgrade(database.engine)
    database.close()
