"""What a thing is, is one fact however many rows the thing has."""

from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from claribi.v1 import insights_pb2, reports_pb2

from server.analysis.columns import plan_table
from server.analysis.joins import widened
from server.analysis.profile import profile_table
from server.query.engine import open_snapshot
from server.query.snapshot import write_manifest
from tests.unit.analysis.snapshots import Column, report_on, source_of, write_table

Random = np.random.Generator
GROUPS = insights_pb2.INSIGHT_TYPE_GROUP_DIFFERENCE


def _report(folder: Path, tables: dict[str, dict[str, Column]]) -> reports_pb2.Report:
    source = source_of(folder, [write_table(folder, name, table) for name, table in tables.items()])
    return report_on([source], report_type=reports_pb2.REPORT_TYPE_COMPREHENSIVE)


def _shops(random: Random, *, drawn: bool) -> dict[str, Column]:
    """Sales of 50 shops in 24 months; segment and region have nothing to do with one another, or go together."""
    segment = random.choice(["large", "small", "kiosk"], 50)
    region = random.choice(["North", "South", "East"], 50)
    if drawn:
        region = np.where(segment == "large", "North", np.where(random.random(50) < 0.5, "South", "East"))
    rows = [(date(2024 + month // 12, month % 12 + 1, 1), shop) for month in range(24) for shop in range(50)]
    level = np.exp(random.normal(10.0, 0.3, 50))
    return {
        "month": ("DATE", [month for month, _ in rows]),
        "shop": ("VARCHAR", [f"Shop {shop:02d}" for _, shop in rows]),
        "segment": ("VARCHAR", [segment[shop] for _, shop in rows]),
        "region": ("VARCHAR", [region[shop] for _, shop in rows]),
        "sales": ("DOUBLE", [round(level[shop] * np.exp(random.normal(0.0, 0.1)), 2) for _, shop in rows]),
    }


def _lines(random: Random) -> dict[str, Column]:
    """Order lines of 120 buyers, each of one tier and one country."""
    tier, country = random.choice([*"abc"], 120), random.choice(["FR", "DE", "SE"], 120)
    buyer = random.integers(0, 120, 2_400)
    moments = [datetime(2025, 1, 1) + timedelta(hours=int(hour)) for hour in random.integers(0, 8_000, 2_400)]
    return {
        "ordered_at": ("TIMESTAMP", moments),
        "buyer": ("VARCHAR", [f"Buyer {one:03d}" for one in buyer]),
        "tier": ("VARCHAR", tier[buyer]),
        "country": ("VARCHAR", country[buyer]),
        "amount": ("DOUBLE", np.exp(random.normal(3.0, 0.7, 2_400)).round(2)),
    }


def _attributes(report: reports_pb2.Report, columns: set[str]) -> list[str]:
    """The differences told between two of the columns."""
    return [
        i.title
        for i in report.insights
        if i.type == GROUPS
        and i.subject.dimension.column in columns
        and any(column in i.subject.measure.expression for column in columns)
    ]


@pytest.mark.parametrize("seed", range(4))
def test_attributes_of_shops_are_not_compared_by_counting_their_months(tmp_path: Path, seed: int) -> None:
    report = _report(tmp_path, {"shops": _shops(np.random.default_rng([1, seed]), drawn=False)})
    assert not _attributes(report, {"segment", "region"})


def test_attributes_of_shops_that_go_together_are_told(tmp_path: Path) -> None:
    report = _report(tmp_path, {"shops": _shops(np.random.default_rng(2), drawn=True)})
    assert _attributes(report, {"segment", "region"})


@pytest.mark.parametrize("seed", range(4))
def test_attributes_of_buyers_are_not_compared_by_counting_their_orders(tmp_path: Path, seed: int) -> None:
    report = _report(tmp_path, {"orders": _lines(np.random.default_rng([3, seed]))})
    assert not _attributes(report, {"tier", "country"})


@pytest.mark.parametrize("seed", [6, 8, 10, 12, 15, 21])
def test_a_slip_of_the_keyboard_does_not_turn_the_months_of_shops_into_witnesses(
    tmp_path: Path, seed: int
) -> None:
    shops = _shops(np.random.default_rng([5, seed]), drawn=False)
    sales = list(shops["sales"][1])
    sales[417] *= 1_000
    report = _report(tmp_path, {"shops": shops | {"sales": ("DOUBLE", sales)}})
    of_sales = [i for i in report.insights if i.type == GROUPS and i.subject.measure.column == "sales"]
    assert not [i.title for i in of_sales if i.subject.dimension.column != "shop"]


def test_a_number_that_points_to_another_table_is_no_quantity(tmp_path: Path) -> None:
    lines = _lines(np.random.default_rng(4))
    buyer = [int(name.split()[1]) for name in lines["buyer"][1]]
    orders = {"amount": lines["amount"], "Customer": ("BIGINT", buyer)}
    customers: dict[str, Column] = {"Customer": ("BIGINT", range(120)), "tier": ("VARCHAR", [*"abc"] * 40)}
    write_manifest(
        tmp_path, [write_table(tmp_path, "orders", orders), write_table(tmp_path, "customers", customers)]
    )
    with open_snapshot(tmp_path) as query:
        tables = [profile_table(query, name) for name in ("orders", "customers")]
        wider = widened(query, tables)[0].table
    plans = [plan_table(table, lambda _: False) for table in (tables[0], wider)]
    assert [[measure.column for measure in plan.measures] for plan in plans] == [
        ["amount", "Customer"],
        ["amount"],
    ]
    assert plans[1].entity is not None


@pytest.mark.parametrize(
    "names", [("Beginn", "end time"), ("opened", "closed date"), ("start", "resolved at")]
)
def test_a_row_belongs_to_when_it_began(tmp_path: Path, names: tuple[str, str]) -> None:
    """By its end, the last days would hold what took long, and nothing that is open."""
    began = [datetime(2025, 1, 1) + timedelta(hours=hour) for hour in range(200)]
    ended = [moment + timedelta(hours=place % 30) for place, moment in enumerate(began)]
    table: dict[str, Column] = {names[1]: ("TIMESTAMP", ended), names[0]: ("TIMESTAMP", began)}
    write_manifest(tmp_path, [write_table(tmp_path, "tickets", table)])
    with open_snapshot(tmp_path) as query:
        time = plan_table(profile_table(query, "tickets"), lambda _: False).time
    assert time is not None
    assert time.column == names[0]


def test_four_customers_who_each_pay_less_are_enough_to_say_so(tmp_path: Path) -> None:
    random = np.random.default_rng(14)
    segment = np.repeat(["Home", "Small", "Large", "Public"], [9, 18, 10, 4])
    paid = np.where(segment == "Public", 4.0, 9.0) * random.normal(1.0, 0.12, len(segment))
    who = random.integers(0, len(segment), 500)
    orders: dict[str, Column] = {
        "order_id": ("BIGINT", np.arange(500)),
        "customer_id": ("VARCHAR", [f"C{n:03d}" for n in who]),
        "shipping": ("DOUBLE", np.round(paid[who] + random.normal(0.0, 0.3, 500), 2)),
    }
    customers: dict[str, Column] = {
        "customer_id": ("VARCHAR", [f"C{n:03d}" for n in range(len(segment))]),
        "segment": ("VARCHAR", segment),
    }
    report = _report(tmp_path, {"orders": orders, "customers": customers})
    told = [i.subject.dimension.member for i in report.insights if i.subject.measure.column == "shipping"]
    assert "Public" in told
