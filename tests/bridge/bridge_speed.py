"""CPU microseconds the bridge adds to a call: ASGI in, a channel that answers at once, ASGI out.

Run: python -m tests.bridge.bridge_speed
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from rest_bridge.app import Bridge
from rest_bridge.channel import MethodInfo, Reply
from tests.bridge.conftest import product
from tests.bridge.support_service import message, shop

ROUNDS = 9
CALLS = 2000
HEADERS = [
    (b"host", b"api.test"),
    (b"user-agent", b"wrk/4.1"),
    (b"accept", b"application/json"),
    (b"authorization", b"Bearer claribi_key_" + b"x" * 40),
]
RATES = {"x-ratelimit-limit": "1000", "x-ratelimit-remaining": "999", "x-ratelimit-reset": "1800000000"}


class InstantChannel:
    """Answers every unary call with a message made before."""

    def __init__(self) -> None:
        item = message("Item", id="0198c0de", name="Revenue by region", size=3, state=2)
        page = message("ListItemsResponse", items=[item] * 20)
        self.replies = {"GetItem": item, "CreateItem": item, "ListItems": page}

    async def unary(self, method: MethodInfo, request: Any, **_: Any) -> Reply:
        return Reply(self.replies[method.descriptor.name], RATES)

    def stream(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError

    async def close(self) -> None:
        return None


def scope(method: str, path: bytes, query: bytes = b"", headers: tuple[tuple[bytes, bytes], ...] = ()) -> Any:
    return {
        "type": "http",
        "method": method,
        "scheme": "http",
        "path": path.decode(),
        "raw_path": path,
        "query_string": query,
        "headers": [*HEADERS, *headers],
        "client": ("127.0.0.1", 50000),
    }


BODY = b'{"id": "0198c0de", "name": "Revenue by region", "size": 3}'
POST_HEADERS = ((b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY)))
CASES = {
    "GET one": (scope("GET", b"/v1/items/0198c0de/"), b""),
    "GET list of 20": (scope("GET", b"/v1/items/", b"page=2"), b""),
    "POST one": (scope("POST", b"/v1/items/", headers=POST_HEADERS), BODY),
}


async def spent(bridge: Bridge, request: Any, body: bytes) -> float:
    """CPU microseconds per request."""

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(event: Any) -> None:
        assert event.get("status", 200) in (200, 201), event

    begin = time.process_time()
    for _ in range(CALLS):
        await bridge(request, receive, send)
    return (time.process_time() - begin) / CALLS * 1e6


async def measure(report: Callable[[str], None]) -> None:
    """All cases, interleaved; the best round of each."""
    channel: Any = InstantChannel()
    bridge = Bridge(shop().values(), channel, product())
    best: dict[str, float] = {}
    for _ in range(ROUNDS):
        for name, (request, body) in CASES.items():
            best[name] = min(best.get(name, 1e9), await spent(bridge, request, body))
    report(f"bridge alone, best of {ROUNDS} rounds of {CALLS} calls, CPU us per request")
    for name, micros in best.items():
        report(f"  {name:16s} {micros:6.1f}")


if __name__ == "__main__":
    asyncio.run(measure(print))
