"""An OpenAI-compatible endpoint on loopback that answers well, or badly in every way an endpoint can."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

KEY = "sk-a-key-that-must-stay-secret"
SYNONYMS = {"rose": "climbed", "climbed": "rose", "grew": "rose", "fell": "dropped", "dropped": "fell",
            "declined": "fell", "stood at": "was at", "comes to": "is at", "is set apart by": "stands out with",
            "differs from the rest by": "differs from the rest with", "There is": "Here is"}  # fmt: skip
Writer = asyncio.StreamWriter


@dataclass
class Call:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def task(self) -> str:
        """Which answer is wanted: hypotheses or sentences."""
        return "hypotheses" if "Propose up to ten" in self.body["messages"][0]["content"] else "sentences"

    @property
    def data(self) -> dict[str, Any]:
        """The data beside the instructions."""
        return dict(json.loads(self.body["messages"][1]["content"]))


Behaviour = Callable[[Call, Writer], Awaitable[None]]


@dataclass
class FakeModel:
    """The endpoint; `behaviour` may be changed between calls, `calls` holds what was asked."""

    behaviour: Behaviour
    calls: list[Call] = field(default_factory=list)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.port}/v1"

    def become(self, behaviour: Behaviour) -> None:
        """Behaves so from now on, with nothing asked yet."""
        self.behaviour = behaviour
        self.calls.clear()

    async def serve(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        """One connection, one request."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])
            }
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            call = Call(head[0].split(" ")[1], headers, json.loads(body or b"{}"))
            self.calls.append(call)
            await self.behaviour(call, writer)
            await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@asynccontextmanager
async def fake_model(behaviour: Behaviour) -> AsyncIterator[FakeModel]:
    """The endpoint, listening."""
    model = FakeModel(behaviour)
    server = await asyncio.start_server(model.serve, "127.0.0.1", 0)
    model.port = server.sockets[0].getsockname()[1]
    try:
        yield model
    finally:
        model.released.set()
        server.close()
        await server.wait_closed()


def reply(writer: Writer, status: int, body: bytes, *headers: str) -> None:
    """Writes a whole HTTP answer."""
    lines = [f"HTTP/1.1 {status} Any", f"Content-Length: {len(body)}", "Connection: close", *headers]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def completion(content: Any, tokens: int = 100) -> bytes:
    """The body of an answer whose message is the content."""
    text = content if isinstance(content, str) else json.dumps(content)
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return json.dumps({"choices": [choice], "usage": {"total_tokens": tokens}}).encode()


def says(content: Any) -> Behaviour:
    """Always the same content."""

    async def behave(call: Call, writer: Writer) -> None:
        reply(writer, 200, completion(content))

    return behave


def rewords(change: Callable[[str], str]) -> Behaviour:
    """Proposes nothing, and changes every sentence by the function."""

    async def behave(call: Call, writer: Writer) -> None:
        if call.task == "hypotheses":
            reply(writer, 200, completion({"hypotheses": []}))
            return
        rows = [{"id": row["id"], "text": change(row["text"])} for row in call.data["sentences"]]
        reply(writer, 200, completion({"sentences": rows}))

    return behave


def synonyms(text: str) -> str:
    """The sentence with harmless words exchanged."""
    for word, other in SYNONYMS.items():
        if re.search(rf"\b{word}\b", text):
            return re.sub(rf"\b{word}\b", other, text)
    return text


def fails(status: int, *headers: str, times: int | None = None, then: Behaviour | None = None) -> Behaviour:
    """An error so many times (always when None), then another behaviour."""
    left = [times]

    async def behave(call: Call, writer: Writer) -> None:
        if left[0] == 0 and then is not None:
            await then(call, writer)
            return
        left[0] = None if left[0] is None else left[0] - 1
        reply(writer, status, b'{"error": {"message": "no"}}', *headers)

    return behave


def only_plain(then: Behaviour) -> Behaviour:
    """A server that knows no structured output."""

    async def behave(call: Call, writer: Writer) -> None:
        if "response_format" in call.body:
            reply(writer, 400, b'{"error": {"message": "unknown field response_format"}}')
        else:
            await then(call, writer)

    return behave


async def drips(call: Call, writer: Writer) -> None:
    """A byte now and then, for ever."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    with suppress(ConnectionError):
        while not writer.is_closing():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)


async def hangs_up(call: Call, writer: Writer) -> None:
    """Nothing at all."""


async def floods(call: Call, writer: Writer) -> None:
    """More than anybody should read."""
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    with suppress(ConnectionError):
        for _ in range(400):
            writer.write(b" " * 65_536)
            await writer.drain()


def stalls(model: FakeModel) -> Behaviour:
    """No answer until the end of the test."""

    async def behave(call: Call, writer: Writer) -> None:
        await model.released.wait()

    return behave
