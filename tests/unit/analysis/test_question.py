"""A question steers: what it names, what it wants to know of it, and what of it was not understood."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from claribi.v1 import insights_pb2, reports_pb2

from server.analysis.question import read_question
from tests.unit.analysis.snapshots import Column, report_on, source_of, write_table

NAMES = (
    "revenue_usd",
    "quantity",
    "discount_percent",
    "days_to_deliver",
    "is_returned",
    "number of orders",
    "region",
    "channel",
    "customer_id",
    "North",
    "Small business",
    "売上",
)
DEVELOPED, UNUSUAL, DEPENDS = "how it developed", "what was unusual", "what it depends on"
WHERE, DRIVES, AHEAD = "where", "what goes with it", "where it is heading"


@pytest.mark.parametrize(
    ("question", "named", "intents"),
    [
        ("How did revenue develop, and where?", ["revenue_usd"], [DEVELOPED, WHERE]),
        ("How did sales develop?", ["revenue_usd"], [DEVELOPED]),
        ("Is turnover growing?", ["revenue_usd"], [DEVELOPED]),
        ("Revenue over time", ["revenue_usd"], [DEVELOPED]),
        ("Why did quantity fall in the North?", ["quantity", "North"], [DEVELOPED]),
        ("When did orders drop?", ["number of orders"], [DEVELOPED]),
        ("What changed?", [], [DEVELOPED]),
        ("How are our discounts?", ["discount_percent"], [DEVELOPED]),
        ("Which products are returned most?", ["is_returned"], [WHERE]),
        ("Which region returns most?", ["is_returned", "region"], [WHERE]),
        ("Compare revenue by channel", ["revenue_usd", "channel"], [WHERE]),
        ("Does delivery differ between channels?", ["days_to_deliver", "channel"], [WHERE]),
        ("Who are our biggest clients?", ["customer_id"], [DEPENDS, WHERE]),
        ("Does revenue depend on few customers?", ["revenue_usd", "customer_id"], [DEPENDS]),
        ("How concentrated are sales?", ["revenue_usd"], [DEPENDS]),
        ("Top regions", ["region"], [DEPENDS]),
        ("Any unusual orders?", ["number of orders"], [UNUSUAL]),
        ("Were there outliers or spikes in revenue?", ["revenue_usd"], [UNUSUAL]),
        ("What drives returns?", ["is_returned"], [DRIVES]),
        ("Is discount related to quantity?", ["quantity", "discount_percent"], [DRIVES]),
        ("Forecast revenue", ["revenue_usd"], [AHEAD]),
        ("How is the weather?", [], [DEVELOPED]),
        ("Revenue of the small business segment in 2025", ["revenue_usd", "Small business"], []),
        ("売上はどうですか", ["売上"], []),
        ("Revenue this month", ["revenue_usd"], []),
        ("quality?", [], []),
        ("", [], []),
    ],
)  # fmt: skip
def test_a_question_is_read(question: str, named: list[str], intents: list[str]) -> None:
    read = read_question(question)
    assert [name for name in NAMES if read.names(name)] == named
    assert [intent.spoken for intent in read.intents] == intents


def _shop() -> dict[str, Column]:
    """Orders of two years: growth, a last month in which most of the North stays away, slow partners."""
    random = np.random.default_rng(5)
    first, days = date(2024, 4, 1), 730
    day = np.sort((730 * random.random(9000) ** 0.97).astype(int))
    region = random.choice(["North", "South", "East"], len(day), p=[0.4, 0.35, 0.25])
    kept = ~((region == "North") & (day >= days - 31) & (random.random(len(day)) < 0.8))
    day, region = day[kept], region[kept]
    channel = random.choice(["Web", "Store", "Partner"], len(day), p=[0.5, 0.3, 0.2])
    quantity = random.integers(1, 5, len(day))
    return {
        "sold_on": ("DATE", [first + timedelta(days=int(d)) for d in day]),
        "customer_id": ("VARCHAR", [f"K{number:03d}" for number in random.integers(0, 400, len(day))]),
        "region": ("VARCHAR", region),
        "channel": ("VARCHAR", channel),
        "quantity": ("BIGINT", quantity),
        "revenue_usd": ("DOUBLE", np.round(quantity * random.gamma(40, 1, len(day)), 2)),
        "days_to_deliver": (
            "DOUBLE",
            np.round(random.normal(4, 1, len(day)) + 2 * (channel == "Partner"), 1),
        ),
    }


@pytest.fixture(name="shop", scope="module")
def shop_fixture(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("shop")
    return source_of(folder, [write_table(folder, "orders", _shop())])


def test_the_asked_measure_is_told_with_the_part_that_carries_its_fall(shop: dict[str, Any]) -> None:
    found = report_on([shop], question="How did revenue develop, and where?").insights
    first = next(i for i in found if i.type == insights_pb2.INSIGHT_TYPE_CHANGE)
    second = next(i for i in found if i.type == insights_pb2.INSIGHT_TYPE_DRIVER)
    assert {first.rank, second.rank} == {1, 2}
    assert first.subject.measure.column == second.subject.measure.column == "revenue_usd"
    assert not first.subject.where
    assert first.title.endswith("mostly in North")
    assert "North" in first.narrative
    assert (second.subject.dimension.column, second.subject.dimension.member) == ("region", "North")


def test_measures_that_say_the_same_are_told_by_the_one_asked_for(shop: dict[str, Any]) -> None:
    for column in ("revenue", "quantity"):
        report = report_on([shop], question=f"How did {column} develop?")
        assert report.insights[0].subject.measure.column.startswith(column)
        driven = [i for i in report.insights if i.type == insights_pb2.INSIGHT_TYPE_DRIVER]
        assert {i.subject.measure.column.split("_")[0] for i in driven} == {column}


def test_the_kind_of_insight_asked_for_comes_before_others_of_the_same_measure(shop: dict[str, Any]) -> None:
    deliver = report_on([shop], question="Where does delivery differ?").insights[0]
    assert deliver.type == insights_pb2.INSIGHT_TYPE_GROUP_DIFFERENCE
    assert deliver.subject.dimension.member == "Partner"


def test_what_was_not_understood_is_said_in_the_summary(shop: dict[str, Any]) -> None:
    report = report_on([shop], question="How did revenue develop in the galaxy?")
    assert "“galaxy” could not be matched" in report.summary
    assert "could not be matched" not in report_on([shop], question="How did revenue develop?").summary


def test_a_kind_that_was_not_found_is_owned_up_to(shop: dict[str, Any]) -> None:
    report = report_on([shop], question="How did days to deliver develop?")
    assert "Nothing of that kind stands out from chance" in report.sections[0].paragraphs[1]


def test_money_speaks_for_measures_that_say_the_same(shop: dict[str, Any]) -> None:
    changes = [i for i in report_on([shop]).insights if i.type == insights_pb2.INSIGHT_TYPE_CHANGE]
    assert {i.subject.measure.column for i in changes} == {"revenue_usd"}


def test_a_kind_asked_for_without_a_measure_comes_first(shop: dict[str, Any]) -> None:
    report = report_on([shop], question="What changed?")
    along_time = {insights_pb2.INSIGHT_TYPE_CHANGE, insights_pb2.INSIGHT_TYPE_TREND}
    kinds = [insight.type in along_time for insight in report.insights]
    assert kinds == sorted(kinds, reverse=True)
    assert kinds[0]
    assert not kinds[-1]


def _section(report: reports_pb2.Report, kind: int) -> reports_pb2.Section:
    return next(section for section in report.sections if section.kind == kind)


def test_the_card_of_the_asked_measure_is_the_first(shop: dict[str, Any]) -> None:
    report = report_on([shop], question="How is delivery?")
    metrics = _section(report, reports_pb2.SECTION_KIND_KEY_METRICS).metrics
    assert metrics[0].label == "Average days to deliver, March 2026".replace(" 2026", "\u00a02026")
    assert len(metrics) <= 6


def test_the_executive_summary_says_three_things_and_then_how_sure_and_on_what(shop: dict[str, Any]) -> None:
    report = report_on([shop], question="How did revenue develop, and where?")
    summary = _section(report, reports_pb2.SECTION_KIND_EXECUTIVE_SUMMARY)
    assert list(summary.bullets) == [insight.title for insight in report.insights[:3]]
    assert "possible findings were tested" in summary.paragraphs[-2]
    assert summary.paragraphs[-1].startswith("All of this rests on")


def test_advice_is_short_and_says_more_than_the_findings(shop: dict[str, Any]) -> None:
    report = report_on([shop], report_type=reports_pb2.REPORT_TYPE_COMPREHENSIVE)
    advice = _section(report, reports_pb2.SECTION_KIND_RECOMMENDATIONS).bullets
    assert 0 < len(advice) <= 5
    assert any("North" in line for line in advice)
    assert not any("stock, staff" in line and "revenue" in line for line in advice), "its last month fell"


def test_levels_nobody_steers_bring_no_advice_to_do_more(tmp_path: Path) -> None:
    table: dict[str, Column] = {
        "year": ("BIGINT", range(1959, 2010)),
        "real_gdp_billion_usd": ("DOUBLE", [year**1.5 + 100 for year in range(51)]),
    }
    report = report_on([source_of(tmp_path, [write_table(tmp_path, "macro", table)])])
    trend = next(i for i in report.insights if i.type == insights_pb2.INSIGHT_TYPE_TREND)
    assert trend.title.startswith("Real GDP ")
    assert "$" in trend.title
    assert "billion" in trend.title
    assert not _section(report, reports_pb2.SECTION_KIND_RECOMMENDATIONS).bullets
