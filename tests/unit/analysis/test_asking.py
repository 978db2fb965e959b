"""Questions in words are read against the columns, members and times of the data, and what is not is said."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.analysis.answers.answer import answer_to
from server.analysis.asking.names import Entry, _is_meant
from server.analysis.asking.reader import read_against
from server.analysis.asking.reading import Reading
from server.analysis.asking.words import is_slip, tokens
from server.analysis.columns import Dimension, plan_table
from server.analysis.derived.plan import derive
from server.analysis.evidence import Ledger
from server.analysis.facts import Facts, read_facts
from server.analysis.hypothesis import Findings
from server.analysis.job import read_request
from server.analysis.question import read_question
from server.analysis.roles import word_set
from server.analysis.scope import Scope
from tests.unit.analysis.asked_tables import TABLES
from tests.unit.analysis.snapshots import payload_of, source_of, write_table

TIME_TO_CLOSE = "average time from opened to closed"


class _Tables:
    """The four tables, read for a question as the engine reads them."""

    def __init__(self, sources: dict[str, Any]) -> None:
        self.sources = sources
        self.plain = self.facts("orders", "")

    def facts(self, table: str, question: str) -> Facts:
        source, now = self.sources[table]
        asked, shape = read_question(question), source.schema.tables[0]
        plan = plan_table(shape, asked.names)
        scope = Scope(source.id, source.hash, source.query, shape.name, shape.rows, plan.time)
        return read_facts(scope, derive(scope, shape, plan, asked.names), now)

    def read(self, table: str, question: str) -> Reading:
        found = read_against(question, [self.facts(table, question)])
        assert found is not None
        return found


@pytest.fixture(name="tables", scope="module")
def tables_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Tables]:
    with ExitStack() as stack:
        sources = {}
        for name, make in TABLES.items():
            folder = tmp_path_factory.mktemp(name)
            payload = payload_of([source_of(folder, [write_table(folder, name, make())])])
            request = read_request(payload, stack)
            sources[name] = (request.sources[0], request.now)
        yield _Tables(sources)


def _said(reading: Reading) -> str:
    """What matters of a reading on one line: goal, numbers, cuts, rows, times."""
    parts = [reading.goal.name.lower(), " + ".join(quantity.name for quantity in reading.quantities)]
    parts += [f"by {' and '.join(d.label for d in reading.by)}"] if reading.by else []
    parts += [f"by {reading.grain}"] if reading.grain else []
    for chosen in reading.filters:
        word = "not" if chosen.negated else "of"
        parts.append(f"{word} {'/'.join(chosen.members)}")
    parts += [f"in {reading.period.name}"] if reading.period else []
    parts += [f"vs {reading.against.name}"] if reading.against else []
    parts += [f"next {reading.ahead}"] if reading.ahead else []
    parts += [("up", "down")[reading.rising < 0]] if reading.rising else []
    parts += [f"{'last' if reading.lowest else 'first'} {reading.limit}"] if reading.limit else []
    return ", ".join(parts).replace("\u00a0", " ")


ORDERS = [
    ("revenue by region last quarter", "breakdown, revenue, by region, in Q1 2026"),
    ("top 5 products by margin", "ranking, margin, by product, first 5"),
    ("why did returns rise in May", "why, share returned, in May 2025, up"),
    ("Why did returns rise last May?", "why, share returned, in May 2025, up"),
    ("how many orders in 2025", "number, number of orders, in 2025"),
    ("worst 3 regions by revenue", "ranking, revenue, by region, last 3"),
    ("bottom ten customers by revenue", "ranking, revenue, by customer id, last 10"),
    ("total revenue in Q2 2025", "number, total revenue, in Q2 2025"),
    ("sales in the second quarter of 2025", "number, revenue, in Q2 2025"),
    ("average revenue per product", "breakdown, average revenue, by product"),
    ("what was the median revenue", "number, median revenue"),
    ("how many customers", "number, number of customers"),
    ("how many different products were there in 2024?", "number, number of products, in 2024"),
    ("revenue in the North this year", "number, revenue, of North, in 2026"),
    ("revenue since March", "number, revenue, in March 2026"),
    ("revenue since October 2025", "number, revenue, in October 2025 to March 2026"),
    ("turnover between January and March 2026", "number, revenue, in January 2026 to March 2026"),
    ("revenue from November to January", "number, revenue, in November 2025 to January 2026"),
    ("revenue before 2025", "number, revenue, in January 2024 to December 2024"),
    ("revenue on 24 December 2025", "number, revenue, in 24 December 2025"),
    ("revenue in 2025-03", "number, revenue, in March 2025"),
    ("revenue in the last 30 days", "number, revenue, in 2 March 2026 to 31 March 2026"),
    ("revenue in the past three months", "number, revenue, in January 2026 to March 2026"),
    ("revenue in the second half", "number, revenue, in Q3 2025 to Q4 2025"),
    ("revenue H2 2025", "number, revenue, in Q3 2025 to Q4 2025"),
    ("revenue year to date", "number, revenue, in January 2026 to March 2026"),
    ("revenue year over year", "change, revenue, in 2025, vs 2024"),
    ("revenue last month vs last year", "change, revenue, in March 2026, vs March 2025"),
    ("revenue week over week", "change, revenue, in the week of 23 March 2026, vs the week of 16 March 2026"),
    ("compare May and April revenue", "change, revenue, in May 2025, vs April 2025"),
    ("revenue in 2024 vs 2025", "change, revenue, in 2025, vs 2024"),
    ("did returns fall in May 2025?", "change, share returned, in May 2025, down"),
    ("Is revenue higher in the North than in the South?", "comparison, revenue, of North/South, up"),
    ("is revenue higher on weekends?", "comparison, revenue, of Saturday/Sunday, up"),
    ("does quantity affect revenue", "relation, quantity + revenue"),
    ("forecast revenue for next month", "forecast, revenue, next month"),
    ("any outliers in revenue?", "outliers, revenue"),
    ("how concentrated is revenue by customer", "concentration, revenue, by customer id"),
    ("does revenue depend on few customers?", "concentration, revenue, by customer id"),
    ("who are our biggest customers", "ranking, revenue, by customer id, first 5"),
    ("number of returned orders last month", "number, number returned, in March 2026"),
    ("share of returned orders by segment", "breakdown, share returned, by segment"),
    ("Which products are returned most?", "ranking, share returned, by product, first 5"),
    ("revenue excluding the North", "number, revenue, not North"),
    ("revenue by weekday", "breakdown, revenue, by weekday of order date"),
    ("monthly revenue of small businesses", "breakdown, revenue, by month, of Small business"),
    ("how did revenue develop", "development, revenue"),
    ("quarterly profit in 2025", "breakdown, profit, by quarter, in 2025"),
    ("profit margin by segment", "breakdown, margin, by segment"),
    ("revenue and profit by region", "breakdown, revenue + profit, by region"),
    ("orders per month", "breakdown, number of orders, by month"),
    ("revenue of Nroth", "number, revenue, of North"),
    ("which regions may grow", "growth, revenue, by region, up, first 5"),
    ("which products are declining?", "growth, revenue, by product, down, first 5"),
    ("revenue in the last 12 months compared to the 12 months before",
     "change, revenue, in April 2025 to March 2026, vs April 2024 to March 2025"),
    ("which region has the highest return rate", "ranking, share returned, by region, first 5"),
    ("when do we sell the most", "ranking, revenue, by month, first 5"),
    ("how much did we sell in March 2026", "number, revenue, in March 2026"),
    ("what day of the week is busiest", "ranking, number of orders, by weekday of order date, first 5"),
    ("average basket size", "number, average revenue"),
    ("What happened in December 2025?", "change, revenue, in December 2025"),
    ("which month was the worst?", "ranking, revenue, by month, last 5"),
    ("total for 2025", "number, revenue, in 2025"),
    ("revenue per order", "number, average revenue"),
    ("which region is most profitable", "ranking, profit, by region, first 5"),
    ("revenue last month vs the month before", "change, revenue, in March 2026, vs February 2026"),
    ("how did the North do last quarter", "number, revenue, of North, in Q1 2026"),
    ("How does revenue compare to last year?", "change, revenue, in 2026, vs 2025"),
    ("revenue this year vs last year", "change, revenue, in 2026, vs 2025"),
    ("What was the best month for revenue?", "ranking, revenue, by month, first 5"),
    ("which week had the lowest revenue", "ranking, revenue, by week, last 5"),
    ("top 3 quarters by profit", "ranking, profit, by quarter, first 3"),
    ("which product grew the most?", "growth, revenue, by product, up, first 5"),
    ("which regions fell most last month", "growth, revenue, by region, in March 2026, down, first 5"),
    ("average order value by region", "breakdown, average revenue, by region"),
    ("worst products by returns", "ranking, share returned, by product, first 5"),
]  # fmt: skip
TICKETS = [
    ("are tickets slower on Mondays", f"comparison, {TIME_TO_CLOSE}, of Monday, up"),
    ("average time to close by agent", f"breakdown, {TIME_TO_CLOSE}, by agent"),
    ("median duration by priority", "breakdown, median time from opened to closed, by priority"),
    ("how many tickets about printers", "number, number of tickets, of yes"),
    ("which agents are slowest", f"ranking, {TIME_TO_CLOSE}, by agent, first 5"),
    ("tickets of Chloe Mueller last month", "number, number of tickets, of Chloé Müller, in February 2026"),
    ("share of reopened tickets", "number, share with status Reopened"),
    ("how many urgent tickets in December", "number, number of tickets, of urgent, in December 2025"),
    ("does priority affect satisfaction", "comparison, average satisfaction score, by priority"),
    ("tickets by hour of the day", "breakdown, number of tickets, by hour of opened at"),
    ("is Ana Lopez faster than Ben Okafor", f"comparison, {TIME_TO_CLOSE}, of Ana Lopez/Ben Okafor, down"),
    ("number of tickets last week", "number, number of tickets, in the week of 16 February 2026"),
    ("tickets per agent", "breakdown, number of tickets, by agent"),
    ("how many tickets on weekends", "number, number of tickets, of Saturday/Sunday"),
    ("how many tickets were closed in December",
     "number, number of tickets, of Closed, in December 2025"),
    ("tickets of Ana Lopez and Ben Okafor", "breakdown, number of tickets, by agent, of Ana Lopez/Ben Okafor"),
    ("length of stay by agent", f"breakdown, {TIME_TO_CLOSE}, by agent"),
    ("are we getting faster at closing tickets?", f"development, {TIME_TO_CLOSE}, down"),
    ("which agent closes the most tickets", "ranking, number of tickets, by agent, first 5"),
    ("busiest hour", "ranking, number of tickets, by hour of opened at, first 5"),
    ("incidents per day", "breakdown, number of tickets, by day"),
    ("what is the highest satisfaction score", "number, highest satisfaction score"),
    ("does satisfaction depend on the time to close",
     f"relation, average satisfaction score + {TIME_TO_CLOSE}"),
]  # fmt: skip
SENSORS = [
    ("is D-4 hotter than the others", "comparison, average temperature c, of D-4, up"),
    ("does speed affect power", "relation, average speed rpm + power kw"),
    ("temperature yesterday", "number, average temperature c, in 29 May 2026"),
    ("max power", "number, highest power kw"),
    ("hourly temperature", "breakdown, average temperature c, by hour"),
    ("which machine is hottest", "ranking, average temperature c, by machine, first 5"),
    ("price by machine", "breakdown, average unit price + average list price, by machine"),
]  # fmt: skip
LADEN = [
    ("売上 by 地域", "breakdown, 売上, by 地域"),
    ("売上はどうですか", "number, 売上"),
    ("total 売上 in 東京", "number, total 売上, of 東京"),
    ("menge by Größe", "breakdown, menge, by Größe"),
    ("menge by grosse", "breakdown, menge, by Größe"),
    ("average menge in Muenchner Strasse", "number, average menge, of Münchner Straße"),
    ("top 2 地域 by 売上", "ranking, 売上, by 地域, first 2"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("table", "question", "reading"),
    [
        (name, question, reading)
        for name, asked in (("orders", ORDERS), ("tickets", TICKETS), ("sensors", SENSORS), ("laden", LADEN))
        for question, reading in asked
    ],
)
def test_a_question_is_read_against_the_data(
    tables: _Tables, table: str, question: str, reading: str
) -> None:
    assert _said(tables.read(table, question)) == reading


@pytest.mark.parametrize(
    ("question", "unread"),
    [
        ("revenue by planet", ["planet"]),
        ("revenue of the galaxy in May", ["galaxy"]),
        ("revenue over 100", ["100"]),
        ("What is the weather like?", ["weather"]),
        ("How did revenue develop, and where?", []),
        ("revenue by region last quarter", []),
        ("top 5 products by margin", []),
        ("Could you please show me the revenue of 2025?", []),
        ("which product is hottest", ["hottest"]),
    ],
)
def test_words_that_nothing_was_made_of_are_kept_to_be_said(
    tables: _Tables, question: str, unread: list[str]
) -> None:
    assert list(tables.read("orders", question).unread) == unread


def test_a_word_that_fits_two_columns_is_named_with_both(tables: _Tables) -> None:
    assert tables.read("sensors", "price by machine").ambiguous == (("price", ("unit price", "list price")),)


def test_a_time_without_a_column_of_times_is_kept_to_be_said(tables: _Tables) -> None:
    found = tables.read("laden", "売上 last quarter")
    assert (found.undated, found.period) == ("last quarter", None)


def test_a_number_in_a_question_is_not_a_member_that_happens_to_be_a_number(tables: _Tables) -> None:
    assert not tables.read("orders", "top 3 products by quantity").filters


def test_a_word_that_asks_is_no_member_that_looks_like_it() -> None:
    kind = Dimension("kind", '"kind"', "kind", 2)
    shared = Entry("Shared", dimension=kind, member="Shared")
    assert not _is_meant(shared, tokens("share of returns by kind"), 0, 1)
    assert _is_meant(shared, tokens("shared rooms by month"), 0, 1)


@pytest.mark.parametrize(
    ("written", "meant", "slip"),
    [
        ("nroth", "north", True),
        ("prodcut", "product", True),
        ("costumer", "customer", True),
        ("west", "east", False),
        ("moth", "month", False),
        ("cable", "table", False),
        ("north", "north", False),
    ],
)
def test_only_a_slip_of_the_keyboard_is_forgiven(written: str, meant: str, slip: bool) -> None:
    assert is_slip(written, meant) is slip


_WORDS = sorted(
    word_set(
        "revenue profit margin returns orders region product customer North South Small business Phone quantity "
        "segment by per top bottom best worst 3 5 ten in since from to between and vs than last next this year month "
        "quarter week day days 2025 2026 1999 May March Q2 H1 2025-02-30 2026-03 31 February Monday weekends why did "
        "does is are rise fall higher lower slower differ compare affect average median total share number of how "
        "many much forecast outliers concentrated quality excluding not only weekday hour 999 years 売上 planet Nroth "
        "developed over time yesterday ytd before after until ; ' {0} % drop table"
    )
)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(asked=st.lists(st.sampled_from(_WORDS), min_size=1, max_size=9))
def test_any_words_are_read_and_answered_or_said_not_to_be(tables: _Tables, asked: list[str]) -> None:
    question = " ".join(asked)
    facts, now = tables.plain, tables.sources["orders"][1]
    reading = read_against(question, [facts])
    answer = answer_to(reading, Findings(), [], Ledger(now))
    assert answer is None or answer.lead.text
