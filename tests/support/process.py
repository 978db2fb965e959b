"""A real server process on free loopback ports, for tests of starting and stopping."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

EMAIL = "owner@process.example"
PASSWORD = "a password for a process"


@dataclass
class ServerProcess:
    """A running `claribi serve`."""

    process: subprocess.Popen[str]
    rest: str
    grpc: str
    folder: Path


def _command(folder: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "server", "--data-dir", str(folder), *arguments]


def create_owner(folder: Path) -> None:
    """An organization whose owner signs in with EMAIL and PASSWORD."""
    subprocess.run(
        _command(folder, "create-owner", "--organization", "P", "--email", EMAIL, "--tier", "enterprise"),
        env={**os.environ, "CLARIBI_OWNER_PASSWORD": PASSWORD},
        check=True,
        capture_output=True,
        timeout=60,
    )


@contextmanager
def serving(folder: Path, **environment: str) -> Iterator[ServerProcess]:
    """A server, killed in the end if it still runs."""
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            _command(folder / "data", "serve", "--port", "0", "--grpc-port", "0", "--log-format", "json"),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**os.environ, **environment},
        )
        assert process.stdout is not None
        try:
            lines = [process.stdout.readline().split() for _ in range(2)]
            found = {words[0]: words[1] for words in lines if words}
            if set(found) != {"REST", "gRPC"}:
                raise RuntimeError(f"no server: {(folder / 'server.log').read_text()[-3000:]}")
            yield ServerProcess(process, found["REST"].removesuffix("/api/v1/"), found["gRPC"], folder)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait(timeout=30)
            process.stdout.close()
