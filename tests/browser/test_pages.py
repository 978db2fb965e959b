"""The pages in a real browser, under their own content security policy."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from typing import Any
from urllib.parse import unquote

import pytest
from claribi.v1 import policy_pb2

from rest_bridge.openapi import STATIC_ROUTES, product_document
from rest_bridge.words import words_of
from tests.browser.site import KEYS, SECRET, Api, api_key, site

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=20000",
)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")


def visit(api: Api, path: str, name: str) -> dict[str, Any]:
    """What the visitor saw on a page."""
    with site(api) as origin, tempfile.TemporaryDirectory() as profile:
        url = f"{origin}{path}?visit={name}"
        command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={profile}", "--dump-dom", url]
        dump = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True).stdout
    found = re.search(r'<pre id="seen"[^>]*>([^<]*)</pre>', dump)
    assert found, f"the visit did not end; the page was:\n{dump[:2000]}"
    seen: dict[str, Any] = json.loads(unquote(found[1]))
    assert seen.get("error") is None
    assert seen["policy"] == []
    return seen


@pytest.mark.parametrize(
    ("health", "status"),
    [
        ("healthy", "All systems working · version 1.0.0"),
        ("warning", "Working, with an impairment · version 1.0.0"),
        ("critical", "Service disrupted · version 1.0.0"),
    ],
)
def test_the_footer_shows_the_health_of_the_moment(health: str, status: str) -> None:
    api = Api(health)
    seen = visit(api, "/", "home")
    assert (seen["state"], seen["status"]) == (health, status)
    assert seen["origin"].startswith("http://127.0.0.1:")
    assert set(api.asked) == {"GET /api/monitoring/health"}


def test_the_documentation_shows_every_operation() -> None:
    seen = visit(Api(), "/api/v1/docs/", "docs")
    paths = product_document()["paths"].values()
    assert seen["operations"] == sum(len(item) - 1 for item in paths)  # one entry is the shared parameters
    assert seen["title"].startswith("clariBI API")
    assert len(STATIC_ROUTES) < seen["operations"]


@pytest.fixture(scope="module")
def seen_and_asked() -> tuple[dict[str, Any], list[str]]:
    api = Api()
    return visit(api, "/settings/developer/", "keys"), api.asked


def test_a_wrong_password_is_told_in_the_words_of_the_envelope(seen_and_asked: Any) -> None:
    assert seen_and_asked[0]["refused"] == "Email or password is wrong."


def test_the_list_shows_keys_as_text_and_their_state(seen_and_asked: Any) -> None:
    seen, _ = seen_and_asked
    assert seen["names"] == ["Nightly export", "<b>Panel</b>", "Old laptop"]
    assert seen["badges"] == ["Active", "Active", "Revoked"]
    assert seen["whoami"] == "ana@example.com · analyst · Northwind"


def test_an_access_token_that_has_run_out_is_refreshed_once(seen_and_asked: Any) -> None:
    _, asked = seen_and_asked
    assert asked.count("POST /api/auth/token/refresh") == 1


def test_field_errors_stand_beside_their_fields_and_take_the_focus(seen_and_asked: Any) -> None:
    seen, _ = seen_and_asked
    assert seen["faults"] == ["This field is required.", "This field is required."]
    assert (seen["marked"], seen["focus"]) == ("true", "name")


def test_every_scope_is_offered(seen_and_asked: Any) -> None:
    assert seen_and_asked[0]["scopes"] == list(words_of(policy_pb2.Scope.DESCRIPTOR).values())


def test_a_new_key_is_shown_once(seen_and_asked: Any) -> None:
    seen, _ = seen_and_asked
    assert seen["secret"] == SECRET
    assert seen["secretAfter"] == ""


def test_revoking_asks_first_and_rotating_shows_the_new_key(seen_and_asked: Any) -> None:
    seen, asked = seen_and_asked
    assert seen["afterNo"] == 4
    assert asked.count(f"DELETE {KEYS}/{api_key(4)['id']}") == 1
    assert seen["rotated"] == SECRET[::-1]
    assert seen["question"] == "Rotate “Nightly export”?"


def test_signing_out_leaves_nothing_behind(seen_and_asked: Any) -> None:
    seen, asked = seen_and_asked
    assert (seen["stored"], seen["secretAtGate"], seen["passwordKept"]) == (0, "", "")
    assert "POST /api/auth/logout" in asked
