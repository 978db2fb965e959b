"""Truths between groups: means, rates, durations, words, ratios, bins, counts, concentration, evenness, two tables."""

import numpy as np

from tests.quality import right_tests
from tests.quality.tables import ROWS, Random, Wanted, World
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
    thinned,
    tuned,
)

GROUPS = ("group_difference", "driver", "outlier")
MOST_ROWS = 4_000
"""Rows of the differing member in large tables, so that a just detectable effect is one worth telling."""


def _against(values: np.ndarray, inside: np.ndarray) -> str:
    return f"{values[inside].mean():.4g} against {values[~inside].mean():.4g}"


def _mean_values(values: np.ndarray, inside: np.ndarray) -> tuple[float, ...]:
    """The difference of means and of medians, from the rest and from all, plain and relative."""
    sizes: list[float] = []
    for middle in (np.mean, np.median):
        mine, rest, whole = (float(middle(part)) for part in (values[inside], values[~inside], values))
        sizes += [
            mine - rest,
            mine - whole,
            mine,
            mine / rest - 1 if rest else 0.0,
            mine / whole - 1 if whole else 0.0,
        ]
    return tuple(sizes)


def _member(random: Random, world: World) -> tuple[str, str]:
    dimension = pick(random, world.dimensions)
    member = pick(random, sorted(set(world.cells[dimension])))
    thinned(random, world, dimension, member, MOST_ROWS)
    return dimension, member


def mean_by_group(random: Random, world: World, size: str) -> Case:
    """One member's mean differs."""
    measure, (dimension, member), direction = (
        pick(random, world.measures),
        _member(random, world),
        either(random),
    )
    inside, before = world.cells[dimension] == member, world.cells[measure]

    def made(strength: float) -> np.ndarray:
        return lifted(before, inside, factor_of(strength, direction))

    strength = tuned(lambda s: right_tests.welch(made(s), inside), target_p(random, size), most=2.5)
    after = world.cells[measure] = made(strength)
    world.cause(measure, dimension)
    p, mean, rest = right_tests.welch(after, inside), after[inside].mean(), after[~inside].mean()
    values = _mean_values(after, inside)
    return Case(
        world,
        Truth(
            "group_mean",
            ("group_difference",),
            (plain(world, measure),),
            direction,
            (dimension,),
            (member,),
            p=p,
            size=size_of(p),
            values=values,
            flip=len(set(world.cells[dimension])) == 2,
            line=f"mean {measure} of {dimension}={member} is {mean:.4g} against {rest:.4g}",
        ),
    )


def _rate(random: Random, hits: np.ndarray, inside: np.ndarray, direction: str, size: str) -> np.ndarray:
    draw = random.random(len(hits))
    base = hits.mean()

    def made(strength: float) -> np.ndarray:
        rate = min(0.97, base * (1 + strength)) if direction == UP else base / (1 + strength)
        more, fewer = (rate - base) / (1 - base), rate / base
        return np.where(inside, (hits | (draw < more)) if direction == UP else (hits & (draw < fewer)), hits)

    p_at = lambda s: right_tests.rates(made(s), inside)  # noqa: E731
    return made(tuned(p_at, target_p(random, size), most=12.0, least=0.15))


def _rate_values(hits: np.ndarray, inside: np.ndarray) -> tuple[float, ...]:
    rate, rest, whole = hits[inside].mean(), hits[~inside].mean(), hits.mean()
    points = (rate - rest, rate - whole, rate)
    return (*points, *(100 * point for point in points), rate / rest - 1, rate / whole - 1)


def rate_by_group(random: Random, world: World, size: str) -> Case:
    """One member's share of true differs."""
    flag, (dimension, member), direction = pick(random, world.flags), _member(random, world), either(random)
    inside = world.cells[dimension] == member
    hits = world.cells[flag] = _rate(random, world.cells[flag], inside, direction, size)
    world.cause(flag, dimension)
    p = right_tests.rates(hits, inside)
    measures = (Wanted((flag,)), Wanted((flag,), "share"))
    return Case(
        world,
        Truth(
            "group_rate",
            ("group_difference",),
            measures,
            direction,
            (dimension, flag),
            (member, "true", "True"),
            p=p,
            size=size_of(p),
            values=_rate_values(hits, inside),
            flip=len(set(world.cells[dimension])) == 2,
            line=f"rate of {flag} for {dimension}={member} is {_against(hits, inside)}",
        ),
    )


def state_by_group(random: Random, world: World, size: str) -> Case:
    """One team ends more or fewer of its tickets in a state."""
    (dimension, member), direction = _member(random, world), either(random)
    inside, states = world.cells[dimension] == member, world.cells[world.state]
    wanted, other = "Cancelled", "Resolved"
    usable = states != "Open"
    before = (states == wanted) & usable
    hits = _rate(random, before, inside & usable, direction, size) & usable
    states[hits] = wanted
    states[before & ~hits] = other
    world.cause(world.state, dimension)
    p = right_tests.rates(hits, inside)
    measures = (Wanted((world.state,), "share", (wanted,)), Wanted((world.state,)))
    return Case(
        world,
        Truth(
            "group_share_of_state",
            ("group_difference", "mix_shift"),
            measures,
            direction,
            (dimension,),
            (member,),
            p=p,
            size=size_of(p),
            values=_rate_values(hits, inside),
            line=f"share({world.state} = {wanted}) of {dimension}={member} is {_against(hits, inside)}",
        ),
    )


def duration_by_group(random: Random, world: World, size: str) -> Case:
    """One member's cases take longer or shorter."""
    (dimension, member), direction = _member(random, world), either(random)
    start, end = (world.cells[name] for name in world.span)
    inside, ended = world.cells[dimension] == member, ~np.isnat(end)
    seconds = (end - start).astype("timedelta64[s]").astype(float)

    def p_at(strength: float) -> float:
        return right_tests.welch(
            (seconds * np.where(inside, factor_of(strength, direction), 1))[ended], inside[ended]
        )

    factor = factor_of(tuned(p_at, target_p(random, size), most=2.5), direction)
    longer = start + (np.where(ended, seconds, 0) * np.where(inside, factor, 1)).astype(np.int64).astype(
        "timedelta64[s]"
    )
    late = ended & (longer > start.max())
    end = world.cells[world.span[1]] = np.where(ended & ~late, longer, np.datetime64("NaT")).astype(
        "datetime64[s]"
    )
    if world.state:
        world.cells[world.state][late] = "Open"
    ended = ~np.isnat(end)
    hours = (end - start)[ended].astype("timedelta64[s]").astype(float) / 3600
    mine = inside[ended]
    p, mean, rest = right_tests.welch(hours, mine), hours[mine].mean(), hours[~mine].mean()
    world.cause("#duration", dimension)
    values = [size * unit for size in _mean_values(hours, mine) for unit in (1, 60, 3600, 1 / 24)]
    return Case(
        world,
        Truth(
            "group_duration",
            ("group_difference",),
            (Wanted(world.span, "duration"),),
            direction,
            (dimension,),
            (member,),
            p=p,
            size=size_of(p),
            values=tuple(values),
            flip=len(set(world.cells[dimension])) == 2,
            line=f"duration of {dimension}={member} is {mean:.4g} h against {rest:.4g} h",
        ),
    )


def words_by_group(random: Random, world: World, size: str) -> Case:
    """One place writes about printers more often."""
    (dimension, member) = _member(random, world)
    inside, texts = world.cells[dimension] == member, world.cells[world.text]
    rows = world.rows
    base = random.random(rows) < 0.06
    hits = _rate(random, base, inside, UP, size)
    written = np.array(
        ["printer on floor {} jams", "paper stuck in printer", "new toner for printer {}", "printer offline"],
        dtype=object,
    )
    chosen = random.choice(written, rows)
    floors = random.integers(1, 9, rows)
    texts[hits] = [text.format(n) for text, n in zip(chosen[hits], floors[hits], strict=True)]
    world.cause(world.text, dimension)
    p = right_tests.rates(hits, inside)
    return Case(
        world,
        Truth(
            "group_words",
            ("group_difference",),
            (Wanted((world.text,), "contains", ("printer",)),),
            UP,
            (dimension,),
            (member,),
            p=p,
            size=size_of(p),
            values=_rate_values(hits, inside),
            line=f"contains({world.text}, printer) for {dimension}={member} is {_against(hits, inside)}",
        ),
    )


def ratio_by_group(random: Random, world: World, size: str) -> Case:
    """One network brings more orders a click: a ratio of two sums."""
    (dimension, member), direction = _member(random, world), either(random)
    top, bottom = world.names.get("orders", "orders"), world.names.get("clicks", "clicks")
    clicks, inside = world.cells[bottom], world.cells[dimension] == member
    seed = int(random.integers(0, 2**31))

    def made(strength: float) -> np.ndarray:
        return np.random.default_rng(seed).binomial(
            clicks, np.where(inside, 0.08 * factor_of(strength, direction), 0.08)
        )

    orders = world.cells[top] = made(
        tuned(lambda s: right_tests.ratio(made(s), clicks, inside), target_p(random, size), most=2.0)
    )
    world.cause(top, dimension)
    p = right_tests.ratio(orders, clicks, inside)
    rate, rest = orders[inside].sum() / clicks[inside].sum(), orders[~inside].sum() / clicks[~inside].sum()
    whole = orders.sum() / clicks.sum()
    points = (rate - rest, rate - whole, rate)
    values = (*points, *(100 * point for point in points), rate / rest - 1, rate / whole - 1)
    return Case(
        world,
        Truth(
            "group_ratio",
            ("group_difference",),
            (Wanted((top, bottom), "ratio"), Wanted((top,))),
            direction,
            (dimension,),
            (member,),
            p=p,
            size=size_of(p),
            values=values,
            line=f"sum({top}) / sum({bottom}) of {dimension}={member} is {rate:.4f} against {rest:.4f}",
        ),
    )


def bins_of_a_number(random: Random, world: World, size: str) -> Case:
    """A measure is higher in the middle of a number: no correlation, but bins differ."""
    measure = pick(random, world.measures)
    number, before = world.cells[world.number], world.cells[measure]
    low, high = np.quantile(number, [0.35, 0.65])
    inside = (number >= low) & (number <= high)

    def made(strength: float) -> np.ndarray:
        return lifted(before, inside, 1 + strength)

    after = world.cells[measure] = made(
        tuned(lambda s: right_tests.welch(made(s), inside), target_p(random, size), most=2.5)
    )
    world.cause(measure, world.number)
    p = right_tests.welch(after, inside)
    return Case(
        world,
        Truth(
            "group_bins",
            ("group_difference", "correlation"),
            (plain(world, measure),),
            "",
            (world.number,),
            second=(world.number,),
            p=p,
            size=size_of(p),
            line=f"mean {measure} for {world.number} in {low:.3g}..{high:.3g} is {_against(after, inside)}",
        ),
    )


def rows_by_group(random: Random, world: World, size: str) -> Case:
    """One member has more rows than its even share, all others the same."""
    dimension = pick(random, world.dimensions)
    names = sorted(set(world.cells[dimension]))
    member, rows, share = pick(random, names), world.rows, 1 / len(names)
    draw, labels = random.random(rows), random.choice(np.array(names, dtype=object), rows)

    def made(strength: float) -> np.ndarray:
        moved = (labels != member) & (draw < share * strength / (1 - share))
        return np.where(moved, member, labels)

    floor = 0.3  # of the even share: less is true but not worth telling
    least = right_tests.share_of_rows(made(floor) == member, share)
    target = min(target_p(random, size), least)
    labels = world.cells[dimension] = made(
        tuned(
            lambda s: right_tests.share_of_rows(made(s) == member, share), target, most=min(8.0, 0.8 / share)
        )
    )
    inside = labels == member
    world.uneven.add(dimension)
    world.cause(ROWS, dimension)
    p, counts = right_tests.share_of_rows(inside, share), np.array([np.sum(labels == name) for name in names])
    mean_rest = (rows - inside.sum()) / (len(names) - 1)
    top = inside.mean()
    values = (
        top,
        100 * top,
        inside.sum(),
        inside.sum() - mean_rest,
        inside.sum() / mean_rest - 1,
        inside.sum() - counts.mean(),
        inside.sum() / counts.mean() - 1,
        top - share,
        100 * (top - share),
    )
    return Case(
        world,
        Truth(
            "group_rows",
            ("group_difference", "concentration"),
            (Wanted(function="count"), *(plain(world, m) for m in world.measures)),
            UP,
            (dimension,),
            (member,),
            p=p,
            size=size_of(p),
            values=values,
            line=f"{dimension}={member} has {inside.sum()} rows, its fellows {mean_rest:.0f} each",
        ),
    )


def concentration(random: Random, world: World, size: str) -> Case:
    """A member holds much of a total: few of many cases in number, large ones."""
    dimension = max(world.dimensions, key=lambda name: len(set(world.cells[name])))
    names = sorted(set(world.cells[dimension]))
    measure, rows, member = pick(random, world.measures), world.rows, pick(random, names)
    labels = world.cells[dimension] = random.choice(np.array(names, dtype=object), rows)
    world.uneven.discard(dimension)
    inside, before = labels == member, world.cells[measure]
    # Strong: the member comes to hold about two thirds, medium a half, weak a third.
    share = {"strong": 0.66, "medium": 0.5, "weak": 0.36}[size] * random.uniform(0.92, 1.08)
    now = before[inside].sum() / before.sum()
    factor = max(1.2, share / (1 - share) * (1 - now) / now)
    after = world.cells[measure] = lifted(before, inside, factor)
    world.cause(measure, dimension)
    held = after[inside].sum() / after.sum()
    p = right_tests.welch(after, inside)
    parts = np.array([after[labels == name].sum() for name in names])
    shares = np.cumsum(np.sort(parts)[::-1]) / parts.sum()
    values = (held, 100 * held, *shares[:4], *(100 * shares[:4]), float(((parts / parts.sum()) ** 2).sum()))
    return Case(
        world,
        Truth(
            "concentration",
            ("concentration",),
            (plain(world, measure),),
            "",
            (dimension,),
            (member,),
            p=p,
            size=size,
            values=values,
            line=f"{dimension}={member} holds {held:.0%} of {measure}, one of {len(names)}",
        ),
    )


def evenness(random: Random, world: World, size: str) -> Case:
    """Members alike by construction: each is dealt the same rows and the same values, of whatever number."""
    dimension = pick(random, world.dimensions)
    names = np.array(sorted(set(world.cells[dimension])), dtype=object)
    place = np.arange(world.rows) % len(names)
    world.cells[dimension] = names[random.permutation(place)]
    world.uneven.discard(dimension)
    measures = (
        Wanted(function="count"),
        *(plain(world, m) for m in world.measures),
        *(Wanted((n,)) for n in _other_numbers(world)),
        *(Wanted((f,)) for f in world.flags),
        *(Wanted((f,), "share") for f in world.flags),
    )
    if world.span[0]:
        measures = (*measures, Wanted(world.span, "duration"))
    return Case(
        world,
        Truth(
            "evenness",
            ("evenness",),
            measures,
            "",
            (dimension,),
            p=1e-12,
            size="strong",
            line=f"{dimension}: {len(names)} members with {world.rows // len(names)} rows each, nothing differs",
        ),
    )


def _other_numbers(world: World) -> list[str]:
    """Columns of numbers beside the measures: an age, a score."""
    return [n for n, values in world.cells.items() if values.dtype.kind in "if" and n not in world.measures]


def second_table(random: Random, world: World, size: str) -> Case:
    """A measure of the first table differs by a column of the second, along a key."""
    customers = max(40, world.rows // 12)
    key = random.integers(0, customers, world.rows)
    segment = random.choice(
        np.array(["Consumer", "Corporate", "Public", "Home office"], dtype=object), customers
    )
    member, measure, direction = (
        pick(random, sorted(set(segment))),
        pick(random, world.measures),
        either(random),
    )
    inside, before = (segment == member)[key], world.cells[measure]

    def made(strength: float) -> np.ndarray:
        return lifted(before, inside, factor_of(strength, direction))

    after = world.cells[measure] = made(
        tuned(lambda s: right_tests.welch(made(s), inside), target_p(random, size), most=2.5)
    )
    names = np.array([f"C{n:05d}" for n in range(customers)], dtype=object)
    world.cells["customer_id"] = names[key]
    world.others["customers"] = {
        "customer_id": names,
        "segment": segment,
        "since": random.integers(2005, 2024, customers),
        "city": random.choice(np.array(["Riga", "Bern", "Oulu"], dtype=object), customers),
    }
    world.cause(measure, "segment")
    world.causes.setdefault("customer_id", set()).add("segment")
    p, mean, rest = right_tests.welch(after, inside), after[inside].mean(), after[~inside].mean()
    values = _mean_values(after, inside)
    return Case(
        world,
        Truth(
            "second_table",
            ("group_difference",),
            (plain(world, measure),),
            direction,
            ("customers.segment", "segment"),
            (member,),
            p=p,
            size=size_of(p),
            values=values,
            line=f"mean {measure} for customers.segment={member} is {mean:.4g} against {rest:.4g}",
        ),
    )


__all__ = ["DOWN", "GROUPS"]
