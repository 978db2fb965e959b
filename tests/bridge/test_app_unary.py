"""Unary calls through the application, over both channels."""

from __future__ import annotations

import json
import time

import pytest

from tests.bridge.conftest import Serve, Served
from tests.bridge.support_service import message

EVERY = {
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "x-request-id",
    "x-content-type-options",
}


async def test_a_get_binds_the_path_and_answers_json(served: Served) -> None:
    answer = await served.client.ask("GET", "/v1/items/a%2Fb")
    assert answer.status == 200
    assert answer.json == {
        "id": "a/b",
        "name": "thing",
        "size": 3,
        "state": "STATE_UNSPECIFIED",
        "done": None,
    }
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-length"] == str(len(answer.body))
    assert answer.headers["deprecation"] == "true"
    assert set(answer.headers) >= EVERY
    assert "x-secret" not in answer.headers


async def test_a_closing_slash_changes_nothing(served: Served) -> None:
    plain = await served.client.ask("GET", "/v1/items/7")
    slash = await served.client.ask("GET", "/v1/items/7/")
    assert (slash.status, slash.body) == (plain.status, plain.body)


@pytest.mark.parametrize("path", ["/v1/items//", "/v1//items", "//v1/items", "/v1/items/7//", "//"])
async def test_an_empty_segment_never_binds(served: Served, path: str) -> None:
    answer = await served.client.ask("GET", path)
    assert (answer.status, answer.error["code"]) == (404, "not_found")


async def test_additional_bindings_custom_methods_and_verbs_reach_the_same_method(served: Served) -> None:
    for method, path, wanted in [
        ("GET", "/v1/shelves/s1/items/7", ("7", "s1")),
        ("GET", "/v1/items/7:peek", ("7", "thing")),
        ("GET", "/v1/items/7:poke", ("7:poke", "thing")),
        ("PURGE", "/v1/items/7", ("7", "thing")),
        ("GET", "/v1/files/a/b%2Fc/d%20e", ("a/b%2Fc/d e", "thing")),
    ]:
        answer = await served.client.ask(method, path)
        assert (answer.status, answer.json["id"], answer.json["name"]) == (200, *wanted), path


async def test_query_parameters_fill_what_the_path_does_not(served: Served) -> None:
    answer = await served.client.ask("GET", "/v1/items?page=3&tags=a&tags=b+c")
    assert len(answer.json["items"]) == 3
    assert answer.json["names"] == ["a", "b c"]


@pytest.mark.parametrize(
    ("target", "field"),
    [
        ("/v1/items?pgae=2", "pgae"),
        ("/v1/items?page=two", "page"),
        ("/v1/items?page=1&page=2", "page"),
        ("/v1/items/7?id=8", "id"),
        ("/v1/items/7?id=7", "id"),
    ],
)
async def test_a_bad_query_names_the_parameter(served: Served, target: str, field: str) -> None:
    answer = await served.client.ask("GET", target)
    assert (answer.status, answer.error["code"]) == (400, "validation_error")
    assert answer.error["message"] == "Invalid request parameters"
    assert list(answer.error["details"]) == [field]


async def test_a_configured_parameter_is_ignored(serve: Serve) -> None:
    served = await serve(ignored_query=frozenset({"utm_source"}))
    assert (await served.client.ask("GET", "/v1/items?utm_source=mail")).status == 200


async def test_status_rules_choose_status_and_location(served: Served) -> None:
    cases = [
        ({"id": "a b/c", "state": "STATE_NEW"}, 202, "/v1/items/a%20b%2Fc/"),
        ({"id": "1", "done": True}, 200, None),
        ({"id": "1", "done": False}, 201, None),
        ({"name": "x"}, 203, None),
    ]
    for document, status, location in cases:
        answer = await served.client.post("/v1/items", document)
        assert (answer.status, answer.headers.get("location")) == (status, location), document


async def test_a_patch_fills_the_mask_from_the_keys_given(served: Served) -> None:
    body = json.dumps({"name": "n", "done": None}).encode()
    answer = await served.client.ask(
        "PATCH", "/v1/items/7", headers=[("content-type", "application/merge-patch+json")], body=body
    )
    assert answer.json["id"] == "7"
    assert sorted(answer.json["update_mask"].split(",")) == ["done", "name"]


async def test_a_status_without_content_has_no_body(served: Served) -> None:
    answer = await served.client.ask("DELETE", "/v1/items/7", headers=[("accept", "text/html")])
    assert (answer.status, answer.body) == (204, b"")
    assert "content-type" not in answer.headers
    assert "content-length" not in answer.headers


async def test_response_body_prints_one_field_of_any_kind(served: Served) -> None:
    assert (await served.client.ask("GET", "/v1/names")).json == ["a", "b"]
    assert (await served.client.ask("GET", "/v1/first?page=1")).json["id"] == "1"
    assert (await served.client.ask("GET", "/v1/first")).json is None


async def test_an_http_body_is_sent_as_it_is(served: Served) -> None:
    answer = await served.client.ask("GET", "/v1/page", headers=[("accept", "text/html")])
    assert (answer.headers["content-type"], answer.body) == ("text/html; charset=utf-8", b"<p>hi</p>")


async def test_head_answers_as_get_without_a_body(served: Served) -> None:
    got = await served.client.ask("GET", "/v1/items/7")
    head = await served.client.ask("HEAD", "/v1/items/7")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]
    missing = await served.client.ask("HEAD", "/v1/nowhere")
    assert (missing.status, missing.body) == (404, b"")


async def test_options_lists_the_methods(served: Served) -> None:
    answer = await served.client.ask("OPTIONS", "/v1/items/7/")
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH, PURGE"
    assert served.core.last.method == "Admit"


@pytest.mark.parametrize("override", [(), (("x-http-method-override", "GET"),)])
async def test_a_wrong_method_is_405_with_allow(
    served: Served, override: tuple[tuple[str, str], ...]
) -> None:
    form = ("content-type", "application/x-www-form-urlencoded")
    answer = await served.client.ask("POST", "/v1/names", headers=[form, *override], body=b"page=1")
    assert (answer.status, answer.error["code"]) == (405, "method_not_allowed")
    assert answer.error["message"] == "Allowed here: GET, HEAD, OPTIONS."
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    assert served.core.last.method == "Refuse"


async def test_a_method_without_a_rule_has_no_route(served: Served) -> None:
    for path in ("/bridgetest.v1.Shop/Hidden", "/v1/hidden", "/"):
        answer = await served.client.ask("POST", path, body=b"{}")
        assert answer.status in (404, 405), path


async def test_static_pages_are_counted_and_served(served: Served) -> None:
    for path in ("/v1/schema/", "/v1/schema"):
        answer = await served.client.ask("GET", path)
        assert (answer.status, answer.body) == (200, b"openapi: 3.0.3\n")
        assert answer.headers["content-type"] == "application/yaml"
        assert answer.headers["cache-control"] == "no-cache"
        assert set(answer.headers) >= EVERY
        assert served.core.last.method == "Admit"
    assert (await served.client.ask("HEAD", "/")).headers["content-length"] == "14"
    refused = await served.client.ask("POST", "/v1/schema/", body=b"")
    assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    limited = await served.client.ask("GET", "/", headers=[("authorization", "Bearer limited")])
    assert (limited.status, limited.error["code"]) == (429, "rate_limited")


async def test_the_request_arrives_as_its_message(served: Served) -> None:
    await served.client.post("/v1/items", {"id": "1", "size": 9, "state": "STATE_READY"})
    assert served.core.last.request == message("Item", id="1", size=9, state=2)


async def test_the_lifespan_closes_the_channel(served: Served) -> None:
    events = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent = []

    async def receive() -> dict[str, str]:
        return events.pop(0)

    async def send(event: dict[str, str]) -> None:
        sent.append(event["type"])

    await served.bridge({"type": "lifespan"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_a_quick_get_is_not_slow(served: Served) -> None:
    await served.client.ask("GET", "/v1/items/7")
    begin = time.perf_counter()
    for _ in range(20):
        await served.client.ask("GET", "/v1/items/7")
    assert (time.perf_counter() - begin) / 20 < 0.05
