"""What a language model is shown of a report, and what becomes of its answers."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

import pytest
from claribi.v1.reports_pb2 import SECTION_KIND_METHODOLOGY, Report

from server.work.language_model import AWAY, Budget, ModelFailed, Task
from server.work.voice import Voice

TITLE = "Revenue fell 42\u00a0% in June\u00a02026"
LEAD = "Revenue stood at $61 in June\u00a02026."


class Scripted:
    """A model that gives prepared answers and remembers what it was asked."""

    name = "scripted"

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.tasks: list[Task] = []

    async def ask(self, task: Task, budget: Budget, read: Callable[[Any], Any]) -> Any:
        """The next answer; read again once when it cannot be taken, as the client does."""
        self.tasks.append(task)
        if not self.answers:
            raise ModelFailed(AWAY)
        try:
            return read(self.answers.pop(0))
        except ValueError:
            return read(self.answers.pop(0)) if self.answers else None


def _telling(*sentences: dict[str, Any]) -> bytes:
    report = Report(summary=f"{LEAD} {TITLE}.", engine="engine")
    report.insights.add(id="i1", title=TITLE, narrative=f"{LEAD} It rests on 12 rows.", chart_id="c1")
    report.charts.add(id="c1", title=TITLE)
    report.sections.add(title="Summary", paragraphs=[LEAD], bullets=[TITLE])
    report.sections.add(title="Methodology", kind=SECTION_KIND_METHODOLOGY)
    return json.dumps(
        {
            "report": b64encode(report.SerializeToString()).decode(),
            "sentences": list(sentences),
            "names": ["revenue"],
        }
    ).encode()


def _sentence(text: str, figures: list[str], names: list[str]) -> dict[str, Any]:
    return {"text": text, "figures": figures, "names": names}


TOLD = _telling(
    _sentence(TITLE, ["42\u00a0%"], ["revenue", "June\u00a02026"]),
    _sentence(LEAD, ["$61"], ["revenue", "June\u00a02026"]),
)


def _voice(*answers: Any) -> tuple[Voice, Scripted]:
    model = Scripted(*answers)
    return Voice(model, Budget(0.0, 1000)), model


async def test_a_reworded_title_stands_everywhere_it_stood() -> None:
    voice, model = _voice({"sentences": [{"id": 1, "text": "{1} dropped {2} in {3}"}]})
    report = await voice.retell(TOLD)
    new = "Revenue dropped 42\u00a0% in June\u00a02026"
    assert (report.insights[0].title, report.charts[0].title, report.sections[0].bullets[0]) == (
        new,
        new,
        new,
    )
    assert report.summary == f"{LEAD} {new}."
    assert report.engine == "engine + scripted"
    assert len(report.content_hash) == 64
    shown = json.dumps(model.tasks[0].data)
    assert "{1} fell {2} in {3}" in shown
    assert "evenue" not in shown


async def test_a_sentence_whose_parts_are_not_named_is_not_shown() -> None:
    voice, model = _voice({"sentences": []})
    await voice.retell(_telling(_sentence(TITLE, [], []), _sentence(LEAD, ["$61"], ["revenue"])))
    assert model.tasks == []


async def test_a_title_that_begins_another_one_changes_alone() -> None:
    longer = f"{TITLE}, mostly in North"
    voice, _ = _voice({"sentences": [{"id": 1, "text": "{1} dropped {2} in {3}"}]})
    telling = json.loads(TOLD)
    report = Report.FromString(b64decode(telling["report"]))
    report.sections[0].bullets.append(longer)
    telling["report"] = b64encode(report.SerializeToString()).decode()
    assert (await voice.retell(json.dumps(telling).encode())).sections[0].bullets[1] == longer


@pytest.mark.parametrize(
    "row",
    [
        {"id": 9, "text": "{1} dropped {2} in {3}"},
        {"id": True, "text": "{1} dropped {2} in {3}"},
        {"id": 1, "text": None},
        {"id": 1},
        "text",
    ],
)
async def test_an_answer_to_nothing_changes_nothing(row: Any) -> None:
    voice, _ = _voice({"sentences": [row]})
    report = await voice.retell(TOLD)
    assert report.insights[0].title == TITLE
    assert report.engine == "engine"


async def test_a_model_that_is_away_at_first_is_not_asked_again() -> None:
    voice, model = _voice()
    assert await voice.propose("why?", []) == []
    report = await voice.retell(TOLD)
    assert len(model.tasks) == 1
    assert "it could not be reached" in report.sections[1].paragraphs[-1]


async def test_a_model_with_nothing_to_add_is_said_to_have_had_nothing() -> None:
    voice, _ = _voice({"sentences": [{"id": 1, "text": "{1} fell {2} in {3}"}]})
    report = await voice.retell(TOLD)
    assert report.engine == "engine"
    assert "had nothing to add" in report.sections[1].paragraphs[-1]
