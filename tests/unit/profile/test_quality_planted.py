"""Defects planted in tables of many rows come out with their code, their columns and their exact number of rows."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from server.analysis.quality_tail import _thin_days

from .made import Cells, days, findings_of, told

Random = np.random.Generator
Planted = tuple[dict[str, Cells], tuple[str, tuple[str, ...], int]]
FIRST = "2023-01-01"
ROWS, SPAN = 5000, 731  # two whole years


def sales(random: Random) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """A clean table, and the day of each row."""
    day = np.sort(random.integers(0, SPAN, ROWS))
    return {
        "id": np.arange(ROWS),
        "Order Date": days(FIRST, day),
        "region": random.choice(["North", "South", "East", "West"], ROWS),
        "amount": random.lognormal(3, 0.8, ROWS),
        "n": random.normal(50, 10, ROWS),
        'q"ty quantity': random.integers(1, 50, ROWS),
        "age": random.integers(18, 80, ROWS),
        "load_pct": random.uniform(0, 100, ROWS),
    }, day


def picked(random: Random, most: int) -> np.ndarray:
    return random.choice(ROWS, int(random.integers(8, most)), replace=False)


def negative(random: Random) -> Planted:
    cells, _ = sales(random)
    wrong = picked(random, 400)
    duration = random.integers(0, 15, ROWS)
    duration[wrong] = -random.integers(1, 10, len(wrong))
    cells["opened_at"] = cells.pop("Order Date")
    cells["closed_at"] = cells["opened_at"] + duration.astype("timedelta64[D]")
    return {"t": cells}, ("negative_duration", ("opened_at", "closed_at"), len(wrong))


def negative_by_awkward_names(random: Random) -> Planted:
    cells, _ = sales(random)
    wrong = picked(random, 200)
    duration = random.integers(1, 15, ROWS)
    duration[wrong] *= -1
    cells["Von"] = cells.pop("Order Date")
    cells["Bis"] = cells["Von"] + duration.astype("timedelta64[D]")
    return {"t": cells}, ("negative_duration", ("Von", "Bis"), len(wrong))


def duplicates(random: Random) -> Planted:
    cells, _ = sales(random)
    again = picked(random, 400)
    twice = {name: np.concatenate([values, values[again]]) for name, values in cells.items()}
    return {"t": twice}, ("duplicate_rows", (), len(again))


def burst(random: Random) -> Planted:
    cells, day = sales(random)
    gone = (day >= 200) & (day < 233)
    cells["n"] = np.where(gone, np.nan, cells["n"])
    return {"t": cells}, ("nulls", ("n",), int(gone.sum()))


def unit_from_a_day_on(random: Random) -> Planted:
    cells, day = sales(random)
    later = day >= 541
    cells["amount"] = np.where(
        later, cells["amount"] * random.choice([10.0, 60.0, 100.0, 0.001]), cells["amount"]
    )
    return {"t": cells}, ("unit_jump", ("amount",), int(later.sum()))


def unit_for_some_weeks(random: Random) -> Planted:
    cells, day = sales(random)
    inside = (day >= 300) & (day < 337)
    cells["amount"] = np.where(
        inside, cells["amount"] * random.choice([100.0, 1000.0, 0.01]), cells["amount"]
    )
    return {"t": cells}, ("unit_jump", ("amount",), int(inside.sum()))


def partial(random: Random) -> Planted:
    cells, day = sales(random)
    cells = {name: values[day < 711] for name, values in cells.items()}  # 11 December 2024
    return {"t": cells}, ("partial_period", ("Order Date",), int((day[day < 711] >= 700).sum()))


def censored(random: Random) -> Planted:
    cells, day = sales(random)
    end = day + random.exponential(20, ROWS).astype(int) + 1
    cells["opened"] = cells.pop("Order Date")
    cells["resolved"] = days(FIRST, np.where(end <= SPAN, end, np.nan))
    return {"t": cells}, ("right_censored", ("opened", "resolved"), int((end > SPAN).sum()))


def impossible(column: str, value: float) -> Callable[[Random], Planted]:
    def plant(random: Random) -> Planted:
        cells, _ = sales(random)
        wrong = picked(random, 200)
        cells[column] = cells[column].astype(float)
        cells[column][wrong] = value
        return {"t": cells}, ("out_of_range", (column,), len(wrong))

    return plant


def long_ago(random: Random) -> Planted:
    cells, _ = sales(random)
    wrong = picked(random, 200)
    cells["Order Date"][wrong] = np.datetime64("1900-01-01")
    return {"t": cells}, ("out_of_range", ("Order Date",), len(wrong))


def mixed(random: Random) -> Planted:
    cells, _ = sales(random)
    wrong = picked(random, 900)
    text = np.array([f"{value:.2f}" for value in cells["n"]], dtype=object)
    text[wrong] = random.choice(["see note", "12 kg", "unknown"], len(wrong))
    return {"t": {**cells, "n": text}}, ("mixed_types", ("n",), len(wrong))


def mixed_dates(random: Random) -> Planted:
    cells, _ = sales(random)
    wrong = picked(random, 900)
    text = cells["Order Date"].astype(str).astype(object)
    text[wrong] = "soon"
    return {"t": {**cells, "when": text}}, ("mixed_types", ("when",), len(wrong))


def future(random: Random) -> Planted:
    cells, _ = sales(random)
    wrong = picked(random, 200)
    cells["Order Date"][wrong] = np.datetime64("2026-07-05") + random.integers(0, 900, len(wrong))
    return {"t": cells}, ("future_dates", ("Order Date",), len(wrong))


def respelt(change: Callable[[str], str], share: float) -> Callable[[Random], Planted]:
    def plant(random: Random) -> Planted:
        cells, _ = sales(random)
        towns = [
            "Hannover",
            "Zürich",
            "Sankt-Gallen",
            "Barcelona",
            "New York",
            *(f"Town {i}" for i in range(8)),
        ]
        usual = random.choice(towns, ROWS)
        cells["city"] = np.where(random.random(ROWS) < share, [change(town) for town in usual], usual)
        return {"t": cells}, ("inconsistent_category", ("city",), int((cells["city"] != usual).sum()))

    return plant


def late(random: Random) -> Planted:
    cells, _ = sales(random)
    wrong = picked(random, 600)
    lag = random.exponential(5 * 3600, ROWS)
    lag[wrong] = random.uniform(20, 60, len(wrong)) * 86400
    cells["event_time"] = cells.pop("Order Date").astype("datetime64[s]")
    cells["ingested_at"] = cells["event_time"] + lag.astype("timedelta64[s]")
    return {"t": cells}, ("late_data", ("event_time", "ingested_at"), len(wrong))


def thin_end(random: Random) -> Planted:
    day = np.sort(random.integers(0, 90, ROWS))  # to 31 March 2023
    day = day[(day < 86) | (random.random(ROWS) < 0.3)]
    cells = {"Tag": days(FIRST, day), "n": random.normal(50, 10, len(day))}
    return {"t": cells}, ("late_data", ("Tag",), int((day >= 86).sum()))


def broken(random: Random) -> Planted:
    cells, _ = sales(random)
    cells["customer_id"] = random.integers(1, 301, ROWS)
    wrong = picked(random, 300)
    cells["customer_id"][wrong] = random.integers(900, 999, len(wrong))
    customers = {"id": np.arange(1, 301), "name": np.array([f"Client {i}" for i in range(300)])}
    return {"t": cells, "customers": customers}, (
        "broken_reference",
        ("customer_id", "customers.id"),
        len(wrong),
    )


def broken_by_awkward_names(random: Random) -> Planted:
    cells, _ = sales(random)
    codes = np.array([f"K-{i:05d}" for i in range(300)])
    cells["Kd."] = random.choice(codes, ROWS)
    wrong = picked(random, 300)
    cells["Kd."][wrong] = "K-99999"
    return {"t": cells, "Stamm": {"Schlüssel": codes, "ort": np.array(["a", "b", "c"] * 100)}}, (
        "broken_reference",
        ("Kd.", "Stamm.Schlüssel"),
        len(wrong),
    )


PLANTED: dict[str, Callable[[Random], Planted]] = {
    "ends before starts": negative,
    "ends before starts, awkward names": negative_by_awkward_names,
    "copies": duplicates,
    "a burst without values": burst,
    "another unit from a day on": unit_from_a_day_on,
    "another unit for some weeks": unit_for_some_weeks,
    "a last month cut short": partial,
    "a thin end": thin_end,
    "not over yet": censored,
    "negative quantities": impossible('q"ty quantity', -2),
    "ages of a thousand": impossible("age", 1000),
    "too many percent": impossible("load_pct", 130.5),
    "a stand-in": impossible("n", -9999),
    "days long ago": long_ago,
    "words among numbers": mixed,
    "words among dates": mixed_dates,
    "days to come": future,
    "another case": respelt(str.upper, 0.03),
    "blanks": respelt(lambda town: f" {town}  ", 0.03),
    "no accents": respelt(lambda town: town.replace("ü", "u"), 0.1),
    "no punctuation": respelt(lambda town: town.replace("-", " "), 0.1),
    "slips of the pen": respelt(lambda town: town[:2] + town[3:] if town[0] in "HB" else town, 0.02),
    "rows that came late": late,
    "references to nothing": broken,
    "references to nothing, awkward names": broken_by_awkward_names,
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("plant", PLANTED.values(), ids=PLANTED)
def test_a_planted_defect_comes_out_alone_with_its_exact_rows(
    tmp_path: Path, plant: Callable[[Random], Planted], seed: int
) -> None:
    tables, wanted = plant(np.random.default_rng(seed))
    assert [told(finding) for finding in findings_of(tmp_path, tables)] == [wanted]


def test_a_burst_among_other_gaps_is_told_beside_them(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    cells, day = sales(random)
    inside = (day >= 200) & (day < 233)
    gone = inside | (random.random(ROWS) < 0.02)
    cells["n"] = np.where(gone, np.nan, cells["n"])
    found = [told(finding) for finding in findings_of(tmp_path, {"t": cells})]
    assert found == [("nulls", ("n",), int(gone.sum())), ("nulls", ("n",), int(inside.sum()))]


def test_few_rows_at_the_end_are_evident_as_counts_are() -> None:
    before = np.full(56, 11.0)
    assert _thin_days(np.concatenate([before, np.full(4, 11.0), [3.0, 3.0, 2.0]])) == 3
    assert _thin_days(np.concatenate([before, np.full(4, 11.0), [6.0, 5.0, 5.0]])) == 0
