"""Multipart uploads become a client stream, within their caps."""

from __future__ import annotations

import asyncio
import random

import pytest

from rest_bridge.channel import MethodInfo
from rest_bridge.codec import Codec, RuleError
from rest_bridge.limits import HttpLimits
from rest_bridge.multipart import UploadReader
from tests.bridge.conftest import Serve, Served
from tests.bridge.support_asgi import Answer, Exchange
from tests.bridge.support_service import shop

FORM = ("content-type", "multipart/form-data; boundary=b0undary")
END = b"--b0undary--\r\n"


def text(name: str, value: bytes) -> bytes:
    return part(f'name="{name}"', value)


def file(name: str, value: bytes, content_type: str = "text/csv") -> bytes:
    return part(f'name="file"; filename="{name}"', value, f"Content-Type: {content_type}\r\n")


def part(disposition: str, value: bytes, more: str = "") -> bytes:
    head = f"--b0undary\r\nContent-Disposition: form-data; {disposition}\r\n{more}\r\n"
    return head.encode() + value + b"\r\n"


async def upload(served: Served, body: bytes, size: int = 1 << 16) -> Answer:
    chunks = [body[begin : begin + size] for begin in range(0, len(body), size)]
    return await served.client.ask("POST", "/v1/items", headers=[FORM], chunks=chunks)


async def test_a_form_with_a_file_becomes_metadata_file_and_bytes(served: Served) -> None:
    data = random.Random(1).randbytes(300_000)
    fields = (
        text("title", b"Sales \xc3\xa9")
        + text("labels", b"a")
        + text("labels", b"b&c=d")
        + text("rank", b"7")
    )
    answer = await upload(served, fields + file("x.csv", data) + END)
    assert answer.status == 201
    assert answer.json == {"events": ["meta Sales é|a,b&c=d|7", "file x.csv text/csv"], "bytes": "300000"}


async def test_fields_after_the_file_come_as_more_metadata(served: Served) -> None:
    body = (
        text("title", b"t")
        + file("x", b"1")
        + text("rank", b"2")
        + file("y", b"")
        + text("labels", b"z")
        + END
    )
    answer = await upload(served, body)
    assert answer.json["events"] == [
        "meta t||0",
        "file x text/csv",
        "meta ||2",
        "file y text/csv",
        "meta |z|0",
    ]


@pytest.mark.parametrize("size", [1, 2, 7, 64, 1 << 20])
async def test_the_pieces_the_body_comes_in_do_not_matter(served: Served, size: int) -> None:
    tricky = b"--b0undary-almost\r\n--b0undar\r"
    body = text("title", b"t") + file("x", tricky) + text("rank", b"2") + END
    answer = await upload(served, body, size)
    assert answer.json == {"events": ["meta t||0", "file x text/csv", "meta ||2"], "bytes": str(len(tricky))}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (text("nope", b"1") + file("x", b"1") + END, "nope"),
        (file("x", b"1") + text("nope", b"1") + END, "nope"),
        (text("rank", b"many") + END, "rank"),
        (text("title", b"1") + text("title", b"2") + END, "title"),
        (part('name="picture"; filename="x"', b"1") + END, "picture"),
        (part("", b"1") + END, "body"),
        (part('name="title"', b"1", "Content-Disposition: form-data\r\n") + END, "body"),
        (text("title", b"\xff") + END, "body"),
        (file("x", b"1"), "body"),
        (file("x", b"1")[:-10], "body"),
        (b"nonsense", "body"),
        (part('name="title"', b"1", "X-Long: " + "x" * 5000 + "\r\n") + END, "body"),
        (part('name="title"', b"1", "".join(f"X-{n}: 1\r\n" for n in range(9))) + END, "body"),
    ],
)
async def test_a_bad_form_is_refused_and_the_method_never_finishes(
    served: Served, body: bytes, field: str
) -> None:
    answer = await upload(served, body)
    assert (answer.status, answer.error["code"]) == (400, "validation_error")
    assert list(answer.error["details"]) == [field]
    await asyncio.sleep(0.05)
    assert all(call.ended != "done" for call in served.core.calls)


@pytest.mark.parametrize("content_type", ["multipart/form-data", f"multipart/form-data; boundary={'x' * 71}"])
async def test_a_form_without_a_usable_boundary_is_415(served: Served, content_type: str) -> None:
    answer = await served.client.ask("POST", "/v1/items", headers=[("content-type", content_type)], body=b"x")
    assert (answer.status, answer.error["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "body",
    [
        file("x", b"x" * 2000) + END,
        text("title", b"x" * 200) + END,
        text("title", b"x" * 60) + text("labels", b"x" * 60) + END,
        b"".join(file(str(number), b"") for number in range(5)) + END,
    ],
)
@pytest.mark.parametrize("size", [50, 1 << 20])
async def test_caps_hold_while_the_form_streams(serve: Serve, body: bytes, size: int) -> None:
    served = await serve(limits=HttpLimits(upload_bytes=1500, upload_parts=4, upload_field_bytes=100))
    answer = await upload(served, body, size)
    assert (answer.status, answer.error["code"]) == (413, "payload_too_large")


async def test_an_announced_upload_over_the_cap_is_refused_unread(serve: Serve) -> None:
    served = await serve(limits=HttpLimits(upload_bytes=10))
    answer = await served.client.ask("POST", "/v1/items", headers=[FORM], body=b"x" * 11)
    assert (answer.status, answer.headers["connection"]) == (413, "close")


async def test_an_upload_that_stalls_is_given_up(serve: Serve) -> None:
    served = await serve(limits=HttpLimits(upload_idle_seconds=0.05))
    raw = [(b"host", b"x"), (b"content-type", FORM[1].encode()), (b"transfer-encoding", b"chunked")]
    exchange = Exchange(served.client.scope("POST", "/v1/items", raw), [file("x", b"1")], endless=True)
    await exchange.run(served.bridge)
    assert (exchange.answer.status, exchange.answer.error["code"]) == (408, "deadline_exceeded")


async def test_leaving_during_an_upload_cancels_the_call(served: Served) -> None:
    raw = [(b"host", b"x"), (b"content-type", FORM[1].encode()), (b"transfer-encoding", b"chunked")]
    exchange = Exchange(served.client.scope("POST", "/v1/items", raw), [file("x", b"1")], endless=True)
    running = asyncio.create_task(exchange.run(served.bridge))
    await asyncio.sleep(0.1)
    exchange.gone.set()
    await asyncio.wait_for(running, 3)
    assert exchange.answer.status == 0
    await asyncio.sleep(0.05)
    assert all(call.ended != "done" for call in served.core.calls)


async def test_the_core_can_refuse_before_the_upload_is_read(served: Served) -> None:
    answer = await served.client.ask(
        "POST",
        "/v1/items",
        headers=[FORM, ("authorization", "Bearer bad")],
        chunks=[file("x", b"1" * 1000), END],
    )
    assert answer.status == 401


@pytest.mark.parametrize("name", ["Import", "Echo"])
def test_a_request_without_the_upload_parts_is_a_rule_error(name: str) -> None:
    info: MethodInfo = shop()[name]
    with pytest.raises(RuleError, match="oneof part"):
        UploadReader(info.request_class, Codec(), limits=HttpLimits())
