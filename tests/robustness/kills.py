"""A serving process that is killed while it works, and started again on what it left."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

EMAIL, PASSWORD = "ana@acme.example", "correct horse battery"
LEASE_SECONDS = 2.0
START_SECONDS = 30
ORDERS = "day,region,amount\n" + "".join(
    f"2026-{1 + i % 10:02d}-{1 + i % 28:02d},{('N', 'S')[i % 2]},{100 + i * 37 % 90}\n" for i in range(400)
)


@dataclass
class Serving:
    """A server process and a signed-in client of it."""

    process: subprocess.Popen[str]
    http: httpx2.Client

    def kill(self) -> None:
        """SIGKILL: nothing is tidied up."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        self.http.close()

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self.http.close()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def command(data: Path, *arguments: str) -> list[str]:
    """A `claribi` command on a data folder."""
    return [sys.executable, "-m", "server", "--data-dir", str(data), *arguments]


def environment() -> dict[str, str]:
    """Ours, with a short lease, so that what was left behind is found soon."""
    return {
        **os.environ,
        "CLARIBI_LEASE_SECONDS": str(LEASE_SECONDS),
        "CLARIBI_LOG_LEVEL": "error",
        "CLARIBI_PORT": "0",
        "CLARIBI_GRPC_PORT": "0",
        "CLARIBI_OWNER_PASSWORD": PASSWORD,
    }


def create_owner(data: Path) -> None:
    """An organization with its owner."""
    arguments = ("create-owner", "--organization", "Acme", "--email", EMAIL, "--tier", "enterprise")
    subprocess.run(command(data, *arguments), env=environment(), check=True, capture_output=True, timeout=60)


def doctor(data: Path) -> subprocess.CompletedProcess[str]:
    """What the doctor says."""
    return subprocess.run(
        command(data, "doctor"), env=environment(), capture_output=True, text=True, timeout=60, check=False
    )


@contextmanager
def serving(data: Path) -> Iterator[Serving]:
    """A server on free ports; killed in the end if it still runs."""
    process = subprocess.Popen(
        command(data, "serve"),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        http = httpx2.Client(base_url=_address(process), timeout=60)
        login = http.post("/api/auth/login/", json={"email": EMAIL, "password": PASSWORD}).raise_for_status()
        http.headers["authorization"] = f"Bearer {login.json()['access']}"
        yield Serving(process, http)
        http.close()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"http://[0-9.:]+", line)
    assert found, f"the server said {line!r}"
    return found[0]


def upload(http: httpx2.Client) -> str:
    """A data source; its id."""
    answer = http.post(
        "/api/data-sources/", data={"name": "Orders"}, files={"file": ("orders.csv", ORDERS, "text/csv")}
    )
    return str(answer.raise_for_status().json()["id"])


def begin_report(http: httpx2.Client, source: str) -> str:
    """A report under way; its id."""
    document = {
        "name": "Killed",
        "data_source_ids": [source],
        "report_type": "summary",
        "output_format": "pdf",
    }
    answer = http.post("/api/v1/reports/generate/", json=document, headers={"prefer": "respond-async"})
    return str(answer.raise_for_status().json()["id"])


def statuses(http: httpx2.Client, ids: list[str]) -> list[str]:
    """How the reports stand."""
    return [str(http.get(f"/api/v1/reports/{one}/").raise_for_status().json()["status"]) for one in ids]


def wait_until_ended(http: httpx2.Client, ids: list[str], seconds: float) -> list[str]:
    """The statuses once none is under way, or as they are when time is up."""
    give_up = time.monotonic() + seconds
    while True:
        found = statuses(http, ids)
        if not {"pending", "generating"} & set(found) or time.monotonic() > give_up:
            return found
        time.sleep(0.2)


def books(data: Path) -> dict[str, Any]:
    """Credits by state of their entries, what the periods say is used, and each report's entry."""
    with sqlite3.connect(f"file:{data / 'claribi.db'}?mode=ro", uri=True) as connection:
        states = dict(
            connection.execute("SELECT state, sum(credits) FROM credit_entries GROUP BY state").fetchall()
        )
        used = connection.execute("SELECT coalesce(sum(used), 0) FROM credit_periods").fetchone()[0]
        entries = dict(connection.execute("SELECT resource_id, state FROM credit_entries").fetchall())
        whole = connection.execute("PRAGMA integrity_check").fetchone()[0]
    connection.close()
    return {"states": states, "used": used, "entries": entries, "integrity": whole}
