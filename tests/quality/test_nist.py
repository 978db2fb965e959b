"""Means, deviations, autocorrelations and fits agree with certified values to ten digits where doubles allow."""

from itertools import groupby

import pytest

from tests.quality.nist import LINEAR, UNIVARIATE, Figure, figures

WANTED = 10.0
ALLOWED = 0.5
"""Digits that may be lost to what exact arithmetic on the same doubles gives."""
HARDEST = {("Wampler5", "coefficients"): 9.4}
"""The rest of Wampler5 is seven orders of magnitude larger than what is fitted."""
SETS = {name: list(group) for name, group in groupby(figures(), key=lambda figure: figure.name)}


@pytest.mark.parametrize("name", [*UNIVARIATE, *LINEAR])
def test_a_reference_set_comes_out_to_ten_digits(name: str) -> None:
    for figure in SETS[name]:
        assert figure.digits >= _least(figure), figure


def _least(figure: Figure) -> float:
    hardest = HARDEST.get((figure.name, figure.statistic), WANTED)
    return min(hardest, figure.possible - ALLOWED)
