"""Drives an ASGI application without a server, byte by byte where a test needs it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

App = Callable[..., Awaitable[None]]
Headers = Sequence[tuple[str, str]]


@dataclass
class Answer:
    """What came back."""

    status: int = 0
    raw_headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    pieces: list[bytes] = field(default_factory=list)
    complete: bool = False

    @property
    def headers(self) -> dict[str, str]:
        names = [name for name, _ in self.raw_headers]
        assert len(names) == len(set(names)), f"a header is sent twice: {names}"
        return {name.decode(): value.decode() for name, value in self.raw_headers}

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> Any:
        """The content of the envelope, after checking that it is one."""
        assert self.headers["content-type"] == "application/json"
        document = self.json
        assert list(document) == ["error"]
        assert sorted(document["error"]) == ["code", "details", "message"]
        return document["error"]


class Client:
    """A caller of one application; `leave` ends the connection."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.peer = ("192.0.2.7", 50000)

    async def ask(
        self,
        method: str,
        target: str,
        *,
        headers: Headers = (),
        body: bytes | None = None,
        chunks: Iterable[bytes] | None = None,
        host: bool = True,
    ) -> Answer:
        """One request; `body` is announced by its length, `chunks` come without one."""
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        if host:
            raw.insert(0, (b"host", b"api.test"))
        if body is not None:
            raw.append((b"content-length", b"%d" % len(body)))
        if chunks is not None:
            raw.append((b"transfer-encoding", b"chunked"))
        pieces = list(chunks) if chunks is not None else [body or b""]
        exchange = Exchange(self.scope(method, target, raw), pieces)
        await exchange.run(self.app)
        return exchange.answer

    async def post(self, target: str, document: object, headers: Headers = ()) -> Answer:
        """POST a JSON document."""
        body = json.dumps(document).encode()
        return await self.ask(
            "POST", target, headers=[("content-type", "application/json"), *headers], body=body
        )

    def scope(self, method: str, target: str, raw: list[tuple[bytes, bytes]]) -> dict[str, Any]:
        path, _, query = target.partition("?")
        return {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "path": path,
            "raw_path": path.encode("latin-1"),
            "query_string": query.encode("latin-1"),
            "headers": raw,
            "client": self.peer,
        }


class Exchange:
    """One request and its answer, for tests that look while it runs."""

    def __init__(
        self, scope: dict[str, Any], pieces: Sequence[bytes] = (b"",), *, endless: bool = False
    ) -> None:
        self.scope = scope
        self.answer = Answer()
        self.gone = asyncio.Event()
        self.endless = endless
        self._pieces = list(pieces)
        self._sent = asyncio.Event()

    async def run(self, app: App) -> None:
        await app(self.scope, self._receive, self._send)

    async def until(self, condition: Callable[[Answer], bool]) -> None:
        """Wait until the answer so far fulfils the condition."""
        while not condition(self.answer):
            self._sent.clear()
            await asyncio.wait_for(self._sent.wait(), 5)

    async def _receive(self) -> MutableMapping[str, Any]:
        if self._pieces:
            piece = self._pieces.pop(0)
            return {
                "type": "http.request",
                "body": piece,
                "more_body": bool(self._pieces) or self.endless,
            }
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, event: MutableMapping[str, Any]) -> None:
        if event["type"] == "http.response.start":
            self.answer.status = event["status"]
            self.answer.raw_headers = list(event["headers"])
        else:
            self.answer.pieces.append(event.get("body", b""))
            self.answer.complete = not event.get("more_body", False)
        self._sent.set()
