"""Numbers, labels and periods read as people write them."""

from datetime import datetime

import pytest

from server.analysis import formats, periods


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1_240_000, "", "1.24 million"),
        (999_999.9, "", "1 million"),
        (123_456, "", "123,000"),
        (1768, "USD", "$1,770"),
        (583.42, "USD", "$583"),
        (99.996, "USD", "$100"),
        (1991.1, "billion USD", "$1,990 billion"),
        (308_013, "thousand", "308,000 thousand"),
        (12.345, "", "12.3"),
        (0.012345, "", "0.0123"),
        (0, "", "0"),
        (-5, "", "−5"),
        (2.5e9, "USD", "$2.5 billion"),
        (12.4, "USD", "$12.40"),
        (-70, "USD", "−$70.00"),
        (1200, "CHF", "CHF 1,200"),
        (12.4, "%", "12 %"),
        (4.25, "%", "4.2 %"),
        (0.04, "%", "0.04 %"),
        (1, "points", "1 point"),
        (38, "minutes", "38 minutes"),
        (3e-9, "", "3×10⁻⁹"),
        (1.5e18, "", "1.5×10¹⁸"),
    ],
)
def test_a_number_is_printed_with_its_unit(value: float, unit: str, text: str) -> None:
    assert formats.display(value, unit).replace(formats.NO_BREAK, " ") == text


@pytest.mark.parametrize(
    ("value", "text"), [(12.4, "+12 %"), (-3.2, "−3.2 %"), (0.0, "0 %"), (0.0004, "0 %")]
)
def test_a_card_shows_the_sign(value: float, text: str) -> None:
    assert formats.signed(value, "%").replace(formats.NO_BREAK, " ") == text


@pytest.mark.parametrize(
    ("name", "unit", "text"),
    [
        ("revenue_usd", "USD", "revenue"),
        ("orderValue", "", "order value"),
        ("GDP", "", "GDP"),
        ("handling_minutes", "minutes", "handling"),
        ("real_investment_billion_usd", "billion USD", "real investment"),
        ("unemployment_percent", "%", "unemployment"),
        ("discount_rate", "%", "discount rate"),
        ("real_gdp", "", "real GDP"),
        ("percent", "%", "percent"),
        ("a\nb", "", "a b"),
        ("売上 2024", "", "売上 2024"),
        ("", "", "(no name)"),
    ],
)
def test_a_column_is_called_by_a_short_line(name: str, unit: str, text: str) -> None:
    assert formats.label(name, unit) == text


@pytest.mark.parametrize(
    ("name", "low", "high", "unit"),
    [
        ("revenue_usd", 0, 5, "USD"),
        ("amount", 0, 5, ""),
        ("discount_rate", 0, 0.3, "%"),
        ("interest_rate", 0, 12, ""),
        ("margin_pct", -5, 40, "%"),
        ("real_investment_billion_usd", 0, 5, "billion USD"),
        ("population_thousands", 0, 5, "thousand"),
        ("consumer_price_index", 0, 500, ""),
        ("million_dollar_club", 0, 5, ""),
        ("wait_seconds", 0, 90, "s"),
    ],
)
def test_a_unit_is_taken_only_where_the_name_leaves_no_doubt(
    name: str, low: float, high: float, unit: str
) -> None:
    assert formats.unit_of(name, low=low, high=high) == unit


@pytest.mark.parametrize(
    ("grain", "text", "following"),
    [
        ("hour", "14 May 2026, 13:00", datetime(2026, 5, 14, 14)),
        ("day", "14 May 2026", datetime(2026, 5, 15)),
        ("week", "the week of 11 May 2026", datetime(2026, 5, 18)),
        ("month", "May 2026", datetime(2026, 6, 1)),
        ("quarter", "Q2 2026", datetime(2026, 7, 1)),
        ("year", "2026", datetime(2027, 1, 1)),
    ],
)
def test_a_period_has_a_name_and_a_successor(grain: str, text: str, following: datetime) -> None:
    start = periods.floor(datetime(2026, 5, 14, 13, 45), grain)
    assert periods.period_name(start, grain).replace(formats.NO_BREAK, " ") == text
    assert periods.shift(start, grain, 1) == following
    assert periods.shift(following, grain, -1) == start
