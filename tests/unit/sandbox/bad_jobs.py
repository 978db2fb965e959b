"""Jobs that behave badly, for the tests of the sandbox."""

import os
import socket
import time
from pathlib import Path
from typing import Any

from server.job import JobFailed, Progress


def echo(payload: dict[str, Any], progress: Progress) -> bytes:
    progress("half", 0.5)
    return str(payload["text"]).encode()


def fail(payload: dict[str, Any], progress: Progress) -> bytes:
    raise JobFailed("validation_error", "Bad file.", {"file": ["line 3"]})


def crash(payload: dict[str, Any], progress: Progress) -> bytes:
    raise RuntimeError("secret detail")


def grow(payload: dict[str, Any], progress: Progress) -> bytes:
    pieces = [bytearray(1 << 24) for _ in range(1 << 10)]
    return str(len(pieces)).encode()


def spin(payload: dict[str, Any], progress: Progress) -> bytes:
    while True:
        pass


def sleep(payload: dict[str, Any], progress: Progress) -> bytes:
    progress(str(os.getpid()), 0.0)
    time.sleep(60)
    return b""


def die(payload: dict[str, Any], progress: Progress) -> bytes:
    os.kill(os.getpid(), 9)
    return b""


def write(payload: dict[str, Any], progress: Progress) -> bytes:
    Path(payload["path"]).write_bytes(b"x" * 10_000)
    return b"written"


def surroundings(payload: dict[str, Any], progress: Progress) -> bytes:
    open_files = sorted(int(name) for name in os.listdir("/proc/self/fd"))
    return repr((sorted(os.environ), len(open_files), os.getsid(0) == os.getpid(), os.nice(0))).encode()


def connect(payload: dict[str, Any], progress: Progress) -> bytes:
    with socket.socket() as client:
        client.settimeout(2)
        return str(client.connect_ex(("127.0.0.1", payload["port"]))).encode()


def large(payload: dict[str, Any], progress: Progress) -> bytes:
    return b"x" * payload["bytes"]


def no_bytes(payload: dict[str, Any], progress: Progress) -> Any:
    return "not bytes"
