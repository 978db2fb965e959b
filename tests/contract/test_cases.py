"""Each case of tests/cases over each transport."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cases import FOLDER, Scope, load, load_files, run
from tests.support.transports import Transport
from tests.support.world import World

TRANSPORTS = ("grpc", "rest_channel", "rest_in_process")


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("path", load_files(), ids=lambda path: str(path.relative_to(FOLDER).with_suffix("")))
async def test_every_transport_answers_as_the_case_says(
    path: Path,
    transport: str,
    world: World,
    transports: dict[str, Transport],
    subtests: pytest.Subtests,
) -> None:
    scope = Scope(world)
    for case in load(path):
        with subtests.test(case.name):
            await run(case, world, transports[transport], scope)
