"""The servers of the request benchmark: each a child process that prints where it listens.

`python -m tests.performance.servers KIND FOLDER [CORE]` is such a child. The product runs as it ships, with its access
log on, written to a file; only its rate limits are lifted.
"""

from __future__ import annotations

import asyncio
import dataclasses
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import orjson
import uvicorn
import uvloop

KINDS = ("floor-asgi", "floor-grpc", "rest-in-process", "rest-stock", "rest-channel", "grpc")
SECRET = "between the bridge and the core of the benchmark"
UNLIMITED = 100_000_000


@dataclass
class Started:
    """A server under measurement; `pids` are the processes whose CPU counts.

    `token` sees twenty dashboards, `dashboard` is one of them. `maker` is of another organization: what it creates
    does not make those lists longer.
    """

    kind: str
    address: str
    token: str
    maker: str
    dashboard: str
    pids: list[int]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def grpc(self) -> bool:
        """Whether it speaks gRPC."""
        return self.kind in ("grpc", "floor-grpc")

    def stop(self) -> None:
        """End its processes, the bridge before the core."""
        for process in reversed(self.processes):
            process.terminate()
            process.wait(timeout=30)


def start(kind: str, folder: str) -> Started:
    """Start a server and wait until it listens."""
    if kind == "rest-channel":
        core = start("grpc", str(Path(folder) / "channel"))
        bridge, said = _spawn("rest-channel", folder, core.address)
        processes = [*core.processes, bridge]
        pids = [process.pid for process in processes]
        return dataclasses.replace(core, kind=kind, address=said["address"], pids=pids, processes=processes)
    process, said = _spawn(kind, str(Path(folder) / kind))
    return Started(kind, **said, pids=[process.pid], processes=[process])


def _spawn(*arguments: str) -> tuple[subprocess.Popen[bytes], dict[str, str]]:
    command = [sys.executable, "-m", "tests.performance.servers", *arguments]
    folder = Path(arguments[1])
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{arguments[0]}.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors)
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"{arguments[0]} did not start:\n{log.read_text()}")
    said: dict[str, str] = orjson.loads(line)
    return process, said


async def serve(kind: str, folder: str, core: str = "") -> None:
    """Be the server until terminated."""
    if kind == "floor-asgi":
        await _serve_http(_idle_asgi)
    elif kind == "floor-grpc":
        await _serve_idle_grpc()
    elif kind == "rest-channel":
        await _serve_http(_channel_bridge(core))
    else:
        await _serve_product(kind, Path(folder))


async def _serve_product(kind: str, folder: Path) -> None:
    from server import logs
    from tests.support.world import World

    world = World(folder)
    logs.configure(world.settings.model_copy(update={"log_level": "info"}))
    _lift_limits()
    await world.start()
    dashboard = await _fill(world, world.in_process)
    tokens = {
        "token": world.home.members["owner"].token,
        "maker": world.other.members["owner"].token,
        "dashboard": dashboard,
    }
    if kind == "grpc":
        _say(world.grpc_address, **tokens)
        await asyncio.Event().wait()
    bridge = await _stock_bridge(world) if kind == "rest-stock" else world.in_process
    await _serve_http(bridge, **tokens)


def _lift_limits() -> None:
    """The benchmark asks more often than any tier allows."""
    from server.work import plans

    unlimited = {
        tier: dataclasses.replace(plan, general_per_hour=UNLIMITED) for tier, plan in plans.PLANS.items()
    }
    plans.PLANS = unlimited


async def _fill(world: Any, bridge: Any, *, organization: str = "home", count: int = 20) -> str:
    """Dashboards of an organization, twenty so that a list has a page; the id of the last."""
    import httpx2

    headers = {"authorization": f"Bearer {getattr(world, organization).members['owner'].token}"}
    transport = httpx2.ASGITransport(app=bridge)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as http:
        for number in range(count):
            body = {
                "name": f"Board {number}",
                "description": "one of twenty",
                "config": {"layout": {"columns": 12}},
            }
            answer = await http.post("/api/v1/dashboards/", json=body, headers=headers)
            answer.raise_for_status()
    identifier: str = answer.json()["id"]
    return identifier


async def _stock_bridge(world: Any) -> Any:
    """The same bridge with google.protobuf.json_format for its codec; proven to be used by creating a dashboard."""
    from rest_bridge.app import Bridge
    from rest_bridge.product import product_methods
    from server.app import LocalChannel, product
    from server.transport import CallMaker
    from tests.performance.stock_codec import StockCodec

    codec = StockCodec()
    configuration = dataclasses.replace(product(world.settings), codec=codec)
    channel = LocalChannel(world.app.core, CallMaker(world.settings))
    bridge = Bridge(product_methods(), channel, configuration)
    await _fill(world, bridge, organization="other", count=1)
    codec.check_used()
    return bridge


def _channel_bridge(core: str) -> Any:
    from rest_bridge.app import Bridge
    from rest_bridge.channel import GrpcChannel
    from rest_bridge.product import product_methods
    from server.app import product
    from server.settings import Settings

    return Bridge(product_methods(), GrpcChannel(core), product(Settings()))


async def _idle_asgi(scope: Any, _receive: Any, send: Any) -> None:
    body = b'{"ok":true}'
    status = 201 if scope["method"] == "POST" else 200
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _serve_idle_grpc() -> None:
    async def idle(_request: bytes, _context: object) -> bytes:
        return b""

    class Everything(grpc.GenericRpcHandler):
        def service(self, _details: object) -> Any:
            return grpc.unary_unary_rpc_method_handler(idle)

    server = grpc.aio.server()
    server.add_generic_rpc_handlers((Everything(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    _say(f"127.0.0.1:{port}")
    await server.wait_for_termination()


async def _serve_http(app: Any, **said: str) -> None:
    config = uvicorn.Config(
        app, port=0, http="httptools", loop="none", lifespan="off", access_log=False, log_level="error"
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells it by a flag only
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    _say(f"http://127.0.0.1:{port}", **said)
    await serving


def _say(address: str, *, token: str = "x", maker: str = "x", dashboard: str = "x") -> None:
    line = orjson.dumps({"address": address, "token": token, "maker": maker, "dashboard": dashboard})
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


def main(arguments: Iterable[str]) -> None:
    """Be a server."""
    uvloop.run(serve(*arguments))


if __name__ == "__main__":
    main(sys.argv[1:])
