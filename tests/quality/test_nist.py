"""Means, deviations, autocorrelations and fits agree with certified values to ten digits where doubles allow."""

from itertools import groupby

import pytest

from tests.quality.nist import LINEAR, UNIVARIATE, figures

WANTED = 10.0
ALLOWED = 0.5
"""Digits that may be lost to what exact arithmetic on the same doubles gives."""
SETS = {name: list(group) for name, group in groupby(figures(), key=lambda figure: figure.name)}


@pytest.mark.parametrize("name", [*UNIVARIATE, *LINEAR])
def test_a_reference_set_comes_out_to_ten_digits(name: str) -> None:
    for figure in SETS[name]:
        assert figure.digits >= min(WANTED, figure.possible - ALLOWED), figure
