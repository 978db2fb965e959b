"""Every failure is the envelope, with the status its reason or code has, in the core's order."""

from __future__ import annotations

import grpc.aio
import pytest

from rest_bridge.app import Bridge
from rest_bridge.channel import GrpcChannel
from tests.bridge.conftest import Serve, Served, product
from tests.bridge.support_asgi import Client
from tests.bridge.support_service import REFUSAL_KEY, shop

JSON = ("content-type", "application/json")


def rate(headers: dict[str, str]) -> tuple[str, str]:
    return headers["x-ratelimit-limit"], headers["x-ratelimit-remaining"]


@pytest.mark.parametrize(
    ("query", "status", "code", "text"),
    [
        ("code=5&message=Gone.", 404, "not_found", "Gone."),
        ("code=5&message=x&reason=rate_limited", 429, "rate_limited", "x"),
        ("code=8&message=Received+message+larger+than+max+(5+vs.+4)", 413, "payload_too_large", None),
        ("code=8&message=anything", 503, "service_unavailable", "The service is temporarily unavailable."),
        ("code=8&reason=rate_limited&message=Wait.", 429, "rate_limited", "Wait."),
        ("code=8&reason=not_ours&message=Wait.", 503, "service_unavailable", None),
        ("code=13&message=secret", 500, "internal_error", "An unexpected server error occurred."),
        (
            "code=13&message=secret&reason=internal_error",
            500,
            "internal_error",
            "An unexpected server error occurred.",
        ),
        ("code=2&message=secret", 500, "internal_error", "An unexpected server error occurred."),
        (
            "code=14&message=10.0.0.1:5432+refused",
            503,
            "service_unavailable",
            "The service is temporarily unavailable.",
        ),
        (
            "code=14&message=Redis+is+away.&reason=service_unavailable",
            503,
            "service_unavailable",
            "Redis is away.",
        ),
        ("code=4&message=x", 504, "deadline_exceeded", None),
        ("kind=crash", 500, "internal_error", "An unexpected server error occurred."),
    ],
)
async def test_a_failure_has_the_status_of_its_reason_or_code(
    served: Served, query: str, status: int, code: str, text: str | None
) -> None:
    answer = await served.client.ask("GET", f"/v1/fail?{query}")
    assert (answer.status, answer.error["code"]) == (status, code)
    if text is not None:
        assert answer.error["message"] == text
    assert "secret" not in answer.body.decode()
    assert rate(answer.headers)[0] in ("100", "60")


async def test_details_are_the_typed_struct_or_the_field_violations(served: Served) -> None:
    fields = await served.client.ask("GET", "/v1/fail?code=3&kind=fields")
    assert fields.error["details"] == {
        "name": ["This field is required.", "Too short."],
        "scopes": ["Unknown."],
    }
    typed = await served.client.ask("GET", "/v1/fail?code=3&kind=struct")
    assert typed.error["details"] == {"required": 5, "share": 0.5, "list": [None, True, {"a": "b"}]}
    assert b"5.0" not in typed.body
    withheld = await served.client.ask("GET", "/v1/fail?code=13&kind=struct")
    assert withheld.error["details"] == {}


async def test_a_rate_limit_says_how_long_to_wait(served: Served) -> None:
    answer = await served.client.ask("GET", "/v1/items", headers=[("authorization", "Bearer limited")])
    assert (answer.status, answer.error["code"], answer.headers["retry-after"]) == (429, "rate_limited", "2")


async def test_a_401_names_the_scheme(served: Served) -> None:
    answer = await served.client.ask("GET", "/v1/items", headers=[("authorization", "Bearer bad")])
    assert (answer.status, answer.error["code"]) == (401, "authentication_required")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("target", "body", "headers"),
    [
        ("/v1/items", b"{", [JSON]),
        ("/v1/items", b'{"nope": 1}', [JSON]),
        ("/v1/items", b"x", [("content-type", "text/csv")]),
        ("/v1/items?x=1", b"{}", [JSON]),
        ("/v1/items", b"{}", [JSON, ("accept", "text/html")]),
        ("/v1/items", b"{}", [JSON, ("content-encoding", "gzip")]),
        ("/v1/items", b"x", [("content-type", "multipart/form-data")]),
        ("/v1/echo", b"{}", [("content-type", "text/csv")]),
    ],
)
@pytest.mark.parametrize(("token", "status"), [("bad", 401), ("limited", 429), ("good", None)])
async def test_the_core_refuses_before_the_bridge_does(
    served: Served, target: str, body: bytes, headers: list[tuple[str, str]], token: str, status: int | None
) -> None:
    bearer = ("authorization", f"Bearer {token}")
    answer = await served.client.ask("POST", target, headers=[*headers, bearer], body=body)
    assert answer.status == status if status else answer.status in (400, 406, 415)
    assert answer.error["code"]
    assert rate(answer.headers) == ("100", "99")
    assert REFUSAL_KEY in served.core.last.metadata


async def test_a_refused_request_reaches_its_method_empty(served: Served) -> None:
    await served.client.ask("PATCH", "/v1/items/7", headers=[JSON], body=b'{"size": "many"}')
    assert served.core.last.method == "UpdateItem"
    assert served.core.last.request is None or not served.core.last.request.ByteSize()


async def test_many_field_errors_all_reach_the_caller(served: Served) -> None:
    body = b"{" + b",".join(b'"unknown_field_number_%d": 1' % number for number in range(90)) + b"}"
    answer = await served.client.ask("POST", "/v1/items", headers=[JSON], body=body)
    assert answer.status == 400
    assert len(answer.error["details"]) == 90
    assert len(served.core.last.metadata[REFUSAL_KEY]) <= 2048


async def test_a_core_that_ignores_the_refusal_does_not_turn_it_into_a_success(served: Served) -> None:
    served.core.honours_refusals = False
    answer = await served.client.ask("POST", "/v1/items", headers=[JSON], body=b"{")
    assert (answer.status, answer.error["code"]) == (400, "validation_error")
    assert rate(answer.headers) == ("100", "99")


async def test_without_a_refusal_key_no_method_is_called_for_a_refused_request(serve: Serve) -> None:
    served = await serve(refusal_key="", edge_refuse=None, edge_admit=None, public_limit=None)
    answer = await served.client.ask("POST", "/v1/items", headers=[JSON], body=b"{")
    assert (answer.status, answer.error["code"]) == (400, "validation_error")
    assert (await served.client.ask("GET", "/nowhere")).status == 404
    assert (await served.client.ask("OPTIONS", "/v1/items")).status == 204
    assert served.core.calls == []
    assert "x-ratelimit-limit" not in answer.headers


async def test_unknown_routes_count_against_the_address(served: Served) -> None:
    answer = await served.client.ask("GET", "/nowhere")
    assert (answer.status, answer.error["code"]) == (404, "not_found")
    assert rate(answer.headers) == ("100", "99")
    assert served.core.last.method == "Refuse"
    assert served.core.last.metadata["x-client-address"] == "192.0.2.7"
    limited = await served.client.ask("GET", "/nowhere", headers=[("authorization", "Bearer limited")])
    assert limited.status == 429


async def test_an_unreachable_core_leaves_the_envelope_and_public_rates() -> None:
    bridge = Bridge(shop().values(), GrpcChannel("127.0.0.1:1"), product())
    client = Client(bridge)
    answer = await client.ask("GET", "/v1/items/7")
    assert (answer.status, answer.error["code"]) == (503, "service_unavailable")
    assert "127.0.0.1" not in answer.body.decode()
    assert rate(answer.headers) == ("60", "60")
    assert answer.headers["retry-after"] == "5"
    assert (await client.ask("GET", "/nowhere")).status == 404
    assert (await client.ask("GET", "/")).status == 200
    refused = await client.ask("POST", "/v1/items", headers=[JSON], body=b"{")
    assert (refused.status, refused.error["code"]) == (503, "service_unavailable")


async def test_the_last_public_rates_are_printed_when_the_core_is_gone(served: Served) -> None:
    await served.client.ask("GET", "/nowhere")

    async def gone(*_: object, **__: object) -> None:
        raise grpc.aio.UsageError("closed")

    served.bridge._channel.unary = gone  # type: ignore[method-assign,assignment]
    answer = await served.client.ask("GET", "/v1/items/7")
    assert answer.status == 500
    assert rate(answer.headers) == ("100", "99")
