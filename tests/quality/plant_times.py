"""Truths in time: changes, trends, breaks, outliers, seasons, forecasts."""

import numpy as np

from tests.quality import right_tests
from tests.quality.tables import ROWS, TIME, Array, Beat, Random, Wanted, World
from tests.quality.truths import (
    DOWN,
    UP,
    Case,
    Truth,
    either,
    factor_of,
    lifted,
    pick,
    plain,
    size_of,
    target_p,
    tuned,
)

POSITIONS = 10  # a search over all places in a series is worth about ten independent looks
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def day_of(world: World) -> Array:
    """The main time column as whole days."""
    return world.cells[world.time].astype("datetime64[D]")


def last_month(world: World) -> tuple[np.datetime64, np.datetime64]:
    """First day of the last complete month, and of the month after it."""
    end = day_of(world).max() + 1
    after = end.astype("datetime64[M]")
    return (after - 1).astype("datetime64[D]"), after.astype("datetime64[D]")


def _against(values: Array, inside: Array, outside: Array) -> str:
    return f"{values[inside].mean():.4g} against {values[outside].mean():.4g}"


def _window(first: np.datetime64, after: np.datetime64) -> tuple[str, str]:
    return str(first), str(after - 1)


def _weeks(world: World, values: Array) -> Array:
    days = (day_of(world) - day_of(world).min()).astype(int) // 7
    return np.bincount(days, weights=values)[:-1]


def change(random: Random, world: World, size: str) -> Case:
    """The last complete month is unlike all before; what follows it stays so."""
    measure, direction = pick(random, world.measures), either(random)
    first, after = last_month(world)
    days, before = day_of(world), world.cells[measure]
    inside = days >= first

    def made(strength: float) -> Array:
        return lifted(before, inside, factor_of(strength, direction))

    past, now = days < first, (days >= first) & (days < after)
    whole = past | now

    def p_of(values: Array) -> float:
        return right_tests.welch(values[whole], now[whole])

    values = world.cells[measure] = made(tuned(lambda s: p_of(made(s)), target_p(random, size), most=2.5))
    previous = (days >= (first.astype("datetime64[M]") - 1).astype("datetime64[D]")) & past
    year = (
        (first.astype("datetime64[M]") - 12).astype("datetime64[D]"),
        (first.astype("datetime64[M]") - 11).astype("datetime64[D]"),
    )
    sizes: list[float] = []
    for base in (previous, (days >= year[0]) & (days < year[1])):
        if base.any():
            for total in (np.sum, np.mean):
                one, other = float(total(values[now])), float(total(values[base]))
                sizes += [one - other, one / other - 1]
    world.cause(measure, TIME)
    world.beats.append(Beat(measure, "shift", (str(first), str(days.max()))))
    p = p_of(values)
    return Case(
        world,
        Truth(
            "change",
            ("change", "change_point", "outlier"),
            (plain(world, measure),),
            direction,
            window=_window(first, after),
            p=p,
            size=size_of(p),
            values=tuple(sizes),
            line=f"mean {measure} from {first} is {_against(values, now, past)} before",
        ),
    )


def change_in_rows(random: Random, world: World, size: str) -> Case:
    """In the last complete month there are fewer rows."""
    first, after = last_month(world)
    days = day_of(world)
    draw, now = random.random(world.rows), (days >= first) & (days < after)
    before = days < first
    share = int((after - first).astype(int)) / int((after - days.min()).astype(int))

    def kept(strength: float) -> Array:
        return ~(now | (days >= after)) | (draw < 1 / (1 + strength))

    def p_of(keep: Array) -> float:
        return right_tests.share_of_rows(now[keep & (now | before)], share)

    keep = kept(tuned(lambda s: p_of(kept(s)), target_p(random, size), most=9.0, least=0.1))
    world.cells = {name: values[keep] for name, values in world.cells.items()}
    p = p_of(keep)
    days = day_of(world)
    earlier, year = ((first.astype("datetime64[M]") - back).astype("datetime64[D]") for back in (1, 12))
    bases = (days >= earlier) & (days < first), (days.astype("datetime64[M]") == year.astype("datetime64[M]"))
    ended = (days >= first) & (days < after)
    count, previous = int(ended.sum()), int(bases[0].sum())
    # The sum of any measure falls with the rows, by its own amount.
    amounts = [np.ones(len(days)), *(world.cells[measure].astype(float) for measure in world.measures)]
    sizes: list[float] = []
    for amount, base in ((amount, base) for amount in amounts for base in bases if base.any()):
        one, other = float(np.nansum(amount[ended])), float(np.nansum(amount[base]))
        sizes += [one - other, one / other - 1] if other else []
    world.cause(ROWS, TIME)
    world.beats.append(Beat(ROWS, "shift", (str(first), str(days.max()))))
    return Case(
        world,
        Truth(
            "change_in_rows",
            ("change", "change_point", "outlier"),
            (Wanted(function="count"), *(plain(world, m) for m in world.measures)),
            DOWN,
            window=_window(first, after),
            p=p,
            size=size_of(p),
            values=tuple(sizes),
            line=f"rows fall to {count} in the month from {first}, {previous} the month before",
        ),
    )


def trend(random: Random, world: World, size: str) -> Case:
    """A mean rises or falls steadily over the whole time."""
    measure, direction = pick(random, world.measures), either(random)
    at = world.days()
    part = (at - at.min()) / np.ptp(at)
    if direction == DOWN:
        part = 1 - part
    before = world.cells[measure]

    def made(strength: float) -> Array:
        return lifted(before, np.ones(world.rows, dtype=bool), 1 + strength * part)

    def p_of(values: Array) -> float:
        return (
            right_tests.slope(values[:-1], at[:-1])
            if not world.series
            else right_tests.slope(_weeks(world, values), np.arange(len(_weeks(world, values))))
        )

    values = world.cells[measure] = made(
        tuned(lambda s: p_of(made(s)), target_p(random, size), most=3.0, least=0.2)
    )
    p = p_of(values)
    world.cause(measure, TIME)
    world.beats.append(Beat(measure, "slope"))
    third = len(values) // 3
    return Case(
        world,
        Truth(
            "trend",
            ("trend",),
            (plain(world, measure),),
            direction,
            p=p,
            size=size_of(p),
            slices=True,
            line=f"mean {measure} goes {direction}: {values[:third].mean():.4g} to {values[-third:].mean():.4g}",
        ),
    )


def trend_in_rows(random: Random, world: World, size: str) -> Case:
    """Rows become more all the time."""
    at = world.days()
    part, draw = (at - at.min()) / np.ptp(at), random.random(world.rows)

    def kept(strength: float) -> Array:
        return draw < (1 + strength * part) / (1 + strength)

    keep = kept(tuned(lambda s: right_tests.rows_slope(at[kept(s)]), target_p(random, size), most=6.0))
    world.cells = {name: values[keep] for name, values in world.cells.items()}
    p = right_tests.rows_slope(at[keep])
    world.cause(ROWS, TIME)
    world.beats.append(Beat(ROWS, "slope"))
    return Case(
        world,
        Truth(
            "trend_in_rows",
            ("trend",),
            (Wanted(function="count"), *(plain(world, m) for m in world.measures)),
            UP,
            p=p,
            size=size_of(p),
            slices=True,
            line="rows become more all the time",
        ),
    )


def change_point(random: Random, world: World, size: str) -> Case:
    """A mean breaks once, well inside the time."""
    measure, direction = pick(random, world.measures), either(random)
    days = day_of(world)
    length = int((days.max() - days.min()).astype(int))
    first = days.min() + int(length * random.uniform(0.35, 0.7))
    inside, before = days >= first, world.cells[measure]

    def made(strength: float) -> Array:
        return lifted(before, inside, factor_of(strength, direction))

    def p_of(values: Array) -> float:
        return min(1.0, POSITIONS * right_tests.welch(values, inside))

    values = world.cells[measure] = made(tuned(lambda s: p_of(made(s)), target_p(random, size), most=2.5))
    p, slack = p_of(values), max(15, int(0.12 * length))
    world.cause(measure, TIME)
    world.beats.append(Beat(measure, "shift", (str(first - slack), str(first + slack))))
    return Case(
        world,
        Truth(
            "change_point",
            ("change_point", "trend"),
            (plain(world, measure),),
            direction,
            window=(str(first - slack), str(first + slack)),
            p=p,
            size=size_of(p),
            slices=True,
            line=f"mean {measure} from {first} is {_against(values, inside, ~inside)} before",
        ),
    )


def outlier(random: Random, world: World, size: str, *, grouped: bool = False) -> Case:
    """One day (or a short run of days in a thin table) is far off, in one member or in all."""
    measure, direction = pick(random, world.measures), UP
    days = day_of(world)
    length = int((days.max() - days.min()).astype(int))
    dimension = pick(random, world.dimensions) if grouped else ""
    member = pick(random, sorted(set(world.cells[dimension]))) if grouped else ""
    mine = world.cells[dimension] == member if grouped else np.ones(world.rows, dtype=bool)
    width = 1 if mine.sum() > 4 * length else 7
    monday = days.min() + int(length * random.uniform(0.15, 0.85))
    first = monday - int((monday.astype(int) + 3) % 7) if width == 7 else monday
    inside, before = (days >= first) & (days < first + width), world.cells[measure]
    slot = (days - first).astype(int) // width
    slots = slot - slot.min()
    place = int(-slot.min())

    def p_of(values: Array) -> float:
        totals = np.bincount(slots[mine], weights=values[mine], minlength=int(slots.max()) + 1)[1:-1]
        return right_tests.dispersion_z(totals, place - 1, places=len(totals))

    def made(strength: float) -> Array:
        return lifted(before, inside & mine, factor_of(strength, direction))

    values = world.cells[measure] = made(tuned(lambda s: p_of(made(s)), target_p(random, size), most=14.0))
    p = p_of(values)
    world.cause(measure, TIME, *([dimension] if grouped else []))
    world.beats.append(Beat(measure, "spike", (str(first), str(first + width - 1))))
    where = f" of {dimension}={member}" if grouped else ""
    return Case(
        world,
        Truth(
            "outlier_in_group" if grouped else "outlier",
            ("outlier",),
            (plain(world, measure),),
            direction,
            (dimension,) if grouped else (),
            (member,) if grouped else (),
            window=(str(first), str(first + width - 1)),
            p=p,
            size=size_of(p),
            line=f"{measure}{where} is far up on {first} ({width} days)",
        ),
    )


def outlier_in_group(random: Random, world: World, size: str) -> Case:
    """One day of one member is far off."""
    return outlier(random, world, size, grouped=True)


def _cycle_case(
    world: World,
    random: Random,
    size: str,
    inside: Array,
    *,
    measure: str,
    cycle: str,
    what: str,
    member: tuple[str, ...],
) -> Case:
    direction, before = either(random), world.cells[measure]

    def made(strength: float) -> Array:
        return lifted(before, inside, factor_of(strength, direction))

    def p_of(values: Array) -> float:
        return min(1.0, 5 * right_tests.welch(values, inside))

    values = world.cells[measure] = made(tuned(lambda s: p_of(made(s)), target_p(random, size), most=3.0))
    world.cause(measure, TIME)
    world.beats.append(Beat(measure, "cycle", cycle=cycle))
    p, mean, rest = p_of(values), values[inside].mean(), values[~inside].mean()
    sizes = (mean - rest, mean / rest - 1, mean - values.mean(), mean / values.mean() - 1, mean)
    return Case(
        world,
        Truth(
            f"season_{cycle}",
            ("seasonality", "group_difference"),
            (plain(world, measure),),
            "",
            (world.time,),
            member,
            p=p,
            size=size_of(p),
            values=sizes,
            slices=True,
            line=f"mean {measure} is {mean:.4g} on {what}, else {rest:.4g}",
        ),
    )


def season_week(random: Random, world: World, size: str) -> Case:
    """One weekday differs."""
    number = int(random.integers(0, 7))
    weekday = (day_of(world).astype(int) + 3) % 7
    return _cycle_case(
        world,
        random,
        size,
        weekday == number,
        measure=pick(random, world.measures),
        cycle="week",
        what=f"{WEEKDAYS[number]}s",
        member=(),
    )


def season_year(random: Random, world: World, size: str) -> Case:
    """Two months of each year differ."""
    number = int(random.integers(0, 12))
    month = day_of(world).astype("datetime64[M]").astype(int) % 12
    inside = (month == number) | (month == (number + 1) % 12)
    return _cycle_case(
        world,
        random,
        size,
        inside,
        measure=pick(random, world.measures),
        cycle="year",
        what=f"months {number + 1} and {(number + 1) % 12 + 1}",
        member=(),
    )


def season_month(random: Random, world: World, size: str) -> Case:
    """The last days of each month differ."""
    days = day_of(world)
    left = ((days.astype("datetime64[M]") + 1).astype("datetime64[D]") - days).astype(int)
    return _cycle_case(
        world,
        random,
        size,
        left <= 4,
        measure=pick(random, world.measures),
        cycle="month",
        what="the last four days of a month",
        member=(),
    )


def season_hour(random: Random, world: World, size: str) -> Case:
    """Some hours of the day differ."""
    hour = (world.cells[world.time].astype("datetime64[h]").astype(int)) % 24
    first = int(random.integers(0, 20))
    inside = (hour >= first) & (hour < first + 4)
    return _cycle_case(
        world,
        random,
        size,
        inside,
        measure=pick(random, world.measures),
        cycle="day",
        what=f"hours {first} to {first + 3}",
        member=(),
    )


def season_week_in_rows(random: Random, world: World, size: str) -> Case:
    """Weekends have fewer rows."""
    weekend = (day_of(world).astype(int) + 3) % 7 >= 5
    draw = random.random(world.rows)

    def kept(strength: float) -> Array:
        return ~weekend | (draw < 1 / (1 + strength))

    def p_of(keep: Array) -> float:
        return min(1.0, 5 * right_tests.share_of_rows(weekend[keep], 2 / 7))

    keep = kept(tuned(lambda s: p_of(kept(s)), target_p(random, size), most=20.0, least=0.1))
    world.cells = {name: values[keep] for name, values in world.cells.items()}
    p = p_of(keep)
    world.cause(ROWS, TIME)
    world.beats.append(Beat(ROWS, "cycle", cycle="week"))
    return Case(
        world,
        Truth(
            "season_week_in_rows",
            ("seasonality", "group_difference"),
            (Wanted(function="count"), *(plain(world, m) for m in world.measures)),
            "",
            (world.time,),
            p=p,
            size=size_of(p),
            slices=True,
            line=f"{weekend[keep].mean():.1%} of rows on weekends instead of 28.6 %",
        ),
    )


def forecast(random: Random, world: World, size: str) -> Case:
    """Rows of a steady growth with a weekly shape: the future was drawn too, and held out."""
    at = world.days()
    start, horizon = np.floor(at.min()), 100.0
    length = np.floor(at.max()) + 1 - start
    stretched = start + (at - start) * (length + horizon) / length
    growth = {"strong": 1.2, "medium": 0.7, "weak": 0.4}[size]
    part = (stretched - start) / (length + horizon)
    weekend = (np.floor(stretched).astype(int) + 3) % 7 >= 5
    keep = random.random(world.rows) < (1 + growth * part) / (1 + growth) * np.where(weekend, 0.55, 1.0)
    future = keep & (stretched >= start + length)
    past = keep & ~future
    moments = (stretched * 86_400e6).astype(np.int64).astype("datetime64[us]")
    world.cells[world.time] = moments.astype(world.cells[world.time].dtype)
    world.future = {name: values[future] for name, values in world.cells.items()}
    world.cells = {name: values[past] for name, values in world.cells.items()}
    if world.span[0]:  # ends follow their starts no more: they are left out
        del world.cells[world.span[1]]
        world.span = ("", "")
    ahead = np.sum(stretched[future] < start + length + 28)
    world.cause(ROWS, TIME)
    world.beats += [Beat(ROWS, "slope"), Beat(ROWS, "cycle", cycle="week")]
    return Case(
        world,
        Truth(
            "forecast",
            ("forecast",),
            (Wanted(function="count"), *(plain(world, m) for m in world.measures)),
            "",
            p=1e-12,
            size=size,
            slices=True,
            line=f"the next 28 days bring {ahead} rows",
        ),
    )


__all__ = ["UP"]
