"""The job that renders in a child process."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from server import exports
from server.exports import job
from tests.unit.exports import sample_report


def encoded() -> str:
    return base64.b64encode(sample_report.empty().SerializeToString()).decode()


def quiet(_phase: str, _fraction: float) -> None:
    """Progress nobody follows."""


@pytest.mark.parametrize("form", exports.FORMATS, ids=lambda form: form.word)
def test_the_file_is_written_and_described(form: exports.Format, tmp_path: Path) -> None:
    output = tmp_path / "report"
    answer = json.loads(job.run({"report": encoded(), "format": form.word, "output": str(output)}, quiet))
    data = output.read_bytes()
    assert data == exports.render(sample_report.empty(), form.word)
    assert answer == {
        "content_type": form.content_type,
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "extension": form.extension,
    }
    assert list(tmp_path.iterdir()) == [output]


def test_a_report_may_come_as_a_file(tmp_path: Path) -> None:
    given, output = tmp_path / "in", tmp_path / "out"
    given.write_bytes(sample_report.empty().SerializeToString())
    steps: list[float] = []
    job.run(
        {"report_path": str(given), "format": "csv", "output": str(output)},
        lambda _, fraction: steps.append(fraction),
    )
    assert output.exists()
    assert steps == [0.0, 1.0]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"format": "docx"}, "the formats are pdf"),
        ({"format": None}, "'format'"),
        ({"output": ""}, "'output'"),
        ({"report": "not base64!"}, "'report' is not base64"),
        ({"report": base64.b64encode(b"\xff\xff").decode()}, "not a serialized Report"),
        ({"report": None}, "'report'"),
    ],
)
def test_what_is_wrong_with_a_payload_is_named(change: dict[str, Any], named: str, tmp_path: Path) -> None:
    payload = {"report": encoded(), "format": "csv", "output": str(tmp_path / "out"), **change}
    with pytest.raises(ValueError, match=named):
        job.run(payload, quiet)
    assert not list(tmp_path.iterdir())


def test_a_page_is_answered_as_it_is() -> None:
    made = job.shared_page({"report": encoded(), "download_url": None}, quiet)
    assert made.startswith(b"<!doctype html>")
    assert b"Nothing to see" in made
