"""The warm process: imports heavy modules once, forks one limited child per job, ends it when told.

It has one thread and one loop, so forking is safe. It learns commands over a socket that closes with the
server; then it ends, and its children with it.
"""

import ctypes
import errno
import gc
import importlib
import json
import os
import resource
import signal
import socket
import sys
import traceback
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

from server.job import JobFailed
from server.work.frames import Kind, pack, read

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_SET_DUMPABLE = 1, 38, 4
_NICENESS = 5  # the server answers before its children compute
_OPEN_FILES = 256
_COMMAND_BYTES = 1 << 16
_MEMORY_ERRORS = {"MemoryError", "OutOfMemoryException", "_ArrayMemoryError"}
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Order:
    """One job to run: its number, the function, and the limits (bytes, seconds, bytes)."""

    number: int
    function: str
    memory_bytes: int
    cpu_seconds: int
    file_bytes: int


def main() -> None:
    """Runs until the server closes the socket whose descriptor is the first argument."""
    control = socket.socket(fileno=int(sys.argv[1]))
    preload = json.loads(sys.argv[2])
    isolated = _leave_network()
    problems = _import_all(preload)
    gc.collect()
    gc.freeze()  # shared pages stay shared: the collector does not write into them
    control.send(json.dumps({"ready": True, "isolated": isolated, "problems": problems}).encode())
    _serve(control)


def _serve(control: socket.socket) -> None:
    children: dict[int, int] = {}
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, _COMMAND_BYTES, 1)
        if not message:
            return
        command = json.loads(message)
        if command.pop("do") == "run":
            order = Order(**command)
            children[order.number] = _fork(control, order, descriptors[0])
        else:
            control.send(json.dumps(_end(command["number"], children)).encode())


def _fork(control: socket.socket, order: Order, descriptor: int) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid:
        os.close(descriptor)
        return pid
    control.close()
    _child(order, descriptor, parent)


def _end(number: int, children: dict[int, int]) -> dict[str, Any]:
    pid = children.pop(number)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    os.kill(pid, signal.SIGKILL)  # not yet waited for, so the pid is still its own
    _, status, usage = os.wait4(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    return {"number": number, "code": code, "peak_bytes": usage.ru_maxrss * 1024, "cpu": usage.ru_utime}


def _import_all(modules: list[str]) -> dict[str, str]:
    problems = {}
    for name in modules:
        try:
            importlib.import_module(name)
        except Exception as error:  # a job that cannot be imported fails alone, when it is asked for
            problems[name] = f"{type(error).__name__}: {error}"
    return problems


def _leave_network() -> bool:
    """Best effort: an empty network namespace, by right or through a user namespace of our own."""
    uid, gid = os.getuid(), os.getgid()
    if _LIBC.unshare(_CLONE_NEWNET) == 0:
        return True
    if _LIBC.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        return False
    with suppress(OSError):
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{uid} {uid} 1")
        _write("/proc/self/gid_map", f"{gid} {gid} 1")
    return True


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def _child(order: Order, descriptor: int, parent: int) -> NoReturn:
    code = 1
    try:
        _confine(order, descriptor, parent)
        _work(order, descriptor)
        code = 0
    finally:
        os._exit(code)  # no handlers of the warm process may run here


def _confine(order: Order, descriptor: int, parent: int) -> None:
    os.setsid()
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _LIBC.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
    os.closerange(3, descriptor)
    os.closerange(descriptor + 1, _OPEN_FILES * 16)
    os.nice(_NICENESS)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _limit(resource.RLIMIT_FSIZE, order.file_bytes)
    resource.setrlimit(resource.RLIMIT_CPU, (order.cpu_seconds, order.cpu_seconds + 1))
    # RLIMIT_DATA, not RLIMIT_AS: V8 reserves address space by the gigabyte without using it.
    _limit(resource.RLIMIT_DATA, _data_bytes() + order.memory_bytes)


def _limit(what: int, amount: int) -> None:
    resource.setrlimit(what, (amount, amount))


def _data_bytes() -> int:
    with open("/proc/self/status", encoding="ascii") as file:
        line = next(line for line in file if line.startswith("VmData:"))
    return int(line.split()[1]) * 1024


def _work(order: Order, descriptor: int) -> None:
    with socket.socket(fileno=descriptor) as channel, channel.makefile("rb") as stream:
        _, body = read(stream)

        def progress(phase: str, fraction: float) -> None:
            channel.sendall(pack(Kind.PROGRESS, json.dumps([phase, float(fraction)]).encode()))

        channel.sendall(_answer(order, json.loads(body), progress))


def _answer(order: Order, payload: dict[str, Any], progress: Any) -> bytes:
    try:
        module, _, name = order.function.partition(":")
        result: bytes = getattr(importlib.import_module(module), name)(payload, progress)
        return pack(Kind.RESULT, result)
    except JobFailed as failure:
        body = {"code": failure.code, "message": failure.message, "details": failure.details}
        return pack(Kind.FAILED, json.dumps(body, default=str).encode())
    except BaseException as error:
        body = {"reason": _reason(error), "traceback": traceback.format_exc()[-20_000:]}
        return pack(Kind.CRASHED, json.dumps(body).encode())


def _reason(error: BaseException | None) -> str:
    while error is not None:
        if type(error).__name__ in _MEMORY_ERRORS:
            return "memory"
        if isinstance(error, OSError) and error.errno == errno.EFBIG:
            return "file"
        error = error.__cause__ or error.__context__
    return ""


if __name__ == "__main__":
    main()
    os._exit(0)  # nothing to tear down; extension modules would complain on the way out
