"""A world of their own for tests that break things: what they leave behind is nobody else's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.world import World, living_world


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def battered(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Two organizations with people and things, for the requests of one file, which may delete any of it."""
    async with living_world(Path(tmp_path_factory.mktemp("battered")) / "data", filled=True) as made:
        yield made
