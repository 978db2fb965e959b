"""Tables with one planted defect each, and clean ones: what is wrong, in which columns, in how many rows."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from tests.quality.domains import DOMAINS, ENDS, distracted, named
from tests.quality.tables import Array, Random, World
from tests.quality.truths import pick

HONEST = {"tickets": {"right_censored", "nulls"}, "hospital": {"right_censored", "nulls"}}
"""What is true of a trade's tables anyway."""


@dataclass
class Defect:
    """A table with a defect: code, columns of which one must be named (none: any), rows it may be counted as.

    `also` are codes that are honestly true beside it, no false alarm.
    """

    world: World
    code: str
    columns: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()
    also: set[str] = field(default_factory=set)
    table: str = ""


def _some(random: Random, rows: int) -> Array:
    """Between 3 rows and 2 % of them."""
    count = int(random.integers(3, max(4, rows // 50)))
    return random.permutation(rows)[:count]


def _world(random: Random, *trades: str, rows: int = 0) -> World:
    trade = str(random.choice(trades or ("sales", "sessions", "subscriptions", "staff", "campaigns")))
    return distracted(
        random, named(random, DOMAINS[trade](random, rows or int(random.choice([600, 2_500, 8_000]))))
    )


def negative_duration(random: Random) -> Defect:
    """Ends before their starts."""
    world = _world(random, "tickets", "hospital")
    start, end = world.span
    known = np.flatnonzero(~np.isnat(world.cells[end]))
    rows = known[_some(random, len(known))]
    back = (random.uniform(2, 40, len(rows)) * 3600).astype(int).astype("timedelta64[s]")
    world.cells[end][rows] = world.cells[start][rows] - back
    return Defect(world, "negative_duration", (start, end), (len(rows),))


def duplicate_rows(random: Random) -> Defect:
    """Rows that came twice."""
    world = _world(random)
    rows = _some(random, world.rows)
    order = np.sort(np.concatenate([np.arange(world.rows), rows]))
    world.cells = {name: values[order] for name, values in world.cells.items()}
    return Defect(world, "duplicate_rows", (), (len(rows), 2 * len(rows)))


def nulls(random: Random) -> Defect:
    """A measure that was not recorded for some weeks."""
    world = _world(random)
    measure = pick(random, world.measures)
    days = world.cells[world.time].astype("datetime64[D]")
    length = int((days.max() - days.min()).astype(int))
    first = days.min() + int(length * random.uniform(0.2, 0.7))
    gap = (days >= first) & (days < first + max(14, length // 20))
    world.cells[measure] = np.where(gap, np.nan, world.cells[measure].astype(float))
    return Defect(world, "nulls", (measure,), (int(gap.sum()),))


def unit_jump(random: Random) -> Defect:
    """From one month on a measure is counted in another unit."""
    world = _world(random, "sales", "subscriptions", "staff", "campaigns", rows=6_000)
    measure = next(name for name in world.measures if world.cells[name].dtype.kind == "f")
    months = world.cells[world.time].astype("datetime64[M]")
    each = np.unique(months)
    after = months >= each[int(len(each) * random.uniform(0.4, 0.8))]
    # A narrow measure, so that the two stretches cannot be taken for one wide distribution.
    base = np.abs(random.normal(80, 9, world.rows)) + 20
    world.cells[measure] = np.round(np.where(after, base * float(random.choice([100.0, 1000.0])), base), 2)
    return Defect(world, "unit_jump", (measure,), (int(after.sum()), int((~after).sum())))


def partial_period(random: Random) -> Defect:
    """The last month ends in its middle."""
    world = _world(random, rows=6_000)
    last = world.cells[world.time].astype("datetime64[M]").max()
    cut = last.astype("datetime64[D]") + int(random.integers(8, 18))
    keep = world.cells[world.time].astype("datetime64[D]") < cut
    world.cells = {name: values[keep] for name, values in world.cells.items()}
    count = int((world.cells[world.time].astype("datetime64[M]") == last).sum())
    return Defect(world, "partial_period", (world.time,), (count,))


def right_censored(random: Random) -> Defect:
    """Cases not ended yet when the data were read."""
    world = _world(random, "tickets", rows=6_000)
    count = int(np.isnat(world.cells[world.span[1]]).sum())
    return Defect(world, "right_censored", world.span, (count,))


def out_of_range(random: Random) -> Defect:
    """Values that cannot be: negative counts, ages of centuries, shares above the whole."""
    which = int(random.integers(0, 3))
    if which == 0:
        world = _world(random, "sales")
        column, values = world.measures[1], -1 * random.integers(1, 9, world.rows)
    elif which == 1:
        world = _world(random, "staff", "hospital")
        column, values = world.number, random.integers(180, 999, world.rows)
    else:
        world = _world(random)
        column, values = "percent_done", random.uniform(150, 900, world.rows).round(1)
        world.cells[column] = random.uniform(0, 100, world.rows).round(1)
    rows = _some(random, world.rows)
    world.cells[column] = world.cells[column].copy()
    world.cells[column][rows] = values[rows]
    return Defect(world, "out_of_range", (column,), (len(rows),))


def slip(random: Random) -> Defect:
    """A lost decimal point, or a few: one to three values a hundred or a thousand times what they were."""
    world = _world(random)
    measure = next(name for name in world.measures if world.cells[name].dtype.kind == "f")
    # A usual value, so that the slip is no larger than the largest by chance; of an amount that is no 0.
    values = world.cells[measure].astype(float)
    usual = np.flatnonzero(np.isfinite(values) & (values >= np.nanmedian(values)) & (values > 0))
    rows = random.permutation(usual)[: int(random.integers(1, 4))]
    world.cells[measure] = values.copy()
    world.cells[measure][rows] *= float(random.choice([100.0, 1000.0]))
    return Defect(world, "out_of_range", (measure,), (len(rows),))


def mixed_types(random: Random) -> Defect:
    """Numbers written as text, some of them no numbers."""
    world = _world(random)
    rows = _some(random, world.rows)
    texts = np.array([f"{value:.2f}" for value in random.gamma(4, 20, world.rows)], dtype=object)
    texts[rows] = random.choice(
        np.array(["n/a", "unknown", "12 kg", "see notes", "-"], dtype=object), len(rows)
    )
    world.cells["gross_weight"] = texts
    return Defect(world, "mixed_types", ("gross_weight",), (len(rows),))


def constant_column(random: Random) -> Defect:
    """One value in every row."""
    world = _world(random)
    world.cells["tenant"] = np.full(world.rows, "acme", dtype=object)
    return Defect(world, "constant_column", ("tenant",), (world.rows,))


def future_dates(random: Random) -> Defect:
    """Moments that have not come, by a slip of the year."""
    world = _world(random)
    rows = _some(random, world.rows)
    column = world.cells[world.time]
    world.cells[world.time] = column.copy()
    later = np.timedelta64(int(random.choice([36_525, 3_653])), "D")
    world.cells[world.time][rows] = column[rows] + later.astype(
        f"timedelta64[{np.datetime_data(column.dtype)[0]}]"
    )
    return Defect(world, "future_dates", (world.time,), (len(rows),), {"partial_period"})


def inconsistent_category(random: Random) -> Defect:
    """The same member in several spellings."""
    world = _world(random)
    dimension = pick(random, world.dimensions)
    labels = world.cells[dimension]
    member = pick(random, sorted(set(labels)))
    mine = np.flatnonzero(labels == member)
    rows = random.permutation(mine)[: max(2, len(mine) // 8)]
    spellings = [
        text for text in (member.upper(), member.lower(), f" {member}", f"{member} ") if text != member
    ]
    labels[rows] = random.choice(np.array(spellings, dtype=object), len(rows))
    return Defect(world, "inconsistent_category", (dimension,), (len(rows),))


def late_data(random: Random) -> Defect:
    """Rows that were loaded weeks after they happened, where hours are usual."""
    world = _world(random, "sales", "sessions", "subscriptions")
    rows = _some(random, world.rows)
    moment = world.cells[world.time].astype("datetime64[s]")
    hours = random.uniform(1, 20, world.rows)
    hours[rows] = random.uniform(24 * 40, 24 * 90, len(rows))
    loaded = moment + (hours * 3600).astype(int).astype("timedelta64[s]")
    keep = loaded < np.datetime64("2026-06-30")
    late = np.zeros(world.rows, dtype=bool)
    late[rows] = True
    world.cells["loaded_at"] = loaded
    world.cells = {name: values[keep] for name, values in world.cells.items()}
    return Defect(world, "late_data", ("loaded_at", world.time), (int(late[keep].sum()),))


def late_tail(random: Random) -> Defect:
    """The last days have a fraction of the usual rows: they have not all come."""
    world = _world(random, "sales", "sessions", rows=8_000)
    days = world.cells[world.time].astype("datetime64[D]")
    tail = days > days.max() - int(random.integers(3, 6))
    keep = ~tail | (random.random(world.rows) < 0.25)
    world.cells = {name: values[keep] for name, values in world.cells.items()}
    return Defect(world, "late_data", (world.time,), (), {"partial_period"})


def broken_reference(random: Random) -> Defect:
    """Keys that the other table does not hold."""
    world = _world(random)
    customers = max(60, world.rows // 12)
    names = np.array([f"C{n:05d}" for n in range(customers)], dtype=object)
    key = names[random.integers(0, customers, world.rows)]
    rows = _some(random, world.rows)
    key[rows] = [f"C9{n:04d}" for n in random.integers(0, 9999, len(rows))]
    world.cells["customer_id"] = key
    world.others["customers"] = {
        "customer_id": names,
        "segment": random.choice(np.array(["home", "office"], dtype=object), customers),
        "credit": np.round(random.gamma(3, 500, customers), 2),
    }
    return Defect(world, "broken_reference", ("customer_id", "customers.customer_id"), (len(rows),))


def clean(random: Random) -> World:
    """A table with nothing wrong; it ends with a month, so that no period is partial."""
    trade = str(
        random.choice(["sales", "sessions", "subscriptions", "staff", "hospital", "campaigns", "tickets"])
    )
    return _world(random, trade)


DEFECTS: dict[str, Callable[[Random], Defect]] = {
    "negative_duration": negative_duration,
    "duplicate_rows": duplicate_rows,
    "nulls": nulls,
    "unit_jump": unit_jump,
    "partial_period": partial_period,
    "right_censored": right_censored,
    "out_of_range": out_of_range,
    "mixed_types": mixed_types,
    "constant_column": constant_column,
    "future_dates": future_dates,
    "inconsistent_category": inconsistent_category,
    "late_data": late_data,
    "late_tail": late_tail,
    "broken_reference": broken_reference,
    "slip": slip,
}


def whole_months(world: World) -> bool:
    """Whether the data begin and end with a month."""
    days = world.cells[world.time].astype("datetime64[D]")
    ends = (days.min(), days.max() + 1)
    return all(bool(day.astype("datetime64[M]").astype("datetime64[D]") == day) for day in ends)


__all__ = ["ENDS"]
