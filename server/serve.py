"""Serving: REST by uvicorn and gRPC by grpc.aio, in one process, stopped with grace."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
import uvicorn

from server.app import Application
from server.grpc_port import GrpcPort
from server.settings import Settings
from server.stores import migrate
from server.transport import CallMaker

log = structlog.get_logger(__name__)
KEEP_ALIVE_SECONDS = 30
# One connection may not wait in the accept queue behind thousands of others.
BACKLOG = 1024


@dataclass(frozen=True)
class Addresses:
    """Where the server listens."""

    rest: str
    grpc: str


class _Rest(uvicorn.Server):
    """uvicorn without its signal handlers: one place decides when to stop."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(settings: Settings, *, ready: Callable[[Addresses], None]) -> None:
    """Serve until SIGTERM or SIGINT; a second signal ends at once. `ready` is told the addresses."""
    application = Application.build(settings)
    migrate.upgrade(application.rooms.database.engine)
    await application.start()
    stop = _stop_on_signals()
    rest = _rest(application, settings)
    grpc_port = GrpcPort(application.core, CallMaker(settings), settings)
    await grpc_port.start()
    serving = asyncio.create_task(rest.serve())
    try:
        await _until_started(rest, serving)
        ready(_addresses(rest, grpc_port, settings))
        await asyncio.wait({serving, stop}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        log.info("stopping", grace_seconds=settings.grace_seconds)
        rest.should_exit = True
        await asyncio.gather(grpc_port.stop(settings.grace_seconds), serving)
        await application.stop()


def _rest(application: Application, settings: Settings) -> _Rest:
    config = uvicorn.Config(
        application.bridge,
        host=settings.host,
        port=settings.port,
        http="httptools",
        loop="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=int(settings.grace_seconds),
        backlog=BACKLOG,
    )
    return _Rest(config)


def _stop_on_signals() -> "asyncio.Future[None]":
    loop = asyncio.get_running_loop()
    stop: asyncio.Future[None] = loop.create_future()

    def on_signal(number: int) -> None:
        if not stop.done():
            stop.set_result(None)
            return
        log.warning("stopping at once", signal=signal.Signals(number).name)
        loop.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number)
    return stop


async def _until_started(rest: _Rest, serving: "asyncio.Task[None]") -> None:
    while not rest.started:
        if serving.done():
            serving.result()
            raise RuntimeError("The REST port could not be opened.")
        await asyncio.sleep(0.01)


def _addresses(rest: _Rest, grpc_port: GrpcPort, settings: Settings) -> Addresses:
    port = rest.servers[0].sockets[0].getsockname()[1]
    return Addresses(f"http://{settings.host}:{port}", f"{settings.grpc_host}:{grpc_port.port}")
