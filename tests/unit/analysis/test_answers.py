"""Answers to questions are right: each is derived again from the rows the table was made of."""

import base64
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from claribi.v1 import reports_pb2

from server.analysis import verify
from server.analysis.answers import answer
from server.analysis.asking.reading import Goal
from server.query.engine import QueryError
from tests.unit.analysis.asked_tables import TABLES
from tests.unit.analysis.snapshots import report_on, source_of, write_table

Columns = dict[str, "np.ndarray[Any, Any]"]
Ask = Callable[[str, str], reports_pb2.Report]


@pytest.fixture(name="columns", scope="module")
def columns_fixture() -> dict[str, Columns]:
    """The values the tables are made of, as arrays."""
    return {
        name: {column: np.array(list(values)) for column, (_, values) in make().items()}
        for name, make in TABLES.items()
    }


@pytest.fixture(name="sources", scope="module")
def sources_fixture(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    made = {}
    for name, make in TABLES.items():
        folder = tmp_path_factory.mktemp(name)
        made[name] = source_of(folder, [write_table(folder, name, make())], name)
    return made


@pytest.fixture(name="ask", scope="module")
def ask_fixture(sources: dict[str, Any]) -> Ask:
    """Asks a table a question; each report's numbers are asked of the data again."""

    def ask(table: str, question: str) -> reports_pb2.Report:
        report = report_on([sources[table]], question=question, report_type=reports_pb2.REPORT_TYPE_SUMMARY)
        evidence = [base64.b64encode(entry.SerializeToString()).decode() for entry in report.evidence]
        payload = {"report_id": report.id, "evidence": evidence, "sources": {table: sources[table]}}
        found = reports_pb2.Verification.FromString(verify.run(payload, lambda *_: None))
        assert found.matched == found.total
        return report

    return ask


def _lead(report: reports_pb2.Report) -> str:
    """The first paragraph of the report."""
    return report.sections[0].paragraphs[0].replace("\u00a0", " ")


def _rows(report: reports_pb2.Report) -> list[list[str]]:
    return [[cell.replace("\u00a0", " ") for cell in row.cells] for row in report.sections[0].table.rows]


def _value(report: reports_pb2.Report, label: str) -> float:
    """The value of the one number with this label."""
    found = {entry.value for entry in report.evidence if entry.label.replace("\u00a0", " ") == label}
    assert len(found) == 1, sorted(entry.label for entry in report.evidence)
    return found.pop()


def _in(columns: Columns, first: date, last: date) -> "np.ndarray[Any, Any]":
    return (columns["order_date"] >= first) & (columns["order_date"] <= last)


def test_a_breakdown_of_a_quarter_lists_every_region_with_its_total(
    ask: Ask, columns: dict[str, Columns]
) -> None:
    orders = columns["orders"]
    quarter = _in(orders, date(2026, 1, 1), date(2026, 3, 31))
    report = ask("orders", "revenue by region last quarter")
    totals = {
        region: orders["revenue_usd"][quarter & (orders["region"] == region)].sum()
        for region in ("North", "South", "East", "West")
    }
    ordered = sorted(totals, key=lambda region: -totals[region])
    assert [row[0] for row in _rows(report)] == [*ordered, "All"]
    for region, total in totals.items():
        assert _value(report, f"revenue, {region}, Q1 2026") == pytest.approx(total, rel=1e-9)
        assert _value(report, f"share of {region}") == pytest.approx(100 * total / sum(totals.values()))
    assert ordered[0] in _lead(report)
    assert report.summary.replace("\u00a0", " ").startswith(_lead(report).split(".")[0])


def test_a_ranking_by_a_ratio_lists_the_first_so_many(ask: Ask, columns: dict[str, Columns]) -> None:
    orders = columns["orders"]
    margin = {
        name: 100 * orders["profit_usd"][orders["product"] == name].sum()
        / orders["revenue_usd"][orders["product"] == name].sum()
        for name in np.unique(orders["product"])
    }  # fmt: skip
    report = ask("orders", "top 5 products by margin")
    best = sorted(margin, key=lambda name: -margin[name])[:5]
    assert [row[0] for row in _rows(report)] == best
    assert _lead(report).startswith(f"{best[0]} has the highest margin")
    for name in best:
        told = [entry.value for entry in report.evidence if entry.label == f"margin, {name}"]
        assert any(value == pytest.approx(margin[name]) for value in told)


def test_the_worst_come_lowest_first(ask: Ask, columns: dict[str, Columns]) -> None:
    orders = columns["orders"]
    totals = {r: orders["revenue_usd"][orders["region"] == r].sum() for r in np.unique(orders["region"])}
    report = ask("orders", "worst 3 regions by revenue")
    assert [row[0] for row in _rows(report)] == sorted(totals, key=lambda region: totals[region])[:3]


def test_a_count_of_a_year_is_the_number(ask: Ask, columns: dict[str, Columns]) -> None:
    orders = columns["orders"]
    wanted = int(_in(orders, date(2025, 1, 1), date(2025, 12, 31)).sum())
    assert _lead(ask("orders", "how many orders in 2025")).startswith(
        f"The number of orders in 2025 was {wanted:,}."
    )


def test_why_begins_with_whether_and_its_parts_sum_to_the_move(ask: Ask, columns: dict[str, Columns]) -> None:
    orders = columns["orders"]
    may = _in(orders, date(2025, 5, 1), date(2025, 5, 31))
    april = _in(orders, date(2025, 4, 1), date(2025, 4, 30))
    returned = orders["is_returned"].astype(float)
    report = ask("orders", "why did returns rise in May")
    assert _lead(report).startswith("The share returned did rise in May 2025: from")
    assert "more than the usual to and fro of earlier months" in _lead(report)
    assert "Most of it comes from Phone" in _lead(report)
    move = 100 * (returned[may].mean() - returned[april].mean())
    parts = [e.value for e in report.evidence if e.label.startswith("contribution of ")]
    assert len(parts) == len(np.unique(orders["product"]))
    assert sum(parts) == pytest.approx(move, abs=1e-9)
    phone = orders["product"] == "Phone"
    weight = [phone[span].mean() for span in (april, may)]
    mean = [100 * returned[span & phone].mean() for span in (april, may)]
    level = [100 * returned[span].mean() for span in (april, may)]
    given = np.mean(weight) * (mean[1] - mean[0]) + (weight[1] - weight[0]) * (np.mean(mean) - np.mean(level))
    found = [
        e.value for e in report.evidence
        if e.label == "contribution of Phone to the change of share returned"
    ]  # fmt: skip
    assert found == [pytest.approx(given)]


def test_contributions_to_a_total_are_the_differences_of_its_parts(
    ask: Ask, columns: dict[str, Columns]
) -> None:
    orders = columns["orders"]
    july = _in(orders, date(2025, 7, 1), date(2025, 7, 31))
    june = _in(orders, date(2025, 6, 1), date(2025, 6, 30))
    report = ask("orders", "why did revenue rise in July by region?")
    for region in np.unique(orders["region"]):
        here = orders["region"] == region
        wanted = orders["revenue_usd"][july & here].sum() - orders["revenue_usd"][june & here].sum()
        label = f"contribution of {region} to the change of revenue"
        assert _value(report, label) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("why did returns fall in May 2025?", "The share returned did not fall in May 2025: it rose from"),
        ("why did revenue rise in August 2025?", "Revenue did not rise in August 2025: it fell from"),
        ("did revenue fall in July 2025?", "Revenue did not fall in July 2025: it rose from"),
    ],
)
def test_a_false_premise_is_said(ask: Ask, question: str, said: str) -> None:
    assert _lead(ask("orders", question)).startswith(said)


def test_slower_on_mondays_is_tested_and_answered_yes(ask: Ask, columns: dict[str, Columns]) -> None:
    tickets = columns["tickets"]
    hours = np.array([d.total_seconds() / 3600 for d in tickets["closed_at"] - tickets["opened_at"]])
    monday = np.array([moment.weekday() == 0 for moment in tickets["opened_at"]])
    report = ask("tickets", "are tickets slower on Mondays")
    assert _lead(report).startswith("Yes: the average time from opened to closed is")
    label = "average time from opened to closed, Mondays"
    assert _value(report, label) == pytest.approx(hours[monday].mean(), rel=0.01)


@pytest.mark.parametrize(
    ("table", "question", "said"),
    [
        ("tickets", "are tickets faster on Mondays?", "No, the other way round:"),
        ("tickets", "is Ana Lopez slower than Ben Okafor?", "The data cannot tell:"),
        ("sensors", "is D-4 hotter than the others?", "Yes: the average temperature c is"),
        ("sensors", "does the temperature differ by machine?", "Yes, it differs by machine (very strong evidence)."),
        ("tickets", "does satisfaction differ by priority?", "Whether it differs by priority the data cannot tell"),
        ("sensors", "does speed affect power?", "Yes, they go together: where speed rpm is higher, power kw is higher"),
        ("orders", "does quantity affect revenue?", "No connection between quantity and revenue shows"),
    ],
)  # fmt: skip
def test_a_comparison_is_answered_yes_no_or_cannot_tell(
    ask: Ask, table: str, question: str, said: str
) -> None:
    assert _lead(ask(table, question)).startswith(said)


@pytest.mark.parametrize(
    ("table", "question", "said"),
    [
        ("orders", "revenue by planet", "“planet” could not be matched to anything in the data."),
        ("orders", "revenue by planet", "The data could be asked about revenue, "),
        ("orders", "revenue of Nroth", "“Nroth” was taken for North."),
        ("sensors", "price by machine", "“price” fits unit price as well as list price."),
        ("laden", "売上 last quarter", "The data have no dates, so “last quarter” could not be applied."),
        ("orders", "revenue in 2031", "The data run from 1 January 2024 to 31 March 2026."),
        ("orders", "revenue this year", "Of 2026 the data hold only the days up to 31 March 2026."),
        ("orders", "What is the weather like?", "None of the words of your question name a column"),
    ],
)
def test_what_cannot_be_answered_as_asked_is_said(ask: Ask, table: str, question: str, said: str) -> None:
    first, second = (text.replace("\u00a0", " ") for text in ask(table, question).sections[0].paragraphs[:2])
    assert said in f"{first} {second}"


def test_the_number_of_different_customers_is_counted_once_each(
    ask: Ask, columns: dict[str, Columns]
) -> None:
    wanted = len(np.unique(columns["orders"]["customer_id"]))
    assert _lead(ask("orders", "how many customers?")) == f"The number of customers was {wanted}."


def test_how_concentrated_tells_how_many_make_up_half(ask: Ask, columns: dict[str, Columns]) -> None:
    orders = columns["orders"]
    customers, places = np.unique(orders["customer_id"], return_inverse=True)
    held = np.sort(np.bincount(places, weights=orders["revenue_usd"]))[::-1].cumsum()
    few = int(np.argmax(held >= held[-1] / 2)) + 1
    report = ask("orders", "how concentrated is revenue by customer?")
    assert f"is held by {few} of the {len(customers)} values of customer id" in _lead(report)


def test_names_that_are_not_english_are_answered(ask: Ask, columns: dict[str, Columns]) -> None:
    laden = columns["laden"]
    report = ask("laden", "売上 by 地域")
    for member in ("東京", "大阪", "京都"):
        assert _value(report, f"売上, {member}") == pytest.approx(
            laden["売上"][laden["地域"] == member].sum()
        )


def test_the_same_question_of_the_same_data_has_the_same_answer(ask: Ask) -> None:
    first, second = (ask("orders", "why did returns rise in May") for _ in range(2))
    assert first.content_hash == second.content_hash


@pytest.mark.parametrize(
    ("table", "question", "said"),
    [
        ("tickets", "are tickets slower on Mondays", "Most likely the gap is between"),
        ("sensors", "is D-4 hotter than the others?", "Most likely the gap is between"),
        ("tickets", "is Ana Lopez slower than Ben Okafor?", "Anything from"),
        ("orders", "is revenue of North higher than South?", ""),
        ("orders", "is revenue higher on Mondays?", ""),
    ],
)
def test_a_comparison_says_between_which_sizes_the_difference_lies(
    ask: Ask, table: str, question: str, said: str
) -> None:
    report = ask(table, question)
    numbers = {entry.label: entry.value for entry in report.evidence}
    (called,) = [
        label.removeprefix("difference of ") for label in numbers if label.startswith("difference of ")
    ]
    low, apart, high = (
        numbers[f"{part}difference of {called}"] for part in ("lower end of the ", "", "upper end of the ")
    )
    assert low < apart < high
    assert apart - low == pytest.approx(high - apart)
    assert said in " ".join(report.sections[0].paragraphs)
    sure = _lead(report).startswith(("Yes", "No, the other"))
    assert sure == (low * high > 0)


def test_a_question_whose_query_is_refused_costs_the_answer_and_not_the_report(
    sources: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any) -> None:
        raise QueryError("the engine will not have it")

    name = next(iter(sources))
    monkeypatch.setitem(answer._COMPUTED, Goal.NUMBER, refused)
    report = report_on([sources[name]], question="how many rows are there")
    assert report.sections
    assert report.content_hash


def test_a_year_that_is_not_over_is_compared_with_the_same_days_of_the_year_before(
    ask: Ask, columns: dict[str, Columns]
) -> None:
    orders = columns["orders"]
    now, then = (
        orders["revenue_usd"][_in(orders, date(year, 1, 1), date(year, 3, 31))].sum() for year in (2026, 2025)
    )
    for question in ("How does revenue compare to last year?", "revenue this year vs last year"):
        report = ask("orders", question)
        lead = _lead(report)
        assert lead.startswith("Revenue from 1 January 2026 to 31 March 2026 came to $")
        assert "from 1 January 2025 to 31 March 2025" in lead
        assert ("more than" in lead) == (now > then)
        assert _value(report, "change of revenue") == pytest.approx(100 * (now / then - 1))


def test_the_best_month_is_the_whole_month_with_the_most(ask: Ask, columns: dict[str, Columns]) -> None:
    orders = columns["orders"]
    months = {
        (year, month): orders["revenue_usd"][
            np.array([(d.year, d.month) == (year, month) for d in orders["order_date"]])
        ].sum()
        for year, month in {(d.year, d.month) for d in orders["order_date"]}
    }
    ordered = [date(*key, 1).strftime("%B %Y") for key in sorted(months, key=lambda key: -months[key])]
    report = ask("orders", "What was the best month for revenue?")
    assert [row[0] for row in _rows(report)] == ordered[:5]
    assert _lead(report).startswith(f"{ordered[0]} has the highest revenue")


def test_what_grew_most_is_told_by_how_far_each_moved_itself(ask: Ask, columns: dict[str, Columns]) -> None:
    orders = columns["orders"]
    later, earlier = (
        _in(orders, date(year, 4, 1), date(year + 1, 3, 31)) for year in (2025, 2024)
    )  # the last twelve whole months, and those before
    moves = {
        name: orders["revenue_usd"][later & (orders["product"] == name)].sum()
        - orders["revenue_usd"][earlier & (orders["product"] == name)].sum()
        for name in np.unique(orders["product"])
    }
    for question, sign in (("which product grew the most?", 1), ("which products fell most?", -1)):
        report = ask("orders", question)
        ordered = sorted(moves, key=lambda name: -sign * moves[name])
        went = [name for name in ordered if sign * moves[name] > 0]
        assert [row[0] for row in _rows(report)] == (went or ordered)[:5]
        word = "rose" if sign > 0 else "fell"
        told = _lead(report)
        assert told.startswith(f"{ordered[0]} {word} most") == (sign * moves[ordered[0]] > 0)


def test_a_year_that_is_not_over_is_asked_about_as_far_as_it_went(tmp_path: Path) -> None:
    days = 500  # from 1 January 2025 to 15 May 2026
    table = {
        "order_date": ("DATE", [date(2025, 1, 1) + timedelta(days=day) for day in range(days)]),
        "revenue_usd": ("DOUBLE", [100.0 + day for day in range(days)]),
    }
    source = source_of(tmp_path, [write_table(tmp_path, "orders", table)])
    report = report_on(
        [source], question="did revenue rise in 2026?", report_type=reports_pb2.REPORT_TYPE_SUMMARY
    )
    then, now = (sum(100.0 + day for day in range(first, first + 135)) for first in (0, 365))
    assert "from 1 January 2026 to 15 May 2026" in _lead(report)
    assert _value(report, "change of revenue") == pytest.approx(100 * (now / then - 1))


def test_where_nothing_can_be_ranked_that_is_said(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    table = {
        "salary_usd": ("DOUBLE", random.normal(5e4, 1e4, 300)),
        "age": ("BIGINT", random.integers(20, 65, 300)),
    }
    source = source_of(tmp_path, [write_table(tmp_path, "staff", table)])
    report = report_on([source], question="who earns the most", report_type=reports_pb2.REPORT_TYPE_SUMMARY)
    assert _lead(report).startswith("No category of the data says whose")


def test_without_an_earlier_time_it_is_said_that_nothing_can_be_compared(ask: Ask) -> None:
    lead = _lead(ask("orders", "which product grew the most in 2024?"))
    assert lead.startswith("The data do not reach far enough back")


def test_an_order_is_worth_the_money_it_brings(ask: Ask, columns: dict[str, Columns]) -> None:
    orders = columns["orders"]
    report = ask("orders", "average order value by region")
    for region in np.unique(orders["region"]):
        mean = orders["revenue_usd"][orders["region"] == region].mean()
        assert _value(report, f"average revenue, {region}") == pytest.approx(mean)


def test_the_worst_of_a_burden_are_the_highest(ask: Ask, columns: dict[str, Columns]) -> None:
    orders = columns["orders"]
    shares = {p: orders["is_returned"][orders["product"] == p].mean() for p in np.unique(orders["product"])}
    report = ask("orders", "worst products by returns")
    assert [row[0] for row in _rows(report)] == sorted(shares, key=lambda name: -shares[name])[:5]


def test_whether_something_grows_is_denied_where_no_trend_is_found(ask: Ask) -> None:
    assert _lead(ask("orders", "Is revenue growing?")).startswith("No lasting rise of revenue shows")


def test_a_time_the_data_reach_back_to_in_part_is_compared_in_that_part(tmp_path: Path) -> None:
    first, days = date(2024, 3, 11), 800
    table = {
        "order_date": ("DATE", [first + timedelta(days=day) for day in range(days)]),  # to 19 May 2026
        "revenue_usd": ("DOUBLE", [float(day) for day in range(days)]),
    }
    source = source_of(tmp_path, [write_table(tmp_path, "orders", table)])
    report = report_on(
        [source], question="revenue in 2025 vs 2024", report_type=reports_pb2.REPORT_TYPE_SUMMARY
    )
    lead = _lead(report)
    assert "from 11 March 2025 to 31 December 2025" in lead
    assert "from 11 March 2024 to 31 December 2024" in lead
    then, now = sum(range(296)), sum(range(365, 365 + 296))
    assert _value(report, "change of revenue") == pytest.approx(100 * (now / then - 1))


def _sold(moves: dict[str, float]) -> dict[str, Any]:
    """Sales of two years by product, each so much more (or less) in the second."""
    days = [date(2022, 1, 1) + timedelta(days=day) for day in range(730)]
    rows = [(day, key, 100.0 + move * (day.year > 2022)) for key, move in moves.items() for day in days]
    when, key, amount = zip(*rows, strict=True)
    return {"sold_on": ("DATE", when), "product_id": ("VARCHAR", key), "revenue_usd": ("DOUBLE", amount)}


@pytest.mark.parametrize(
    ("question", "first", "said"),
    [
        ("which product grew the most?", ["P1", "P2"], "P1 rose most: revenue went from"),
        ("which product fell least?", ["P4", "P3"], "P4 fell least: revenue went from"),
        ("which products are declining?", ["P3", "P4"], "P3 fell most: revenue went from"),
        ("top 2 products by revenue", ["P1", "P2"], "P1 has the highest revenue"),
    ],
)
def test_what_is_sold_is_named_by_its_key_and_only_what_went_that_way(
    tmp_path: Path, question: str, first: list[str], said: str
) -> None:
    table = _sold({"P1": 40.0, "P2": 20.0, "P3": -30.0, "P4": -10.0, "P5": 0.0})
    source = source_of(tmp_path, [write_table(tmp_path, "sales", table)])
    report = report_on([source], question=question, report_type=reports_pb2.REPORT_TYPE_SUMMARY)
    assert _lead(report).startswith(said)
    assert [row[0] for row in _rows(report)] == first


def test_where_nothing_went_that_way_the_nearest_is_told(tmp_path: Path) -> None:
    source = source_of(tmp_path, [write_table(tmp_path, "sales", _sold({"P1": -40.0, "P2": -20.0}))])
    question = "which product grew the most?"
    report = report_on([source], question=question, report_type=reports_pb2.REPORT_TYPE_SUMMARY)
    assert _lead(report).startswith("No product id rose: revenue of P2, nearest to it, went from")
