"""A second engine gives the same numbers."""

from tests.quality.rederive import examine


def test_pandas_gives_the_numbers_of_reports() -> None:
    told, wrong = examine(3, seed=4)
    assert told["re-derived"] >= 20
    assert not wrong
