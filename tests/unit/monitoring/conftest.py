"""The stage these tests play on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.sharing.stage import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Two organizations, nothing in them but people and a data source."""
    made = Stage(tmp_path)
    yield made
    made.close()
