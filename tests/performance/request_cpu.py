"""CPU of the server for each request: get-one, list-of-20 and create over every transport, in one interleaved run.

Servers are child processes; only their CPU is counted (user and system), never the client's. `stock` is REST in process
with google.protobuf.json_format in place of the compiled codec; the floors are ASGI and grpc.aio handlers that do nothing.
Machines are noisy: compare within one run, and look at the ratios.

    python -m tests.performance.request_cpu [--requests N] [--rounds N]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import grpc
import orjson
import psutil
from claribi.v1 import dashboards_pb2, dashboards_pb2_grpc

from tests.performance.servers import KINDS, Started, start

MICRO = 1e6
IN_FLIGHT = 8
OPERATIONS = ("get-one", "list-of-20", "create")
BODY = orjson.dumps(
    {"name": "Board", "description": "made by the benchmark", "config": {"layout": {"columns": 12}}}
)
Send = Callable[[str], Awaitable[None]]


@dataclass
class Figures:
    """CPU microseconds a request, by server and operation, one value a round."""

    values: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def add(self, kind: str, operation: str, micros: float) -> None:
        self.values.setdefault((kind, operation), []).append(micros)

    def median(self, kind: str, operation: str) -> float:
        return statistics.median(self.values[kind, operation])


class HttpLoad:
    """A keep-alive HTTP/1.1 client small enough not to disturb the machine."""

    def __init__(self, started: Started) -> None:
        host, _, port = started.address.removeprefix("http://").partition(":")
        self._host, self._port = host, int(port)
        self._head = f"Host: {host}:{port}\r\nAuthorization: Bearer {started.token}\r\n"
        self._paths = {
            "get-one": f"/api/v1/dashboards/{started.dashboard}/",
            "list-of-20": "/api/v1/dashboards/?page_size=20",
        }

    async def run(self, operation: str, count: int) -> None:
        """Send `count` requests over a few connections."""
        await asyncio.gather(*(self._worker(operation, count // IN_FLIGHT) for _ in range(IN_FLIGHT)))

    async def _worker(self, operation: str, count: int) -> None:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        request = self._request(operation)
        for _ in range(count):
            writer.write(request)
            await self._answer(reader)
        writer.close()
        await writer.wait_closed()

    def _request(self, operation: str) -> bytes:
        if operation == "create":
            head = f"POST /api/v1/dashboards/ HTTP/1.1\r\n{self._head}Content-Type: application/json\r\n"
            return f"{head}Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY
        return f"GET {self._paths[operation]} HTTP/1.1\r\n{self._head}\r\n".encode()

    async def _answer(self, reader: asyncio.StreamReader) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        if status >= 300:
            raise RuntimeError(f"the server answered {status}: {head.decode()}")
        length = next(
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length")
        )
        await reader.readexactly(length)


class GrpcLoad:
    """The generated stubs."""

    def __init__(self, started: Started) -> None:
        self._started = started

    async def run(self, operation: str, count: int) -> None:
        """Send `count` calls."""
        async with grpc.aio.insecure_channel(self._started.address) as channel:
            stub = dashboards_pb2_grpc.DashboardServiceStub(channel)
            await asyncio.gather(
                *(self._worker(stub, operation, count // IN_FLIGHT) for _ in range(IN_FLIGHT))
            )

    async def _worker(self, stub: object, operation: str, count: int) -> None:
        metadata = (("authorization", f"Bearer {self._started.token}"),)
        name, request = self._request(operation)
        for _ in range(count):
            await getattr(stub, name)(request, metadata=metadata)

    def _request(self, operation: str) -> tuple[str, object]:
        if operation == "get-one":
            return "GetDashboard", dashboards_pb2.GetDashboardRequest(id=self._started.dashboard)
        if operation == "list-of-20":
            return "ListDashboards", dashboards_pb2.ListDashboardsRequest(page_size=20)
        request = dashboards_pb2.CreateDashboardRequest(name="Board", description="made by the benchmark")
        request.config.layout.update({"columns": 12})
        return "CreateDashboard", request


async def measure(started: list[Started], *, requests: int, rounds: int) -> Figures:
    """Every server and operation in turn, several rounds."""
    figures = Figures()
    loads = {s.kind: GrpcLoad(s) if s.grpc else HttpLoad(s) for s in started}
    for number in range(rounds + 1):
        for server in started:
            for operation in OPERATIONS:
                before = _cpu(server.pids)
                await loads[server.kind].run(operation, requests)
                if number:  # the first round warms up
                    done = requests // IN_FLIGHT * IN_FLIGHT
                    figures.add(server.kind, operation, (_cpu(server.pids) - before) / done * MICRO)
    return figures


def _cpu(pids: list[int]) -> float:
    """CPU seconds of these processes; their warm children for jobs are idle and do not count."""
    total = 0.0
    for pid in pids:
        times = psutil.Process(pid).cpu_times()
        total += times.user + times.system
    return total


def print_table(figures: Figures, kinds: list[str], *, requests: int, rounds: int) -> None:
    """CPU microseconds, and ratios to the floors and to stock."""
    print(f"\nCPU microseconds a request; median of {rounds} rounds of {requests}, {IN_FLIGHT} in flight\n")
    print(f"{'server':<28}" + "".join(f"{operation:>14}" for operation in OPERATIONS))
    for kind in kinds:
        cells = "".join(f"{figures.median(kind, operation):>14.0f}" for operation in OPERATIONS)
        print(f"{kind:<28}{cells}")
    for name, one, other in (
        ("stock / REST in process", "rest-stock", "rest-in-process"),
        ("REST over channel / in process", "rest-channel", "rest-in-process"),
        ("gRPC / REST in process", "grpc", "rest-in-process"),
        ("REST in process / idle ASGI", "rest-in-process", "floor-asgi"),
        ("gRPC / idle grpc.aio", "grpc", "floor-grpc"),
    ):
        if {one, other} <= set(kinds):
            ratios = "".join(
                f"{figures.median(one, operation) / figures.median(other, operation):>14.2f}"
                for operation in OPERATIONS
            )
            print(f"{name:<28.28}{ratios}")


def main(arguments: list[str] | None = None) -> None:
    """Start the servers, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=800)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        started = [start(kind, folder) for kind in KINDS]
        try:
            figures = asyncio.run(measure(started, requests=options.requests, rounds=options.rounds))
        finally:
            for server in started:
                server.stop()
    print_table(figures, list(KINDS), requests=options.requests, rounds=options.rounds)


if __name__ == "__main__":
    main(sys.argv[1:])
