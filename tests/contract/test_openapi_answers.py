"""What the running server answers is what the OpenAPI document says: status, media type, headers and body."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
import pytest_asyncio

from tests.support.document import DOCUMENT, check

if TYPE_CHECKING:
    from tests.support.world import World

MISSING = "0197a5c2-7d3e-7c41-9b52-3f6a8e1d0c94"

pytestmark = pytest.mark.asyncio(loop_scope="session")

# Each is a documented path, its values, the query, and the status wanted.
READS: list[tuple[str, dict[str, str], str, int]] = [
    ("/api/auth/status/", {}, "", 200),
    ("/api/developer/api-keys/", {}, "", 200),
    ("/api/members/", {}, "", 200),
    ("/api/monitoring/health/", {}, "", 200),
    ("/api/monitoring/health/", {}, "level=summary", 200),
    ("/api/monitoring/health/", {}, "level=detailed", 200),
    ("/api/monitoring/health/", {}, "level=loud", 400),
    ("/api/v1/auth/verify/", {}, "", 200),
    ("/api/v1/usage/", {}, "", 200),
    ("/api/v1/reports/", {}, "page_size=1", 200),
    ("/api/v1/reports/", {}, "page=0", 400),
    ("/api/v1/reports/", {}, "nope=1", 400),
    ("/api/v1/reports/{id}/", {"id": "report"}, "", 200),
    ("/api/v1/reports/{id}/", {"id": "missing"}, "", 404),
    ("/api/v1/reports/{id}/download/", {"id": "report"}, "", 200),
    ("/api/v1/dashboards/", {}, "", 200),
    ("/api/v1/dashboards/{id}/", {"id": "dashboard"}, "", 200),
    ("/api/v1/data-sources/", {}, "", 200),
    ("/api/v1/data-sources/{id}/", {"id": "data_source"}, "", 200),
    ("/api/v1/goals/", {}, "hierarchy_type=topic", 200),
    ("/api/v1/reports/", {}, "page=99", 404),
    ("/api/v1/goals/{id}/", {"id": "goal"}, "", 200),
    ("/api/v1/goals/{id}/progress/", {"id": "goal"}, "", 200),
    ("/api/v1/schema/", {}, "", 200),
    ("/api/v1/docs/", {}, "", 200),
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def client(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=world.in_process)  # type: ignore[arg-type]
    token = world.home.members["owner"].token
    headers = {"authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver", headers=headers) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ids(world: World, client: httpx2.AsyncClient) -> AsyncIterator[dict[str, str]]:
    """Ids of one resource of each kind; the dashboard and the goal are made from the document's examples."""
    board = {"name": "Sales overview", "data_source_ids": [world.home.ids["data_source"]]}
    dashboard = await created(client, "/api/v1/dashboards/", board)
    goal = await created(client, "/api/goals/", {**request_example("/api/goals/"), "target_value": 1_200_000})
    yield {**world.home.ids, "dashboard": dashboard, "goal": goal}
    for path in (f"/api/v1/dashboards/{dashboard}/", f"/api/goals/{goal}/"):
        assert (await client.delete(path)).status_code == 204


async def created(client: httpx2.AsyncClient, path: str, body: dict[str, Any]) -> str:
    """The id of what was made."""
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    check(path, "post", answer)
    made: str = answer.json()["id"]
    return made


def request_example(path: str) -> dict[str, Any]:
    """The example of what a POST takes."""
    found: dict[str, Any] = DOCUMENT["paths"][path]["post"]["requestBody"]["content"]["application/json"][
        "example"
    ]
    return found


@pytest.mark.parametrize(("path", "values", "query", "status"), READS)
async def test_a_read_answers_as_documented(
    ids: dict[str, str],
    client: httpx2.AsyncClient,
    path: str,
    values: dict[str, str],
    query: str,
    status: int,
) -> None:
    filled = {name: ids.get(kind, MISSING) for name, kind in values.items()}
    answer = await client.get(path.format(**filled) + (f"?{query}" if query else ""))
    assert answer.status_code == status, answer.text
    check(path, "get", answer)


async def test_a_refused_body_answers_as_documented(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/api/v1/dashboards/", json={"nmae": "typo"})
    assert answer.status_code == 400
    check("/api/v1/dashboards/", "post", answer)


async def test_a_call_without_credentials_answers_as_documented(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/api/v1/usage/", headers={"authorization": ""})
    assert answer.status_code == 401
    check("/api/v1/usage/", "get", answer)


async def test_a_key_that_was_made_and_ended_answers_as_documented(client: httpx2.AsyncClient) -> None:
    example = DOCUMENT["paths"]["/api/developer/api-keys/"]["post"]["requestBody"]["content"][
        "application/json"
    ]
    made = await client.post("/api/developer/api-keys/", json=example["example"])
    assert made.status_code == 201, made.text
    check("/api/developer/api-keys/", "post", made)
    assert made.json()["key"].startswith("claribi_key_")
    ended = await client.delete(f"/api/developer/api-keys/{made.json()['id']}/")
    assert ended.status_code == 204
    check("/api/developer/api-keys/{id}/", "delete", ended)
