"""Rows that hang together in time, and rows that only look so by chance."""

from datetime import datetime, timedelta

import numpy as np

from server.analysis.columns import Dimension, Measure
from server.analysis.comparison import chosen_from
from server.analysis.facts import Breakdown
from server.analysis.inference import Floats
from server.analysis.stretches import time_effects

MEASURE = Measure("wait", "wait", "average", "wait")
PLACE = Dimension("place", "place", "place", 5)


def _effects(random: np.random.Generator, *, members: int, shared: float) -> Floats:
    """Of 40 weeks of rows of spread 1, each member's week shifted by its own draw of spread `shared`."""
    n = random.poisson(12, (members, 40)).astype(float)
    mean = (
        5.0 + shared * random.normal(size=n.shape) + random.normal(size=n.shape) / np.sqrt(np.maximum(n, 1))
    )
    starts = tuple(datetime(2026, 1, 5) + timedelta(weeks=week) for week in range(40))
    total, variance = n * mean, np.ones_like(n)
    names = tuple(f"P{place}" for place in range(members))
    cells = ({MEASURE: part} for part in (n, total, variance))
    breakdown = Breakdown(PLACE, names, "week", starts, n, *cells)
    return time_effects(breakdown, MEASURE, breakdown.groups(MEASURE))


def test_independent_rows_hardly_ever_cost_a_member_anything() -> None:
    random = np.random.default_rng(5)
    effects = np.array([_effects(random, members=5, shared=0.0) for _ in range(200)])
    assert float((effects > 1.0).mean()) < 0.04
    assert float(effects.max()) < 3.0


def test_weeks_of_their_own_are_seen_of_all_members_even_where_one_alone_could_not_show_them() -> None:
    random = np.random.default_rng(6)
    effects = np.array([_effects(random, members=8, shared=0.2) for _ in range(50)])
    assert float((effects > 1.15).mean()) > 0.95


def test_a_level_that_wanders_costs_more_than_weeks_that_only_scatter() -> None:
    random = np.random.default_rng(7)
    n = np.full((4, 40), 12.0)
    walks = random.normal(scale=0.3, size=n.shape).cumsum(axis=1)
    mean = 5.0 + walks + random.normal(size=n.shape) / np.sqrt(n)
    starts = tuple(datetime(2026, 1, 5) + timedelta(weeks=week) for week in range(40))
    names = ("A", "B", "C", "D")
    cells = ({MEASURE: part} for part in (n, n * mean, np.ones_like(n)))
    breakdown = Breakdown(PLACE, names, "week", starts, n, *cells)
    assert float(time_effects(breakdown, MEASURE, breakdown.groups(MEASURE)).min()) > 20.0


def test_either_of_two_members_is_as_far_from_the_other() -> None:
    assert (chosen_from(2), chosen_from(3), chosen_from(24)) == (1, 3, 24)
