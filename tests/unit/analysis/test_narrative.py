"""Reports read as if somebody had written them: no shape of sentence again and again, no padding."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from claribi.v1 import reports_pb2

from tests.unit.analysis.asked_tables import TABLES
from tests.unit.analysis.snapshots import Column, report_on, source_of, write_table

MOST_OF_A_SHAPE = 3  # sentences of one shape in a report
PADDING = (
    "it is observed", "it can be seen", "interestingly", "it should be noted", "needless to say", "in conclusion",
    "delve", "leverage", "insightful", "as an ai", "data-driven", "moreover", "furthermore",
)  # fmt: skip
_CALENDAR = (
    "january february march april may june july august september october november december monday mondays tuesday "
    "tuesdays wednesday wednesdays thursday thursdays friday fridays saturday saturdays sunday sundays hours points"
)


def _noise() -> dict[str, Column]:
    """Two measures and a category that have nothing to say."""
    random = np.random.default_rng(4)
    days = np.sort(random.integers(0, 400, 3000))
    return {
        "day": ("DATE", [date(2025, 1, 1) + timedelta(days=int(day)) for day in days]),
        "group": ("VARCHAR", random.choice(list("ABCD"), 3000)),
        "height": ("DOUBLE", random.normal(10, 2, 3000)),
        "depth": ("DOUBLE", random.normal(5, 1, 3000)),
    }


def _thin() -> dict[str, Column]:
    return {"name": ("VARCHAR", ["a", "b", "c"]), "height": ("DOUBLE", [1.0, 2.0, 3.5])}


MADE: dict[str, Any] = {**TABLES, "noise": _noise, "thin": _thin}


@pytest.fixture(name="sources", scope="module")
def sources_fixture(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    made = {}
    for name, make in MADE.items():
        folder = tmp_path_factory.mktemp(name)
        made[name] = source_of(folder, [write_table(folder, name, make())], name)
    return made


def _report(source: dict[str, Any], question: str = "") -> reports_pb2.Report:
    return report_on([source], question=question, report_type=reports_pb2.REPORT_TYPE_COMPREHENSIVE)


def _sentences(report: reports_pb2.Report) -> Iterator[str]:
    """Every sentence a reader of the report reads; the first section repeats titles, which are counted once."""
    texts = [text for section in report.sections for text in (*section.paragraphs, *section.bullets)]
    texts += [text for insight in report.insights for text in (insight.title, insight.narrative)]
    for text in dict.fromkeys(texts):
        yield from re.split(r"(?<=[.:;?!]) +", text)


def _names(name: str) -> set[str]:
    """Words of columns and members."""
    words = set(_CALENDAR.split())
    for column, (_, values) in MADE[name]().items():
        words |= set(re.findall(r"\w+", column.lower().replace("_", " ")))
        if len(set(map(str, values))) < 60:
            words |= {word for value in values for word in re.findall(r"\w+", str(value).lower())}
    return words


def _shape(sentence: str, names: set[str]) -> str:
    """The sentence without its numbers and names."""
    words = [word for word in re.findall(r"\w+", sentence.lower()) if not word[0].isdigit()]
    return " ".join(word for word in words if word not in names)


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("orders", ""),
        ("orders", "why did returns rise in May"),
        ("tickets", "are tickets slower on Mondays"),
        ("sensors", ""),
        ("sensors", "which machine is hottest"),
        ("noise", ""),
    ],
)
def test_no_shape_of_sentence_comes_again_and_again(
    sources: dict[str, Any], name: str, question: str
) -> None:
    names = _names(name)
    shapes = Counter(
        shape for sentence in _sentences(_report(sources[name], question))
        if len((shape := _shape(sentence, names)).split()) > 3
    )  # fmt: skip
    shape, times = shapes.most_common(1)[0]
    assert times <= MOST_OF_A_SHAPE, shape


@pytest.mark.parametrize("name", sorted(MADE))
def test_nothing_is_padded(sources: dict[str, Any], name: str) -> None:
    text = " ".join(_sentences(_report(sources[name]))).lower()
    assert [phrase for phrase in PADDING if phrase in text] == []


def _section(report: reports_pb2.Report, kind: int) -> reports_pb2.Section:
    return next(section for section in report.sections if section.kind == kind)


def test_a_report_on_noise_says_what_was_looked_at_and_asks_for_nothing(sources: dict[str, Any]) -> None:
    report = _report(sources["noise"])
    assert not report.insights
    assert report.sections[0].paragraphs[0] == (
        "Nothing in the data stands out from chance, so this report makes no claims. Such differences as height and "
        "depth show are no more than luck would have it."
    )
    advice = _section(report, reports_pb2.SECTION_KIND_RECOMMENDATIONS)
    assert advice.paragraphs[0].startswith("The data give no reason to act.")
    assert _section(report, reports_pb2.SECTION_KIND_KEY_METRICS).metrics


def test_data_too_thin_to_test_are_said_to_be(sources: dict[str, Any]) -> None:
    report = _report(sources["thin"])
    assert report.summary.startswith("The data are too thin for anything to be told from chance")
    method = _section(report, reports_pb2.SECTION_KIND_METHODOLOGY).paragraphs[0]
    assert method.startswith("Nothing was tested")
    advice = _section(report, reports_pb2.SECTION_KIND_RECOMMENDATIONS).paragraphs[0]
    assert advice.startswith("It is too early to act")


def test_the_method_explains_luck_weighing_merging_and_evidence(sources: dict[str, Any]) -> None:
    report = _report(sources["tickets"], "are tickets slower on Mondays")
    told = " ".join(_section(report, reports_pb2.SECTION_KIND_METHODOLOGY).paragraphs)
    statistics = report.statistics
    assert (
        f"there were {statistics.hypotheses_tested} such tests, of which {statistics.discoveries} passed"
        in told
    )
    for reason in (
        "Benjamini",
        "too small to matter",
        "told as part of it",
        "size, surprise and certainty",
        "answer",
    ):
        assert reason in told


def test_the_summary_goes_from_the_answer_to_the_next_step_to_how_sure(sources: dict[str, Any]) -> None:
    paragraphs = _report(sources["tickets"], "are tickets slower on Mondays").sections[0].paragraphs
    starts = ("Yes: the average time", "Your question was read as", "Average time", "Next step:")
    assert [text.startswith(start) for text, start in zip(paragraphs, starts, strict=False)] == [True] * 4
    assert "possible findings were tested" in paragraphs[-2]
    assert "For the first one told here the evidence is very strong." in paragraphs[-2]
    assert paragraphs[-1].startswith("All of this rests on")
