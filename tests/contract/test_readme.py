"""What the README says of the endpoints is so."""

from __future__ import annotations

import pytest

from tests.support.endpoints import PAGES, current, documented, table
from tests.support.transports import METHODS, rule_of


def test_the_table_of_endpoints_is_current() -> None:
    assert current() == table(), "run: python -m tests.support.endpoints"


def test_every_documented_endpoint_is_in_the_table() -> None:
    wanted = set(documented())
    if not wanted:
        pytest.skip("the specification is not beside this checkout")
    routes = {f"{rule.verb} {rule.path}/" for method in METHODS.values() if (rule := rule_of(method))}
    assert not wanted - routes - PAGES.keys()
