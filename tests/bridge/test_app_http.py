"""Headers, media types, sizes and deadlines at the door."""

from __future__ import annotations

import re
import time

import pytest

from rest_bridge.headers import client_address
from rest_bridge.limits import HttpLimits
from tests.bridge.conftest import Serve, Served
from tests.bridge.support_asgi import Exchange

JSON = ("content-type", "application/json")
UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


async def test_listed_headers_become_metadata_and_no_others(served: Served) -> None:
    sent = {
        "authorization": "Bearer x",
        "x-api-key": "k",
        "idempotency-key": "i",
        "prefer": "respond-async",
        "accept-language": "de",
        "traceparent": "00-1-2-03",
    }
    hostile = {
        "x-org-id": "1",
        "grpc-metadata-foo": "1",
        "x-client-address": "1.2.3.4",
        "x-forwarded-for": "1.2.3.4",
        "test-refusal-bin": "AAAA",
        "cookie": "a=b",
    }
    await served.client.ask("GET", "/v1/items", headers=[*sent.items(), *hostile.items()])
    metadata = served.core.last.metadata
    assert sent.items() <= metadata.items()
    assert metadata["x-client-address"] == "192.0.2.7"
    assert set(metadata) - set(sent) <= {
        "x-base-url",
        "x-request-id",
        "x-client-address",
        "user-agent",
        "grpc-accept-encoding",
    }


async def test_a_user_agent_reaches_the_core(served: Served) -> None:
    await served.client.ask("GET", "/v1/items", headers=[("user-agent", "curl/8")])
    metadata = served.core.last.metadata
    # gRPC libraries put their own name under user-agent.
    assert metadata.get("x-user-agent", metadata["user-agent"]) == "curl/8"


@pytest.mark.parametrize("kept", ["a", "A-b_c.9", "x" * 128])
async def test_a_valid_request_id_is_kept(served: Served, kept: str) -> None:
    answer = await served.client.ask("GET", "/v1/items", headers=[("x-request-id", kept)])
    assert answer.headers["x-request-id"] == kept
    assert served.core.last.metadata["x-request-id"] == kept


@pytest.mark.parametrize("other", [None, "", "a b", "x" * 129, "ü", "a\nb"])
async def test_any_other_request_id_is_replaced(served: Served, other: str | None) -> None:
    headers = [] if other is None else [("x-request-id", other)]
    answer = await served.client.ask("GET", "/v1/items", headers=headers)
    assert UUID7.fullmatch(answer.headers["x-request-id"])
    assert served.core.last.metadata["x-request-id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    "headers",
    [
        [("authorization", "Bearer a\nb")],
        [("authorization", "Bearer a\0b")],
        [("idempotency-key", "ü")],
        [("idempotency-key", "x" * 4097)],
        [("idempotency-key", "x" * 3000), ("authorization", "x" * 3000)],
        [("authorization", "Bearer a"), ("authorization", "Bearer b")],
        [("content-length", "1"), ("content-length", "1")],
        [("content-length", "1"), ("transfer-encoding", "chunked")],
        [("content-length", "+1")],
        [("content-length", "1" * 30)],
        [("transfer-encoding", "gzip, chunked")],
        [("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")],
        [("host", "other.test")],
        [("grpc-timeout", "10")],
        [("grpc-timeout", "-1S")],
        [("grpc-timeout", "1 S")],
        [("x-request-timeout", "soon")],
        [("x-request-timeout", "-1")],
        [("x-request-timeout", "1e3")],
        [("x-filler", "x" * 20_000)],
        [(f"x-{number}", "1") for number in range(101)],
    ],
)
async def test_malformed_and_ambiguous_headers_are_refused_before_any_method(
    served: Served, headers: list[tuple[str, str]]
) -> None:
    answer = await served.client.ask("GET", "/v1/items/7", headers=[*headers, ("x-request-id", "r1")])
    assert (answer.status, answer.error["code"]) == (400, "validation_error")
    assert answer.headers["connection"] == "close"
    assert answer.headers["x-request-id"] == "r1"
    assert [call.method for call in served.core.calls] == ["Refuse"]


async def test_a_request_without_host_is_refused(served: Served) -> None:
    assert (await served.client.ask("GET", "/v1/items", host=False)).status == 400


@pytest.mark.parametrize(
    "path", ["/v1/items/%", "/v1/items/%2", "/v1/items/%zz", "/v1/items/%ff", "/v1/items/ü"]
)
async def test_a_malformed_path_is_refused(served: Served, path: str) -> None:
    answer = await served.client.ask("GET", path)
    assert (answer.status, answer.error["code"]) == (400, "validation_error")


async def test_a_long_url_is_refused(served: Served) -> None:
    assert (await served.client.ask("GET", "/v1/items?tags=" + "x" * 9000)).status == 400


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("", 200),
        ("*/*", 200),
        ("application/json", 200),
        ("application/*;q=0.1", 200),
        ("text/html, application/json;q=0.5", 200),
        ("Application/JSON", 200),
        ("text/html", 406),
        ("application/json;q=0", 406),
        ("*/*, application/json;q=0", 406),
        ("application/json;q=x", 406),
    ],
)
async def test_accept_is_honoured(served: Served, accept: str, status: int) -> None:
    answer = await served.client.ask("GET", "/v1/items/7", headers=[("accept", accept)])
    assert answer.status == status
    if status == 406:
        assert answer.error["code"] == "not_acceptable"


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        (None, 201),
        ("application/json", 201),
        ("application/json; charset=utf-8", 201),
        ('application/json; charset="UTF-8"', 201),
        ("application/problem+json", 201),
        ("application/json; charset=latin-1", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("nonsense", 415),
    ],
)
async def test_a_body_is_json_in_utf8(served: Served, content_type: str | None, status: int) -> None:
    headers = [] if content_type is None else [("content-type", content_type)]
    answer = await served.client.ask("POST", "/v1/items", headers=headers, body=b'{"id": "1"}')
    assert answer.status == status
    if status == 415:
        assert answer.error["code"] == "unsupported_media_type"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
async def test_a_compressed_body_is_refused(served: Served, coding: str) -> None:
    answer = await served.client.ask(
        "POST", "/v1/items", headers=[JSON, ("content-encoding", coding)], body=b"\x1f\x8b"
    )
    assert (answer.status, answer.error["code"]) == (415, "unsupported_media_type")


async def test_a_body_may_come_in_pieces_and_unannounced(served: Served) -> None:
    answer = await served.client.ask(
        "POST", "/v1/items", headers=[JSON], chunks=[b'{"i', b"", b'd": "', b'1"}']
    )
    assert (answer.status, answer.json["id"]) == (201, "1")


@pytest.mark.parametrize("method", ["GET", "DELETE", "HEAD"])
async def test_a_body_on_a_method_without_one_is_refused(served: Served, method: str) -> None:
    announced = await served.client.ask(method, "/v1/items/7", body=b"{}")
    unannounced = await served.client.ask(method, "/v1/items/7", chunks=[b"{", b"}"])
    empty = await served.client.ask(method, "/v1/items/7", chunks=[b""])
    assert (announced.status, unannounced.status) == (400, 400)
    assert empty.status in (200, 204)
    if method != "HEAD":
        assert list(announced.error["details"]) == ["body"]


async def test_a_body_over_the_cap_is_refused_announced_or_not(serve: Serve) -> None:
    served = await serve(limits=HttpLimits(body_bytes=100))
    body = b'{"name": "' + b"x" * 100 + b'"}'
    fits = await served.client.ask("POST", "/v1/items", headers=[JSON], body=body[:50] + b'"}')
    announced = await served.client.ask("POST", "/v1/items", headers=[JSON], body=body)
    pieces = await served.client.ask("POST", "/v1/items", headers=[JSON], chunks=[body[:60], body[60:]])
    whole = await served.client.ask("POST", "/v1/items", headers=[JSON], chunks=[body])
    assert fits.status == 203
    for answer in (announced, pieces, whole):
        assert (answer.status, answer.error["code"]) == (413, "payload_too_large")
        assert answer.headers["connection"] == "close"


async def test_a_body_that_does_not_come_is_given_up(serve: Serve) -> None:
    served = await serve(limits=HttpLimits(body_seconds=0.05))
    scope = served.client.scope("POST", "/v1/items", [(b"host", b"x"), (b"content-length", b"10")])
    exchange = Exchange(scope, [b"{"], endless=True)
    await exchange.run(served.bridge)
    assert (exchange.answer.status, exchange.answer.error["code"]) == (408, "deadline_exceeded")


async def test_a_client_who_leaves_in_the_body_gets_no_answer(served: Served) -> None:
    scope = served.client.scope("POST", "/v1/items", [(b"host", b"x"), (b"content-length", b"10")])
    exchange = Exchange(scope, [b"{"], endless=True)
    exchange.gone.set()
    await exchange.run(served.bridge)
    assert exchange.answer.status == 0
    assert served.core.calls == []


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ([], 9.0),
        ([("grpc-timeout", "2S")], 2.0),
        ([("grpc-timeout", "1500m")], 1.5),
        ([("x-request-timeout", "2.5")], 2.5),
        ([("grpc-timeout", "3S"), ("x-request-timeout", "2")], 2.0),
        ([("grpc-timeout", "9H")], 9.0),
    ],
)
async def test_deadlines_are_passed_on_and_capped(
    serve: Serve, headers: list[tuple[str, str]], seconds: float
) -> None:
    served = await serve(limits=HttpLimits(deadline_seconds=9.0))
    await served.client.ask("GET", "/v1/items", headers=headers)
    assert served.core.last.timeout == pytest.approx(seconds, abs=0.5)


async def test_a_deadline_that_passes_is_504(served: Served) -> None:
    begin = time.monotonic()
    answer = await served.client.ask("GET", "/v1/slow", headers=[("grpc-timeout", "50m")])
    assert (answer.status, answer.error["code"]) == (504, "deadline_exceeded")
    assert time.monotonic() - begin < 2


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ([], "192.0.2.7"),
        (["198.51.100.1"], "198.51.100.1"),
        (["203.0.113.9, 198.51.100.1"], "198.51.100.1"),
        (["203.0.113.9", "198.51.100.1, 192.0.2.8"], "198.51.100.1"),
        (["nonsense"], "192.0.2.7"),
        (["2001:db8::1"], "2001:db8::1"),
    ],
)
async def test_a_trusted_proxy_names_the_last_untrusted_hop(
    serve: Serve, forwarded: list[str], address: str
) -> None:
    served = await serve(trusted_proxies=("192.0.2.0/24",))
    await served.client.ask("GET", "/v1/items", headers=[("x-forwarded-for", value) for value in forwarded])
    assert served.core.last.metadata["x-client-address"] == address


def test_an_unknown_peer_trusts_nobody() -> None:
    assert client_address("", b"1.2.3.4", trusted=()) == ""


@pytest.mark.parametrize(
    ("public_url", "proxies", "headers", "base_url"),
    [
        ("", (), [], "http://api.test"),
        ("https://bi.example.com/", (), [], "https://bi.example.com"),
        ("", (), [("x-forwarded-host", "evil.test"), ("x-forwarded-proto", "https")], "http://api.test"),
        (
            "",
            ("192.0.2.0/24",),
            [("x-forwarded-host", "bi.example.com:8443"), ("x-forwarded-proto", "https")],
            "https://bi.example.com:8443",
        ),
        ("", ("192.0.2.0/24",), [("x-forwarded-proto", "javascript")], "http://api.test"),
    ],
)
async def test_the_core_learns_the_address_clients_see(
    serve: Serve, public_url: str, proxies: tuple[str, ...], headers: list[tuple[str, str]], base_url: str
) -> None:
    served = await serve(public_url=public_url, trusted_proxies=proxies)
    await served.client.ask("GET", "/v1/items", headers=headers)
    assert served.core.last.metadata["x-base-url"] == base_url


@pytest.mark.parametrize("host", ["", "a b", "a/b", "a@b", "x:port", "[::1", "h" * 300])
async def test_a_host_that_is_none_is_refused(served: Served, host: str) -> None:
    answer = await served.client.ask("GET", "/v1/items", headers=[("host", host)], host=False)
    assert answer.status == 400


async def test_a_refusal_does_not_wait_for_a_long_body(served: Served) -> None:
    raw = [(b"host", b"x"), (b"transfer-encoding", b"chunked"), (b"authorization", b"Bearer bad")]
    raw.append((b"content-type", b"multipart/form-data; boundary=b"))
    for target in ("/v1/items", "/nowhere", "/v1/names"):
        exchange = Exchange(served.client.scope("POST", target, raw), [b"--b\r\n"], endless=True)
        await exchange.run(served.bridge)
        assert exchange.answer.status >= 400
        assert exchange.answer.headers.get("connection") == "close", target
        exchange.gone.set()
    short = await served.client.ask("POST", "/nowhere", body=b"x")
    assert "connection" not in short.headers
    read = await served.client.ask("POST", "/v1/items", headers=[JSON], chunks=[b"{", b"x"])
    assert (read.status, "connection" in read.headers) == (400, False)


async def test_nul_in_a_path_is_refused(served: Served) -> None:
    answer = await served.client.ask("GET", "/v1/items/a%00b")
    assert (answer.status, list(answer.error["details"])) == (400, ["id"])
