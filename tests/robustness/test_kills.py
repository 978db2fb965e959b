"""kill -9 in the middle of a report: afterwards it is completed or failed, and no credit is lost or given away."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from tests.robustness import kills

SEED = int(os.environ.get("CLARIBI_TEST_SEED", "20261123"))
# From just after the answer to beyond the end of a small report.
LONGEST_WORK_SECONDS = 1.5
ENDED_SECONDS = 30


@pytest.mark.timeout(600)
@pytest.mark.parametrize("n", [2, pytest.param(10, marks=pytest.mark.night)])
def test_killed_reports_end_and_their_credits_are_settled_or_refunded(n: int, tmp_path: Path) -> None:
    rng = random.Random(SEED + n)
    data = tmp_path / "data"
    kills.create_owner(data)
    with kills.serving(data) as server:
        source = kills.upload(server.http)
        server.stop()
    made: list[str] = []
    for _ in range(n):
        with kills.serving(data) as server:
            made += [kills.begin_report(server.http, source) for _ in range(2)]
            time.sleep(rng.uniform(0, LONGEST_WORK_SECONDS))
            server.kill()
    with kills.serving(data) as server:
        ended = kills.wait_until_ended(server.http, made, ENDED_SECONDS)
        for report, status in zip(made, ended, strict=True):
            downloaded = server.http.get(f"/api/v1/reports/{report}/download/").status_code
            assert downloaded == (200 if status == "completed" else 409), f"{report} is {status}"
        assert server.stop() == 0
    _check(data, made, ended, where=f"seed {SEED + n}, n={n} kills")


def _check(data: Path, made: list[str], ended: list[str], *, where: str) -> None:
    books = kills.books(data)
    wanted = {"completed": "settled", "failed": "refunded"}
    for report, status in zip(made, ended, strict=True):
        assert status in wanted, f"{where}: {report} is {status} after lease and sweep"
        assert books["entries"][report] == wanted[status], f"{where}: {report} is {status}"
    assert "failed" in ended, f"{where}: no kill met a report under way"
    assert "reserved" not in books["states"], f"{where}: {books['states']}"
    assert books["used"] == books["states"].get("settled", 0), f"{where}: {books}"
    assert books["integrity"] == "ok"
    said = kills.doctor(data)
    assert said.returncode == 0, f"{where}: {said.stdout}"
