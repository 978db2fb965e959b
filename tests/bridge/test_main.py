"""The bridge as a process: its settings, and a real HTTP server in front of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn

from rest_bridge.__main__ import Settings, SettingsError, server_config
from tests.bridge.conftest import Serve, Served


def test_settings_come_from_the_environment() -> None:
    settings = Settings.from_environment(
        {
            "CLARIBI_CORE_ADDRESS": "core:8001",
            "CLARIBI_PORT": "80",
            "CLARIBI_MAX_DEADLINE_SECONDS": "2.5",
            "CLARIBI_TRUSTED_PROXIES": '["10.0.0.0/8"]',
            "CLARIBI_UNKNOWN": "x",
        }
    )
    assert settings == Settings(
        "core:8001", port=80, max_deadline_seconds=2.5, trusted_proxies=("10.0.0.0/8",)
    )
    assert Settings.from_environment({"CLARIBI_TRUSTED_PROXIES": "a, b"}).trusted_proxies == ("a", "b")
    assert Settings.from_environment({}) == Settings()


@pytest.mark.parametrize(
    ("name", "text"), [("PORT", "many"), ("PORT", "-1"), ("PORT", "1.5"), ("TRUSTED_PROXIES", "[")]
)
def test_a_bad_setting_is_named(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"CLARIBI_{name}"):
        Settings.from_environment({f"CLARIBI_{name}": text})


@asynccontextmanager
async def listening(served: Served) -> AsyncIterator[int]:
    """The port of a real server in front of the bridge."""
    server = uvicorn.Server(server_config(served.bridge, "127.0.0.1", port=0))
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await running


async def talk(port: int, data: bytes) -> bytes:
    """Send bytes, and read until the server closes or falls silent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    received = b""
    try:
        while piece := await asyncio.wait_for(reader.read(65536), 0.4):
            received += piece
    except TimeoutError:
        pass
    writer.close()
    await writer.wait_closed()
    return received


HOST = b"Host: api.test\r\n"
SECOND = b"GET /v1/items/second HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"


def posted(headers: bytes, body: bytes = b'{"id":"1"}') -> bytes:
    return b"POST /v1/items HTTP/1.1\r\n" + headers + b"Content-Type: application/json\r\n\r\n" + body


@pytest.mark.parametrize("serve", ["direct"], indirect=True)
async def test_requests_that_two_parsers_could_frame_differently_are_refused(serve: Serve) -> None:
    served = await serve()
    smuggled = {
        "both framings": posted(HOST + b"Content-Length: 10\r\nTransfer-Encoding: chunked\r\n"),
        "two lengths": posted(HOST + b"Content-Length: 10\r\nContent-Length: 11\r\n"),
        "equal lengths": posted(HOST + b"Content-Length: 10\r\nContent-Length: 10\r\n"),
        "odd coding": posted(HOST + b"Transfer-Encoding: xchunked\r\n"),
        "no host": posted(b"Content-Length: 10\r\n"),
        "two hosts": posted(HOST + b"Host: other.test\r\nContent-Length: 10\r\n"),
        "folded header": posted(HOST + b"X-A: a\r\n b\r\nContent-Length: 10\r\nX-Api-Key: a\r\n\tb\r\n"),
        "bare line feed": posted(HOST + b"Content-Length: 10\nX: y\r\n"),
        "NUL": posted(HOST + b"X-Api-Key: a\0b\r\nContent-Length: 10\r\n"),
    }
    async with listening(served) as port:
        for name, data in smuggled.items():
            answer = await talk(port, data + SECOND)
            statuses = [line.split()[1] for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]
            assert statuses in ([b"400"], [], [b"400", b"200"]), (name, answer)
            created = [call for call in served.core.calls if call.method == "CreateItem"]
            assert created == [], name


@pytest.mark.parametrize("serve", ["direct"], indirect=True)
async def test_a_real_server_keeps_connections_and_streams(serve: Serve) -> None:
    served = await serve()
    async with listening(served) as port:
        good = posted(HOST + b"Content-Length: 10\r\n")
        answer = await talk(port, good + SECOND)
        assert answer.count(b"HTTP/1.1 201") == answer.count(b"HTTP/1.1 200") == 1
        stream = b"GET /v1/watch?count=2 HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
        answer = await talk(port, stream)
        assert b"transfer-encoding: chunked" in answer
        assert answer.endswith(b"0\r\n\r\n")
        broken = b"GET /v1/download?count=3&fail_after=2 HTTP/1.1\r\n" + HOST + b"\r\n"
        answer = await talk(port, broken)
        assert not answer.endswith(b"0\r\n\r\n")
    assert b"server:" not in answer.lower()
