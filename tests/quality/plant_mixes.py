"""Truths of two things at once: drivers, offsetting segments, shifts of the mix, reversals, correlations."""

import numpy as np

from tests.quality import right_tests
from tests.quality.plant_times import day_of, last_month
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


def _two_months(world: World) -> tuple[Array, Array, np.datetime64, np.datetime64]:
    first, after = last_month(world)
    days = day_of(world)
    earlier = (first.astype("datetime64[M]") - 1).astype("datetime64[D]")
    return (days >= first) & (days < after), (days >= earlier) & (days < first), first, after


def driver(random: Random, world: World, size: str) -> Case:
    """One member alone moves the total of the last complete month."""
    measure, dimension, direction = (
        pick(random, world.measures),
        pick(random, world.dimensions),
        either(random),
    )
    member = pick(random, sorted(set(world.cells[dimension])))
    now, previous, first, after = _two_months(world)
    mine, before, days = world.cells[dimension] == member, world.cells[measure], day_of(world)

    def made(strength: float) -> Array:
        return lifted(before, mine & (days >= first), factor_of(strength, direction))

    def p_of(values: Array) -> float:
        # Both must hold: the total moved, and the member did; months of other lengths and numbers of rows may hide it.
        moved = [values[kept & now].sum() - values[kept & previous].sum() for kept in (days < after, mine)]
        if any((move if direction == UP else -move) <= 0 for move in moved):
            return 1.0
        return max(
            right_tests.welch(values[kept], now[kept]) for kept in (days < after, mine & (days < after))
        )

    strength = tuned(lambda s: p_of(made(s)), target_p(random, size), most=6.0)
    values = world.cells[measure] = made(strength)
    p, moved = p_of(values), values[mine & now].sum() - values[mine & previous].sum()
    whole = values[now].sum() - values[previous].sum()
    world.cause(measure, TIME, dimension)
    world.beats.append(Beat(measure, "shift", (str(first), str(days.max()))))
    sizes = (
        moved,
        moved / whole,
        100 * moved / whole,
        moved / values[mine & previous].sum(),
        whole,
        whole / values[previous].sum(),
        values[mine & now].mean() - values[mine & previous].mean(),
        values[mine & now].mean() / values[mine & previous].mean() - 1,
    )
    return Case(
        world,
        Truth(
            "driver",
            ("driver",),
            (plain(world, measure),),
            direction,
            (dimension,),
            (member,),
            window=(str(first), str(after - 1)),
            p=p,
            size=size_of(p),
            values=sizes,
            line=f"{dimension}={member} alone moves {measure} {direction} from {first} ({moved:+.4g} of {whole:+.4g})",
        ),
    )


def offsetting(random: Random, world: World, size: str) -> Case:
    """One member rises, another falls as much: the total stands still."""
    measure, dimension = pick(random, world.measures), pick(random, world.dimensions)
    names = [str(name) for name in random.permutation(sorted(set(world.cells[dimension])))[:2]]
    now, _, first, after = _two_months(world)
    labels, days = world.cells[dimension], day_of(world)
    up, down = labels == names[0], labels == names[1]
    before, recent = world.cells[measure], days >= first

    def made(strength: float) -> Array:
        raised = lifted(before, up & recent, 1 + strength)
        gained = raised.sum() - before.sum()
        held = max(1e-9, before[down & recent].sum())
        return lifted(raised, down & recent, max(0.05, 1 - gained / held))

    def p_of(values: Array) -> float:
        kept = days < after
        one, other = (right_tests.welch(values[kept & who], now[kept & who]) for who in (up, down))
        return max(one, other)

    values = world.cells[measure] = made(tuned(lambda s: p_of(made(s)), target_p(random, size), most=3.0))
    p = p_of(values)
    world.cause(measure, TIME, dimension)
    world.beats.append(Beat(measure, "shift", (str(first), str(days.max()))))
    return Case(
        world,
        Truth(
            "driver_offsetting",
            ("driver", "mix_shift"),
            (plain(world, measure),),
            "",
            (dimension,),
            tuple(names),
            window=(str(first), str(after - 1)),
            p=p,
            size=size_of(p),
            line=f"{measure}: {dimension}={names[0]} rises and {names[1]} falls as much from {first}",
        ),
    )


def mix_shift(random: Random, world: World, size: str) -> Case:
    """Dear members become more of the rows in the last months: the mean moves, no member's mean does."""
    measure, dimension = pick(random, world.measures), pick(random, world.dimensions)
    names = sorted(set(world.cells[dimension]))
    dear, direction = pick(random, names), either(random)
    labels, days = world.cells[dimension], day_of(world)
    first, after = last_month(world)
    world.cells[measure] = values = lifted(world.cells[measure], labels == dear, 2.5)
    fellows = np.array([name for name in names if name != dear], dtype=object)
    draw, other = random.random(world.rows), random.choice(fellows, world.rows)
    recent = days >= first
    # Rows change place with rows of other members of the same table, so each member keeps its kind of values.
    base = world.cells[measure].copy()
    cheap, rich = np.where(labels == dear, base / 2.5, base), np.where(labels == dear, base, base * 2.5)

    def made(strength: float) -> tuple[Array, Array]:
        to = (
            recent & (labels != dear) & (draw < strength)
            if direction == UP
            else recent & (labels == dear) & (draw < strength)
        )
        new = labels.copy()
        new[to] = dear if direction == UP else other[to]
        moved = np.where(to, rich if direction == UP else cheap, base)
        return new, np.round(moved, 3) if values.dtype.kind == "f" else np.rint(moved).astype(np.int64)

    past, now = days < first, recent & (days < after)

    def p_of(new: Array) -> float:
        whole = past | now
        return right_tests.rates((new == dear)[whole], now[whole])

    labels, values = made(tuned(lambda s: p_of(made(s)[0]), target_p(random, size), most=1.0, least=0.1))
    p = p_of(labels)
    world.cells[dimension], world.cells[measure] = labels, values
    world.uneven.add(dimension)
    world.cause(measure, dimension, TIME)
    world.cause(dimension, TIME)
    world.cause(ROWS, TIME)
    world.beats += [Beat(name, "shift", (str(first), str(days.max()))) for name in (measure, ROWS)]
    share, was = (labels == dear)[now].mean(), (labels == dear)[past].mean()
    return Case(
        world,
        Truth(
            "mix_shift",
            ("mix_shift", "driver", "change"),
            (plain(world, measure), Wanted(function="count")),
            "",
            (dimension,),
            window=(str(first), str(after - 1)),
            p=p,
            size=size_of(p),
            line=f"{dimension}={dear} (2.5 times the {measure}) goes from {was:.1%} to {share:.1%} of rows in {first}",
        ),
    )


def reversal(random: Random, world: World, size: str) -> Case:
    """Simpson: member A is better in every stratum and worse in all, since it takes the hard cases."""
    measure = pick(random, world.measures)
    rows, pair = world.rows, ["Method A", "Method B"]
    strata = np.array(["simple", "middling", "hard"], dtype=object)
    difficulty = random.integers(0, 3, rows)
    chance = np.array([0.15, 0.5, 0.85])[difficulty]
    method = random.random(rows) < chance
    base, level = world.cells[measure], np.array([1.0, 1.6, 2.4])[difficulty]
    hard = lifted(base, np.ones(rows, dtype=bool), level)

    def made(strength: float) -> Array:
        return lifted(hard, method, factor_of(strength, DOWN))

    def p_of(values: Array) -> float:
        each = [right_tests.welch(values[difficulty == d], method[difficulty == d]) for d in range(3)]
        return max(*each, right_tests.welch(values, method))

    values = world.cells[measure] = made(tuned(lambda s: p_of(made(s)), target_p(random, size), most=0.3))
    world.cells["method"], world.cells["difficulty"] = (
        np.where(method, *pair).astype(object),
        strata[difficulty],
    )
    world.dimensions += ["method", "difficulty"]
    world.cause(measure, "method", "difficulty")
    world.cause("method", "difficulty")
    p = p_of(values)
    gap = values[method].mean() - values[~method].mean()
    return Case(
        world,
        Truth(
            "reversal",
            ("mix_shift",),
            (plain(world, measure),),
            "",
            ("method", "difficulty"),
            second=("difficulty", "method"),
            p=p,
            size=size_of(p),
            line=f"mean {measure} of Method A is {gap:+.4g} against B in all, but lower in each difficulty",
        ),
    )


LEAST_LINK = 0.12
"""Smallest rank correlation that is planted: below 0.1, which Cohen calls small, a link is true but not worth telling,
and what lies at that edge falls to either side of it by the choice of the coefficient."""


def correlation(random: Random, world: World, size: str) -> Case:
    """Two measures of a row move together."""
    one, other = (str(name) for name in random.permutation(world.measures)[:2])
    sign = 1 if random.random() < 0.6 else -1
    base, driving = world.cells[other], world.cells[one].astype(float)
    spread = (driving - driving.mean()) / driving.std()
    low = np.clip(spread, -2.5, 2.5)

    def made(strength: float) -> Array:
        return lifted(base, np.ones(world.rows, dtype=bool), np.exp(sign * strength * low))

    def p_of(values: Array) -> float:
        if world.series:
            return right_tests.linear_correlation(np.diff(world.cells[one]), np.diff(values))
        return right_tests.rank_correlation(world.cells[one], values)

    from scipy import stats

    def link_of(values: Array) -> float:
        pair = (np.diff(world.cells[one]), np.diff(values)) if world.series else (world.cells[one], values)
        return abs(float(stats.spearmanr(*pair)[0]))

    least = tuned(lambda s: -link_of(made(s)), -LEAST_LINK, most=1.5, least=0.03)
    values = world.cells[other] = made(
        tuned(lambda s: p_of(made(s)), target_p(random, size), most=1.5, least=least)
    )
    p = p_of(values)
    world.cause(other, one)
    sizes = (
        float(stats.pearsonr(world.cells[one], values)[0]),
        float(stats.spearmanr(world.cells[one], values)[0]),
        float(stats.pearsonr(np.diff(world.cells[one]), np.diff(values))[0]),
    )
    pair = (plain(world, one), plain(world, other))
    return Case(
        world,
        Truth(
            "correlation",
            ("correlation",),
            pair,
            UP if sign > 0 else DOWN,
            second=(*pair[0].columns, *pair[1].columns),
            p=p,
            size=size_of(p),
            values=sizes,
            line=f"{one} and {other} move {'together' if sign > 0 else 'against each other'}, Spearman {sizes[1]:.3f}",
        ),
    )


def association(random: Random, world: World, size: str) -> Case:
    """A member of one dimension is met more often with a member of another."""
    first, second = (str(name) for name in random.permutation(world.dimensions)[:2])
    a, b = (pick(random, sorted(set(world.cells[name]))) for name in (first, second))
    inside, labels, draw = world.cells[first] == a, world.cells[second], random.random(world.rows)

    def made(strength: float) -> Array:
        new = labels.copy()
        new[inside & (draw < strength)] = b
        return new

    p_at = lambda new: right_tests.rates(new == b, inside)  # noqa: E731
    after = world.cells[second] = made(tuned(lambda s: p_at(made(s)), target_p(random, size), most=0.9))
    world.cause(second, first)
    world.uneven.add(second)
    p, share, rest = p_at(after), (after == b)[inside].mean(), (after == b)[~inside].mean()
    # Of a column of two members, more of the one is fewer of the other: either share is the same fact.
    told = (
        (name, one)
        for name, planted in ((first, a), (second, b))
        for one in (sorted(set(world.cells[name])) if len(set(world.cells[name])) == 2 else [planted])
    )
    measures = (Wanted(function="count"), *(Wanted((name,), "share", (str(one),)) for name, one in told))
    values = (
        share - rest,
        100 * (share - rest),
        share / rest - 1,
        share,
        100 * share,
        share - (after == b).mean(),
        100 * (share - (after == b).mean()),
    )
    return Case(
        world,
        Truth(
            "association",
            ("group_difference", "correlation", "concentration"),
            measures,
            "",
            (first, second),
            (a, b),
            second=(first, second),
            p=p,
            size=size_of(p),
            values=values,
            line=f"{second}={b} is {share:.1%} of {first}={a}, elsewhere {rest:.1%}",
        ),
    )
