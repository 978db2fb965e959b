"""A shared page with a password, opened the way a browser does."""

from __future__ import annotations

import pytest

from tests.support.transports import Rest, Transport, answer_of
from tests.support.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("name", ["rest_channel", "rest_in_process"])
async def test_a_form_with_the_right_password_opens_the_page(
    name: str, world: World, transports: dict[str, Transport]
) -> None:
    found = transports[name]
    assert isinstance(found, Rest)
    http = found.http
    headers = {"authorization": f"Bearer {world.home.members['analyst'].token}"}
    link = f"/api/v1/reports/{world.home.ids['report']}/public-link/"
    made = await http.post(link, json={"password": "open sesame"}, headers=headers)
    assert made.json()["has_password"]
    path = made.json()["url"].removeprefix("http://testserver")

    asked = await http.get(path)
    assert asked.status_code == 200
    assert b'type="password"' in asked.content
    assert "default-src 'none'" in asked.headers["content-security-policy"]

    wrong = await http.post(path, content=b"format=html&password=wrong", headers=FORM)
    assert wrong.status_code == 200
    assert b"not the password" in wrong.content

    opened = await http.post(path, content=b"format=html&password=open+sesame", headers=FORM)
    assert opened.status_code == 200
    assert b"Seeded" in opened.content
    assert b'type="password"' not in opened.content

    refused = answer_of(await http.post(path, json={"password": "wrong"}))
    assert (refused.http, refused.body["error"]["code"]) == (401, "authentication_required")

    logged = answer_of(await http.get(f"{path}?password=open+sesame"))
    assert logged.http == 400
    assert "logs" in logged.body["error"]["details"]["password"][0]

    twice = answer_of(await http.post(path, content=b"password=a&password=b", headers=FORM))
    assert twice.http == 400
    elsewhere = await http.post("/api/auth/login/", content=b"email=a&password=b", headers=FORM)
    assert elsewhere.status_code == 415
    assert (await http.delete(link, headers=headers)).status_code == 204
