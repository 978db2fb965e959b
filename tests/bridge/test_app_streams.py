"""Server streams: framing, failures, and callers who leave."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.bridge.conftest import Served
from tests.bridge.support_asgi import Answer, Exchange

HOST = (b"host", b"api.test")
NDJSON = ("content-type", "application/x-ndjson")


def events(answer: Answer) -> list[tuple[str, Any]]:
    """Server-sent events as (type, data)."""
    found = []
    for block in answer.body.decode().split("\n\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        found.append((fields.get("event", "message"), json.loads(fields["data"])))
    return found


async def test_a_stream_is_one_line_per_message(served: Served) -> None:
    answer = await served.client.ask("GET", "/v1/watch?count=3")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/x-ndjson")
    assert [json.loads(line)["id"] for line in answer.body.splitlines()] == ["0", "1", "2"]
    assert answer.body.endswith(b"\n")
    assert answer.complete
    assert answer.headers["x-ratelimit-remaining"] == "99"


async def test_an_empty_stream_is_an_empty_success(served: Served) -> None:
    answer = await served.client.ask("GET", "/v1/watch")
    assert (answer.status, answer.body, answer.complete) == (200, b"", True)


async def test_events_are_sent_when_asked_for(served: Served) -> None:
    accept = ("accept", "text/event-stream, */*;q=0.1")
    answer = await served.client.ask("GET", "/v1/watch?count=2", headers=[accept])
    assert answer.headers["content-type"] == "text/event-stream"
    assert [(kind, data["id"]) for kind, data in events(answer)] == [("message", "0"), ("message", "1")]


async def test_a_client_of_plain_json_gets_one_array(served: Served) -> None:
    accept = ("accept", "application/json")
    answer = await served.client.ask("GET", "/v1/watch?count=2", headers=[accept])
    assert answer.headers["content-type"] == "application/json"
    assert [item["id"] for item in answer.json] == ["0", "1"]
    failing = await served.client.ask("GET", "/v1/watch?count=2&fail_after=2", headers=[accept])
    assert failing.json[1]["error"]["code"] == "validation_error"


async def test_other_media_types_are_not_acceptable(served: Served) -> None:
    answer = await served.client.ask("GET", "/v1/watch?count=2", headers=[("accept", "text/csv")])
    assert (answer.status, answer.error["code"]) == (406, "not_acceptable")


@pytest.mark.parametrize("accept", ["application/x-ndjson", "text/event-stream"])
async def test_a_failure_before_the_first_message_has_its_own_status(served: Served, accept: str) -> None:
    target = "/v1/watch?count=3&fail_after=1"
    answer = await served.client.ask("GET", target, headers=[("accept", accept)])
    assert (answer.status, answer.error["message"]) == (400, "out of range")
    assert answer.headers["x-ratelimit-remaining"] == "99"
    unauthenticated = await served.client.ask("GET", target, headers=[("authorization", "Bearer bad")])
    assert unauthenticated.status == 401


async def test_a_later_failure_is_the_last_line_in_the_envelope(served: Served) -> None:
    answer = await served.client.ask("GET", "/v1/watch?count=3&fail_after=3")
    *items, last = [json.loads(line) for line in answer.body.splitlines()]
    assert (answer.status, len(items), answer.complete) == (200, 2, True)
    assert last == {"error": {"message": "out of range", "code": "validation_error", "details": {}}}


async def test_a_later_failure_is_an_error_event(served: Served) -> None:
    accept = ("accept", "text/event-stream")
    answer = await served.client.ask("GET", "/v1/watch?count=3&fail_after=3", headers=[accept])
    kind, data = events(answer)[-1]
    assert (kind, data["error"]["code"]) == ("error", "validation_error")


async def test_head_of_a_stream_ends_the_call(served: Served) -> None:
    answer = await served.client.ask("HEAD", "/v1/watch?count=2&forever=true")
    assert (answer.status, answer.body, answer.complete) == (200, b"", True)
    await ended(served, "cancelled")


async def test_raw_bodies_stream_with_their_type_and_name(served: Served) -> None:
    answer = await served.client.ask("GET", "/v1/download?count=3", headers=[("accept", "text/csv")])
    assert (answer.status, answer.body) == (200, b"line 0\nline 1\nline 2\n")
    assert answer.headers["content-type"] == "text/csv"
    assert answer.headers["content-disposition"] == 'attachment; filename="r.csv"'
    assert len(answer.pieces) > 3
    empty = await served.client.ask("GET", "/v1/download")
    assert (empty.status, empty.body, empty.complete) == (200, b"", True)
    head = await served.client.ask("HEAD", "/v1/download?count=3")
    assert (head.headers["content-type"], head.body) == ("text/csv", b"")


async def test_raw_bytes_that_break_off_are_left_incomplete(served: Served) -> None:
    answer = await served.client.ask("GET", "/v1/download?count=3&fail_after=2")
    assert (answer.status, answer.body, answer.complete) == (200, b"line 0\n", False)
    before = await served.client.ask("GET", "/v1/download?count=3&fail_after=1")
    assert (before.status, before.error["code"]) == (500, "internal_error")


async def ended(served: Served, how: str) -> None:
    for _ in range(100):
        if served.core.calls and served.core.last.ended == how:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"the call is {served.core.last.ended}, not {how}")


@pytest.mark.parametrize("target", ["/v1/watch?count=2&forever=true", "/v1/slow"])
async def test_leaving_cancels_the_call(served: Served, target: str) -> None:
    path, _, query = target.partition("?")
    exchange = Exchange(served.client.scope("GET", f"{path}?{query}", [HOST]))
    running = asyncio.create_task(exchange.run(served.bridge))
    if "watch" in path:
        await exchange.until(lambda answer: answer.body != b"")
    else:
        await asyncio.sleep(0.1)
    exchange.gone.set()
    await asyncio.wait_for(running, 3)
    assert not exchange.answer.complete
    await ended(served, "cancelled")


async def test_a_stopping_server_is_not_taken_for_a_leaving_client(served: Served) -> None:
    exchange = Exchange(served.client.scope("GET", "/v1/slow", [HOST]))
    running = asyncio.create_task(exchange.run(served.bridge))
    await asyncio.sleep(0.1)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_slow_reader_holds_the_sender_back(served: Served) -> None:
    gate = asyncio.Event()
    exchange = Exchange(served.client.scope("GET", "/v1/watch?count=5", [HOST]))
    sends = 0

    async def send(event: Any) -> None:
        nonlocal sends
        sends += 1
        await gate.wait()

    running = asyncio.create_task(served.bridge(exchange.scope, exchange._receive, send))
    await asyncio.sleep(0.1)
    assert sends == 1
    gate.set()
    await running
    assert sends == 7


async def test_streams_go_both_ways_line_by_line(served: Served) -> None:
    answer = await served.client.ask(
        "POST", "/v1/echo", headers=[NDJSON], chunks=[b'{"id": "1"}\n{"i', b'd": "2"}\n\n', b'{"id": "3"}']
    )
    assert [json.loads(line)["id"] for line in answer.body.splitlines()] == ["1", "2", "3"]


async def test_lines_become_a_client_stream(served: Served) -> None:
    answer = await served.client.ask(
        "POST", "/v1/import", headers=[NDJSON], body=b'{"id": "a"}\n{"id": "b"}\n'
    )
    assert answer.json["events"] == ["a", "b"]


@pytest.mark.parametrize("path", ["/v1/import", "/v1/echo"])
@pytest.mark.parametrize("body", [b'{"id": 1}\n', b'{"id": "1"', b'{"nope": "1"}\n'])
async def test_a_bad_line_is_the_callers_fault(served: Served, path: str, body: bytes) -> None:
    answer = await served.client.ask("POST", path, headers=[NDJSON], body=body)
    assert (answer.status, answer.error["code"]) == (400, "validation_error")
