"""Fixtures every folder may use; worlds are made once for each worker, since a filled one takes seconds.

Imports stay inside: a unit test must not pay for, or fail with, the whole server.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

if TYPE_CHECKING:
    from tests.support.transports import Transport
    from tests.support.world import World


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Two organizations with their people and things; tests leave what is there as it is."""
    from tests.support.world import living_world

    async with living_world(Path(tmp_path_factory.mktemp("world")) / "data", filled=True) as made:
        yield made


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def transports(world: World) -> AsyncIterator[dict[str, Transport]]:
    """Every way in, by name."""
    from tests.support.transports import Grpc, Rest

    assert world.over_channel is not None
    made = [Grpc(world), Rest("rest_channel", world.over_channel), Rest("rest_in_process", world.in_process)]
    yield {transport.name: transport for transport in made}
    for transport in made:
        await transport.close()
