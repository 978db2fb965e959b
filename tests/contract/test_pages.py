"""What the bridge answers by itself: pages, unknown routes, wrong methods, uploads over multipart."""

from __future__ import annotations

import orjson
import pytest
import yaml

from tests.support.cases import assert_decent
from tests.support.transports import Rest, Transport, answer_of
from tests.support.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")
RESTS = ("rest_channel", "rest_in_process")


def _rest(transports: dict[str, Transport], name: str) -> Rest:
    found = transports[name]
    assert isinstance(found, Rest)
    return found


@pytest.mark.parametrize("name", RESTS)
@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/", "text/html"),
        ("/settings/developer/", "text/html"),
        ("/api/v1/docs/", "text/html"),
        ("/api/v1/schema/", "application/yaml"),
        ("/api/v1/schema", "application/yaml"),
    ],
)
async def test_a_page_is_served_with_rate_headers(
    path: str, content_type: str, name: str, transports: dict[str, Transport]
) -> None:
    response = await _rest(transports, name).http.get(path)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith(content_type)
    assert_decent(answer_of(response), path)
    head = await _rest(transports, name).http.head(path)
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize("name", RESTS)
async def test_the_schema_is_the_contract(name: str, transports: dict[str, Transport]) -> None:
    response = await _rest(transports, name).http.get("/api/v1/schema/")
    document = yaml.safe_load(response.content)
    assert document["openapi"].startswith("3.0")
    assert "/api/v1/reports/generate/" in document["paths"]


@pytest.mark.parametrize("name", RESTS)
@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing/here/", 404, "not_found"),
        ("GET", "/api/v1/reports//", 404, "not_found"),
        ("PUT", "/api/v1/reports/", 405, "method_not_allowed"),
        ("GET", "/api/v1/reports/%zz/", 400, "validation_error"),
        ("GET", "/api/v1/reports/?nope=1", 401, "authentication_required"),
        ("POST", "/api/v1/reports/generate/", 401, "authentication_required"),
    ],
)
async def test_what_is_refused_is_refused_in_the_envelope(
    method: str, path: str, status: int, code: str, *, name: str, transports: dict[str, Transport]
) -> None:
    response = await _rest(transports, name).http.request(method, path)
    answer = answer_of(response)
    assert (answer.http, answer.body["error"]["code"]) == (status, code)
    assert_decent(answer, path)
    if status == 405:
        assert response.headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("name", RESTS)
@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"[]", "body"),
        (b"{", "body"),
        (b'{"name": "a", "name": "b"}', "name"),
        (b'{"name": NaN}', "body"),
        (b'{"colour": 1}', "colour"),
        (b'{"name": 7}', "name"),
        (b'{"name": "a\\u0000b", "data_source_ids": ["x"]}', "name"),
        (b'{"name": "\\ud800"}', "body"),
    ],
)
async def test_a_body_that_is_not_right_is_refused_by_field(
    body: bytes, field: str, *, name: str, world: World, transports: dict[str, Transport]
) -> None:
    headers = {
        "authorization": f"Bearer {world.home.members['owner'].token}",
        "content-type": "application/json",
    }
    response = await _rest(transports, name).http.post("/api/v1/dashboards/", content=body, headers=headers)
    answer = answer_of(response)
    assert (answer.http, answer.body["error"]["code"]) == (400, "validation_error"), answer
    assert any(key == field or key.startswith(field) for key in answer.body["error"]["details"]), answer
    assert_decent(answer, str(body))


@pytest.mark.parametrize("name", RESTS)
async def test_a_file_is_uploaded_and_a_broken_one_leaves_nothing(
    name: str, world: World, transports: dict[str, Transport]
) -> None:
    http = _rest(transports, name).http
    headers = {"authorization": f"Bearer {world.home.members['administrator'].token}"}
    good = [("file", ("people.csv", b"name,age\nana,31\nben,44\nzoe,27\n", "text/csv"))]
    made = await http.post("/api/data-sources/", data={"name": "People"}, files=good, headers=headers)
    assert made.status_code == 201, made.text
    assert made.json()["schema"]["tables"][0]["rows"] == 3
    before = (await http.get("/api/v1/data-sources/?status=active", headers=headers)).json()["count"]
    broken = [("file", ("people.csv", b"\x00\x01\x02\x03" * 100, "text/csv"))]
    refused = await http.post("/api/data-sources/", data={"name": "Broken"}, files=broken, headers=headers)
    assert refused.status_code == 400, refused.text
    assert refused.json()["error"]["code"] == "validation_error"
    for status in ("active", "error", "preprocessing"):
        listed = await http.get(f"/api/v1/data-sources/?status={status}&name=broken", headers=headers)
        assert listed.json()["count"] == 0
    after = (await http.get("/api/v1/data-sources/?status=active", headers=headers)).json()["count"]
    assert after == before
    nameless = await http.post("/api/data-sources/", files=good, headers=headers)
    assert (nameless.status_code, nameless.json()["error"]["details"]) == (
        400,
        {"name": ["This field is required."]},
    )
    json_body = await http.post("/api/data-sources/", json={"name": "x"}, headers=headers)
    assert json_body.status_code == 415


@pytest.mark.parametrize("name", RESTS)
async def test_a_report_can_be_followed_while_it_is_made(
    name: str, world: World, transports: dict[str, Transport]
) -> None:
    http = _rest(transports, name).http
    body = {
        "name": "Followed",
        "data_source_ids": [world.home.ids["data_source"]],
        "report_type": "summary",
        "output_format": "csv",
    }
    headers = {"authorization": f"Bearer {world.home.members['owner'].token}"}
    response = await http.post("/api/v1/reports/generate/stream/", json=body, headers=headers)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("application/x-ndjson")
    events = [orjson.loads(line) for line in response.content.splitlines()]
    assert events[0]["progress"]["phase"]
    assert events[-1]["report"]["status"] == "completed"
    events_as_sse = await http.post(
        "/api/v1/reports/generate/stream/", json=body, headers={**headers, "accept": "text/event-stream"}
    )
    assert events_as_sse.headers["content-type"].startswith("text/event-stream")
    assert events_as_sse.content.startswith(b"data:")
