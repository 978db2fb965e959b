"""CPU of the server for each request: get-one, list-of-20 and create over every transport, in one interleaved run.

Servers are child processes; their CPU is read from the kernel's clock of each process (user and system, every thread,
nanoseconds), never the client's. `create` ends in a commit, and with it an fsync: the waiting is not CPU, the system's
work for it is. Machines are noisy: compare within one run, and look at the ratios and their spread.

    python -m tests.performance.request_cpu [--requests N] [--rounds N]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import grpc
import orjson
from claribi.v1 import dashboards_pb2, dashboards_pb2_grpc

from tests.performance.servers import KINDS, Started, start

NANOS_A_MICRO = 1000
# Linux: the clock of another process counts the run time of all its threads (clock_getcpuclockid(3)).
PROCESS_CLOCK = 2
IN_FLIGHT = 8
OPERATIONS = ("get-one", "list-of-20", "create")
BODY = orjson.dumps(
    {"name": "Board", "description": "made by the benchmark", "config": {"layout": {"columns": 12}}}
)
LABELS = {
    "floor-asgi": "idle ASGI app on uvicorn (floor)",
    "floor-grpc": "idle grpc.aio handler (floor)",
    "rest-in-process": "REST, core in process",
    "rest-stock": "REST in process, json_format",
    "rest-channel": "REST over a grpc.aio channel",
    "grpc": "gRPC port",
}
RATIOS = (
    ("json_format / compiled codec (REST)", "rest-stock", "rest-in-process"),
    ("REST over channel / in process", "rest-channel", "rest-in-process"),
    ("gRPC port / REST in process", "grpc", "rest-in-process"),
    ("REST in process / idle ASGI", "rest-in-process", "floor-asgi"),
    ("gRPC port / idle grpc.aio", "grpc", "floor-grpc"),
)
LABEL_WIDTH = 38
CELL_WIDTH = 24


@dataclass
class Figures:
    """CPU microseconds a request, by server and operation, one value a round."""

    values: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def add(self, kind: str, operation: str, micros: float) -> None:
        self.values.setdefault((kind, operation), []).append(micros)

    def ratios(self, one: str, other: str, operation: str) -> list[float]:
        """One ratio a round: both sides of it met the same weather."""
        pairs = zip(self.values[one, operation], self.values[other, operation], strict=True)
        return [above / below for above, below in pairs]


class HttpLoad:
    """A keep-alive HTTP/1.1 client small enough not to disturb the machine."""

    def __init__(self, started: Started) -> None:
        host, _, port = started.address.removeprefix("http://").partition(":")
        self._host, self._port = host, int(port)
        self._host_line = f"Host: {host}:{port}\r\n"
        self._tokens = {operation: _token(started, operation) for operation in OPERATIONS}
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
        head = f"{self._host_line}Authorization: Bearer {self._tokens[operation]}\r\n"
        if operation == "create":
            head = f"POST /api/v1/dashboards/ HTTP/1.1\r\n{head}Content-Type: application/json\r\n"
            return f"{head}Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY
        return f"GET {self._paths[operation]} HTTP/1.1\r\n{head}\r\n".encode()

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
        metadata = (("authorization", f"Bearer {_token(self._started, operation)}"),)
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


def _token(started: Started, operation: str) -> str:
    return started.maker if operation == "create" else started.token


async def measure(started: list[Started], *, requests: int, rounds: int) -> Figures:
    """Every server and operation in turn, several rounds; `requests` is a multiple of IN_FLIGHT."""
    figures = Figures()
    loads = {s.kind: GrpcLoad(s) if s.grpc else HttpLoad(s) for s in started}
    for number in range(rounds + 1):
        for operation in OPERATIONS:
            for server in started:
                before = _cpu_nanos(server.pids)
                await loads[server.kind].run(operation, requests)
                if number:  # the first round warms up
                    used = _cpu_nanos(server.pids) - before
                    figures.add(server.kind, operation, used / requests / NANOS_A_MICRO)
    return figures


def _cpu_nanos(pids: list[int]) -> int:
    """CPU of these processes; their warm children for jobs are idle and do not count."""
    return sum(time.clock_gettime_ns(~pid << 3 | PROCESS_CLOCK) for pid in pids)


def print_machine() -> None:
    """What the figures were measured on, and how busy it was."""
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, load average {load}", flush=True)


def print_table(figures: Figures, kinds: Sequence[str], *, requests: int, rounds: int) -> None:
    """CPU microseconds, and ratios to the floors and to stock."""
    total = requests * rounds
    print(
        f"\nCPU microseconds a request: median of {rounds} rounds of {requests} (n {total}), least-most of the rounds"
    )
    print(f"{IN_FLIGHT} in flight; access log on; create commits (fsync)\n")
    print(f"{'server':<{LABEL_WIDTH}}" + "".join(f"{operation:>{CELL_WIDTH}}" for operation in OPERATIONS))
    for kind in kinds:
        cells = "".join(_cell(figures.values[kind, operation], 0) for operation in OPERATIONS)
        print(f"{LABELS[kind]:<{LABEL_WIDTH}}{cells}")
    print("\nratio, taken in each round")
    for label, one, other in RATIOS:
        cells = "".join(_cell(figures.ratios(one, other, operation), 2) for operation in OPERATIONS)
        print(f"{label:<{LABEL_WIDTH}}{cells}")


def _cell(values: list[float], digits: int) -> str:
    middle, least, most = statistics.median(values), min(values), max(values)
    return f"{f'{middle:.{digits}f} ({least:.{digits}f}-{most:.{digits}f})':>{CELL_WIDTH}}"


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--requests", type=int, default=800, help="a round, server and operation")
    parser.add_argument("--rounds", type=int, default=5, help="after one that warms up")
    options = parser.parse_args(arguments)
    if options.requests < IN_FLIGHT or options.requests % IN_FLIGHT:
        parser.error(f"--requests: expected a multiple of {IN_FLIGHT}, got {options.requests}")
    if options.rounds < 1:
        parser.error(f"--rounds: expected at least 1, got {options.rounds}")
    return options


def main(arguments: list[str] | None = None) -> None:
    """Start the servers, measure, print."""
    options = _options(arguments)
    print_machine()
    started: list[Started] = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            started.extend(start(kind, folder) for kind in KINDS)
            figures = asyncio.run(measure(started, requests=options.requests, rounds=options.rounds))
        finally:
            for server in started:
                server.stop()
    print_table(figures, KINDS, requests=options.requests, rounds=options.rounds)
    print_machine()


if __name__ == "__main__":
    main(sys.argv[1:])
