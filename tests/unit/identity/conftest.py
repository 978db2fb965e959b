"""Worlds to test in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.work.passwords import Passwords
from tests.unit.identity.world import World, plain_settings


@pytest.fixture(scope="session")
def passwords() -> Iterator[Passwords]:
    """Real hashing, one pool for the run."""
    pool = Passwords(plain_settings())
    yield pool
    pool.close()


@pytest.fixture
def world(tmp_path: Path, passwords: Passwords) -> Iterator[World]:
    """The default settings."""
    here = World(tmp_path, passwords)
    yield here
    here.close()


@pytest.fixture
def rotating(tmp_path: Path, passwords: Passwords) -> Iterator[World]:
    """Refresh tokens that rotate."""
    here = World(tmp_path, passwords, refresh_rotation=True)
    yield here
    here.close()


@pytest.fixture
def wary(tmp_path: Path, passwords: Passwords) -> Iterator[World]:
    """Five guesses an hour."""
    here = World(tmp_path, passwords, login_attempts_per_hour=5)
    yield here
    here.close()
