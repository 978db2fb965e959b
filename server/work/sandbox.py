"""Children for everything that computes: limited, watched, ended at once when nobody waits for them."""

import asyncio
import json
import logging
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from server.job import JobFailed
from server.work.frames import HEADER, FrameError, Kind, checked_length, pack
from server.work.jobs import JOBS, PRELOAD, Job

__all__ = ["JobFailed", "Limits", "Sandbox"]

_LOG = logging.getLogger(__name__)
_MIB = 1 << 20
_MESSAGE_BYTES = 1 << 16
_CLOSE_SECONDS = 5.0
_KILLED, _CPU, _FILE_SIZE = -9, -24, -25  # SIGKILL, SIGXCPU, SIGXFSZ as exit codes
_NO_MEMORY = {-6, -7, -11}  # SIGABRT, SIGBUS, SIGSEGV: how native code ends when an allocation fails
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Limits:
    """What one child may use: memory beyond the warm process's own, CPU, size of a file it writes, wall time."""

    memory_bytes: int = 1 << 30
    cpu_seconds: int = 120
    file_bytes: int = 4 << 30
    wall_seconds: float = 180.0


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True)
class _Crash:
    """A child that did not answer: why, as far as it could say, and the trace for the log."""

    reason: str = ""
    trace: str = ""


class Sandbox:
    """Runs jobs in forked children of one warm process, at most `processes` at once, the rest waits in order."""

    def __init__(
        self,
        processes: int = 2,
        *,
        jobs: Mapping[str, Job] = JOBS,
        preload: tuple[str, ...] = PRELOAD,
    ) -> None:
        self._jobs = dict(jobs)
        self._preload = preload
        self._places = asyncio.Semaphore(processes)
        self._starting = asyncio.Lock()
        self._warm: _Warm | None = None

    @property
    def network_isolated(self) -> bool:
        """Whether children have no network at all (the kernel allowed an empty namespace)."""
        return self._warm is not None and self._warm.isolated

    async def start(self) -> None:
        """Starts the warm process and returns at once; the first job waits until it is ready."""
        async with self._starting:
            if self._warm is None or self._warm.lost:
                self._warm = await _Warm.start(self._all_modules())

    async def ready(self) -> None:
        """Waits until the warm process has imported everything."""
        await self.start()
        if self._warm is not None:
            await self._warm.ready.wait()

    async def close(self) -> None:
        """Ends the warm process and every child; running jobs fail."""
        async with self._starting:
            warm, self._warm = self._warm, None
        if warm is not None:
            await warm.close()

    async def run(
        self,
        job: str,
        payload: dict[str, Any],
        *,
        limits: Limits = DEFAULT_LIMITS,
        progress: Progress | None = None,
    ) -> bytes:
        """The result of a job. Cancelling ends the child at once.

        Raises JobFailed: with the job's own code, or for a child that exceeded a limit or crashed.
        """
        async with self._places:
            await self.start()
            warm = self._warm
            if warm is None:
                raise JobFailed("service_unavailable", "The server is closing; try again later.")
            chosen = self._jobs[job]
            return await _run(warm, chosen, payload, limits=limits, progress=progress)

    def _all_modules(self) -> list[str]:
        return [*self._preload, *dict.fromkeys(job.function.partition(":")[0] for job in self._jobs.values())]


async def _run(
    warm: "_Warm", job: Job, payload: dict[str, Any], *, limits: Limits, progress: Progress | None
) -> bytes:
    number = warm.next_number()
    outcome: bytes | _Crash
    try:
        async with asyncio.timeout(limits.wall_seconds), warm.child(number, job, limits) as (reader, writer):
            writer.write(pack(Kind.REQUEST, json.dumps(payload, default=str).encode()))
            outcome = await _answer(reader, progress)
    except TimeoutError:
        outcome = _Crash("wall")
    finally:
        # Also when cancelled: the child must be gone before anything else happens.
        end = await asyncio.shield(warm.end(number))
    if isinstance(outcome, bytes):
        return outcome
    raise _failure(outcome, end, limits)


async def _answer(reader: asyncio.StreamReader, progress: Progress | None) -> bytes | _Crash:
    try:
        while True:
            kind, length = checked_length(await reader.readexactly(HEADER.size))
            body = await reader.readexactly(length)
            if kind is Kind.RESULT:
                return body
            if kind is Kind.PROGRESS and progress is not None:
                phase, fraction = json.loads(body)
                progress(phase, fraction)
            if kind is Kind.FAILED:
                raise JobFailed(**json.loads(body))
            if kind is Kind.CRASHED:
                report = json.loads(body)
                return _Crash(report["reason"], report["traceback"])
    except FrameError as error:
        return _Crash("", str(error))
    except (asyncio.IncompleteReadError, ConnectionError):
        return _Crash()


def _failure(crash: _Crash, end: dict[str, Any], limits: Limits) -> JobFailed:
    code = int(end.get("code", 0))
    reason = crash.reason or _reason(code, int(end.get("peak_bytes", 0)), limits)
    _LOG.error("child ended: reason=%s code=%s end=%s\n%s", reason or "crash", code, end, crash.trace)
    if reason == "memory":
        size = f"{limits.memory_bytes / _MIB:,.0f} MiB"
        text = f"The work needed more than {size} of memory. Use fewer rows or columns, or raise the limit."
        return JobFailed("data_source_unavailable", text, {"limit": "memory"})
    if reason in {"cpu", "wall"}:
        seconds = limits.cpu_seconds if reason == "cpu" else limits.wall_seconds
        kind = "computing" if reason == "cpu" else "waiting"
        text = f"The work was not done after {seconds:g} seconds of {kind}. Ask for less, or raise the limit."
        return JobFailed("deadline_exceeded", text, {"limit": reason})
    if reason == "file":
        text = f"The work would have written a file of more than {limits.file_bytes / _MIB:,.0f} MiB."
        return JobFailed("payload_too_large", text, {"limit": "file"})
    return JobFailed("internal_error", "An unexpected server error occurred.")


def _reason(code: int, peak_bytes: int, limits: Limits) -> str:
    if code == _CPU:
        return "cpu"
    if code == _FILE_SIZE:
        return "file"
    if code in _NO_MEMORY and peak_bytes > limits.memory_bytes // 2:
        return "memory"
    return ""


class _Warm:
    """The warm process as the server sees it."""

    def __init__(self, process: asyncio.subprocess.Process, control: socket.socket) -> None:
        self.ready = asyncio.Event()
        self.isolated = False
        self.lost = False
        self._process = process
        self._control = control
        self._number = 0
        self._ends: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._listening = asyncio.create_task(self._listen(), name="sandbox")

    @classmethod
    async def start(cls, modules: list[str]) -> "_Warm":
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "server.work.sandbox_child",
                str(theirs.fileno()),
                json.dumps(modules),
                pass_fds=(theirs.fileno(),),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                start_new_session=True,  # a Ctrl-C ends the server, which ends its work in order
                env=_environment(),
            )
        return cls(process, ours)

    def next_number(self) -> int:
        self._number += 1
        return self._number

    @asynccontextmanager
    async def child(
        self, number: int, job: Job, limits: Limits
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        await self.ready.wait()
        if self.lost:
            raise JobFailed("service_unavailable", "The worker process ended; try again.")
        ours, theirs = socket.socketpair()
        with theirs:
            reader, writer = await asyncio.open_unix_connection(sock=ours)
            order = {
                "do": "run",
                "number": number,
                "function": job.function,
                "memory_bytes": limits.memory_bytes + job.reserved_bytes,
                "cpu_seconds": limits.cpu_seconds,
                "file_bytes": limits.file_bytes if job.writes else 0,
            }
            self._ends[number] = asyncio.get_running_loop().create_future()
            socket.send_fds(self._control, [json.dumps(order).encode()], [theirs.fileno()])
        try:
            yield reader, writer
        finally:
            writer.close()

    async def end(self, number: int) -> dict[str, Any]:
        """Kills the child, if it still lives, and says how it ended; nothing for one that never began."""
        future = self._ends.get(number)
        if future is None:
            return {}
        if not self.lost:
            self._control.send(json.dumps({"do": "end", "number": number}).encode())
        try:
            return await future
        finally:
            del self._ends[number]

    async def close(self) -> None:
        self._listening.cancel()
        with suppress(asyncio.CancelledError):
            await self._listening
        try:
            await asyncio.wait_for(self._process.wait(), _CLOSE_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while message := await loop.sock_recv(self._control, _MESSAGE_BYTES):
                self._take(json.loads(message))
        except OSError as error:
            _LOG.error("the socket of the sandbox failed: %s", error)
        finally:
            self.lost = True
            self._control.close()  # the warm process ends with it, and its children with that
            self.ready.set()
            for future in self._ends.values():
                if not future.done():
                    future.set_result({})

    def _take(self, message: dict[str, Any]) -> None:
        if "ready" in message:
            self.isolated = message["isolated"]
            for name, problem in message["problems"].items():
                _LOG.warning("the sandbox could not import %s: %s", name, problem)
            _LOG.info("sandbox ready: network %s", "cut off" if self.isolated else "not cut off")
            self.ready.set()
        elif not (future := self._ends[message["number"]]).done():
            future.set_result(message)


def _environment() -> dict[str, str]:
    # Nothing of the server's own environment (database addresses, secrets) reaches a child.
    return {
        "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "HOME": "/nonexistent",
        "OPENBLAS_NUM_THREADS": "1",  # a second thread before fork would be lost in the child
        "OMP_NUM_THREADS": "1",
    }
