"""One service, reached over a real gRPC server and in process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from google.protobuf.descriptor import MethodDescriptor

from rest_bridge.app import Bridge, MethodPolicy, Product, StaticPage, StatusRule
from rest_bridge.channel import GrpcChannel
from rest_bridge.errors import ErrorRow, ErrorTable
from tests.bridge.support_asgi import Client
from tests.bridge.support_service import REFUSAL_KEY, Core, DirectChannel, grpc_server, shop

POLICIES = {
    "CreateItem": MethodPolicy(
        success_status=201,
        status_rules=(
            StatusRule("state", ("STATE_NEW",), 202, "/v1/items/{id}/"),
            StatusRule("done", ("true",), 200),
            StatusRule("id", ("",), 203),
        ),
    ),
    "DeleteItem": MethodPolicy(success_status=204),
    "Upload": MethodPolicy(success_status=201, consumes="multipart/form-data"),
}
RATE_LIMITED = ErrorRow(grpc=8, http=429, message="Rate limit exceeded.")


def policy(method: MethodDescriptor) -> MethodPolicy:
    return POLICIES.get(method.name, MethodPolicy())


async def page_made_late() -> bytes:
    return b"openapi: 3.0.3\n"


def product(**changes: Any) -> Product:
    """The product of these tests, with changes."""
    parts: dict[str, Any] = {
        "policy": policy,
        "errors": ErrorTable({"rate_limited": RATE_LIMITED}, domain="test"),
        "static": {
            "/": StaticPage("text/html", b"<p>landing</p>"),
            "/v1/schema/": StaticPage("application/yaml", page_made_late, ((b"cache-control", b"no-cache"),)),
        },
        "edge_admit": shop()["Admit"],
        "edge_refuse": shop()["Refuse"],
        "refusal_key": REFUSAL_KEY,
        "public_limit": 60,
    }
    return Product(**{**parts, **changes})


@dataclass
class Served:
    """A running bridge: ask the client, look into the core."""

    core: Core
    bridge: Bridge
    client: Client


Serve = Callable[..., Awaitable[Served]]


@pytest.fixture(params=["grpc", "direct"])
async def serve(request: pytest.FixtureRequest) -> AsyncIterator[Serve]:
    """Start a bridge with product changes, over each channel."""
    closing: list[Callable[[], Awaitable[Any]]] = []

    async def start(**changes: Any) -> Served:
        core = Core()
        channel: Any = DirectChannel(core)
        if request.param == "grpc":
            server, port = grpc_server(core)
            await server.start()
            channel = GrpcChannel(f"127.0.0.1:{port}")
            closing.append(lambda: server.stop(None))
        closing.insert(0, channel.close)
        bridge = Bridge(shop().values(), channel, product(**changes))
        return Served(core, bridge, Client(bridge))

    yield start
    for close in closing:
        await close()


@pytest.fixture
async def served(serve: Serve) -> Served:
    """A bridge with the product of these tests."""
    return await serve()
