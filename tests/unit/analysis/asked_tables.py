"""Four tables that questions are asked of: orders of a shop, support tickets, sensors, and a shop in two languages."""

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from tests.unit.analysis.snapshots import Column

SHOP_FIRST, SHOP_DAYS = date(2024, 1, 1), 821  # to 31 March 2026


def orders() -> dict[str, Column]:
    """Two years and a quarter of orders: returns rise in May 2025, by Phone; margins differ by product."""
    random = np.random.default_rng(21)
    rows = 7000
    day = np.sort(random.integers(0, SHOP_DAYS, rows))
    dates = [SHOP_FIRST + timedelta(days=int(d)) for d in day]
    product = random.choice(["Laptop", "Phone", "Cable", "Desk", "Lamp", "Chair"], rows)
    revenue = np.round(random.gamma(9, 12, rows), 2)
    share = {"Laptop": 0.3, "Phone": 0.25, "Cable": 0.5, "Desk": 0.2, "Lamp": 0.4, "Chair": 0.1}
    may = np.array([d.year == 2025 and d.month == 5 for d in dates])
    risk = np.where(may & (product == "Phone"), 0.7, 0.1)
    return {
        "order_id": ("BIGINT", range(rows)),
        "order_date": ("DATE", dates),
        "customer_id": ("VARCHAR", [f"K{n:04d}" for n in random.integers(0, 900, rows)]),
        "region": (
            "VARCHAR",
            random.choice(["North", "South", "East", "West"], rows, p=[0.4, 0.3, 0.2, 0.1]),
        ),
        "product": ("VARCHAR", product),
        "segment": ("VARCHAR", random.choice(["Small business", "Enterprise", "Private"], rows)),
        "quantity": ("BIGINT", random.integers(1, 6, rows)),
        "revenue_usd": ("DOUBLE", revenue),
        "profit_usd": ("DOUBLE", np.round(revenue * [share[p] for p in product], 2)),
        "is_returned": ("BOOLEAN", random.random(rows) < risk),
    }


def tickets() -> dict[str, Column]:
    """A year of tickets: those of Mondays take longer to close."""
    random = np.random.default_rng(22)
    rows = 4000
    opened = [
        datetime(2025, 3, 1) + timedelta(hours=float(h)) for h in np.sort(random.uniform(0, 365 * 24, rows))
    ]
    monday = np.array([moment.weekday() == 0 for moment in opened])
    hours = random.gamma(4, 5, rows) * np.where(monday, 1.6, 1.0)
    closed = [moment + timedelta(hours=float(h)) for moment, h in zip(opened, hours, strict=True)]
    problem = random.choice(
        ["printer jammed again", "cannot log in to mail", "screen stays black", "new laptop wanted"], rows
    )
    return {
        "ticket_id": ("BIGINT", range(rows)),
        "opened_at": ("TIMESTAMP", opened),
        "closed_at": ("TIMESTAMP", closed),
        "agent": ("VARCHAR", random.choice(["Ana Lopez", "Ben Okafor", "Chloé Müller", "Dan Wu"], rows)),
        "priority": ("VARCHAR", random.choice(["low", "normal", "urgent"], rows, p=[0.3, 0.5, 0.2])),
        "status": ("VARCHAR", random.choice(["Closed", "Reopened"], rows, p=[0.85, 0.15])),
        "description": ("VARCHAR", [f"{p} number {n}" for n, p in enumerate(problem)]),
        "satisfaction_score": ("DOUBLE", np.round(random.normal(4, 0.6, rows), 1)),
    }  # fmt: skip


def sensors() -> dict[str, Column]:
    """A reading an hour of four machines over sixty days; machine D runs hot, speed and power go together."""
    random = np.random.default_rng(23)
    hours, machines = 60 * 24, ["A-1", "B-2", "C-3", "D-4"]
    moments = [datetime(2026, 4, 1) + timedelta(hours=h) for h in range(hours) for _ in machines]
    machine = machines * hours
    speed = random.normal(100, 10, len(machine))
    return {
        "measured_at": ("TIMESTAMP", moments),
        "machine": ("VARCHAR", machine),
        "temperature_c": (
            "DOUBLE",
            np.round(random.normal(60, 2, len(machine)) + 8 * (np.array(machine) == "D-4"), 2),
        ),
        "speed_rpm": ("DOUBLE", np.round(speed, 1)),
        "power_kw": ("DOUBLE", np.round(0.5 * speed + random.normal(0, 2, len(machine)), 2)),
        "unit_price": ("DOUBLE", np.round(random.normal(10, 1, len(machine)), 2)),
        "list_price": ("DOUBLE", np.round(random.normal(12, 1, len(machine)), 2)),
    }


def laden() -> dict[str, Column]:
    """A shop whose columns and members are not English, and which has no dates."""
    random = np.random.default_rng(24)
    rows = 900
    return {
        "Größe": ("VARCHAR", random.choice(["klein", "mittel", "groß"], rows)),
        "売上": ("DOUBLE", np.round(random.gamma(5, 20, rows), 2)),
        "地域": ("VARCHAR", random.choice(["東京", "大阪", "京都"], rows)),
        "Straßen": ("VARCHAR", random.choice(["Königsallee", "Münchner Straße", "Am Ring"], rows)),
        "menge": ("BIGINT", random.integers(1, 9, rows)),
    }


TABLES: dict[str, Any] = {"orders": orders, "tickets": tickets, "sensors": sensors, "laden": laden}
