"""A profile gives every column its type, its role and exact statistics."""

from pathlib import Path

import pytest
from claribi.v1 import data_sources_pb2 as sources
from claribi.v1.data_sources_pb2 import DataTable

from server.analysis.profile import EXACT_DISTINCT, profile_table
from server.analysis.roles import RoleFacts, name_words, role_of

from .tables import opened

ID, MEASURE, DIMENSION = (
    sources.COLUMN_ROLE_IDENTIFIER,
    sources.COLUMN_ROLE_MEASURE,
    sources.COLUMN_ROLE_DIMENSION,
)
TIME, TEXT = sources.COLUMN_ROLE_TIME, sources.COLUMN_ROLE_TEXT
INT, NUMBER, WORDS = sources.COLUMN_TYPE_INTEGER, sources.COLUMN_TYPE_NUMBER, sources.COLUMN_TYPE_TEXT


def profiled(folder: Path, select: str) -> DataTable:
    with opened(folder, select) as query:
        return profile_table(query, "t")


def test_statistics_are_exact(tmp_path: Path) -> None:
    table = profiled(
        tmp_path,
        """select range::bigint as id, ['North', 'South', null][1 + (range % 3)::int] as region,
        range / 4.0 as amount, date '2024-01-01' + (range % 31)::int as day, range % 2 = 0 as even,
        timestamp '2024-01-01' + interval (range) hour as moment from range(300)""",
    )
    by_name = {column.name: column for column in table.columns}
    assert table.rows == 300
    region = by_name["region"]
    assert (region.nulls, region.distinct, region.nullable, region.min, region.max) == (
        100,
        2,
        True,
        "North",
        "South",
    )
    assert [(top.value, top.count) for top in region.top] == [("North", 100), ("South", 100)]
    assert (by_name["amount"].min, by_name["amount"].max) == ("0", "74.75")
    assert (by_name["day"].min, by_name["day"].max, by_name["day"].distinct) == (
        "2024-01-01",
        "2024-01-31",
        31,
    )
    assert (by_name["moment"].min, by_name["moment"].max) == ("2024-01-01", "2024-01-13T11:00:00")
    assert [(top.value, top.count) for top in by_name["even"].top] == [("false", 150), ("true", 150)]
    assert [column.role for column in table.columns] == [ID, DIMENSION, MEASURE, TIME, DIMENSION, TIME]
    assert not by_name["id"].nullable


def test_many_values_are_estimated_and_few_are_counted(tmp_path: Path) -> None:
    table = profiled(
        tmp_path, f"select range as a, (range % {EXACT_DISTINCT})::varchar as b from range(100000)"
    )
    many, few = table.columns
    assert abs(many.distinct - 100_000) < 5_000
    assert not many.top
    assert few.distinct == EXACT_DISTINCT
    assert len(few.top) == 10


@pytest.mark.parametrize(
    "select",
    [
        "select null::varchar as a, null::bigint as b, null::date as c from range(5)",
        "select 1::bigint as a",
        'select \'x\' as "say ""hi""", 2::bigint as "select", \'y\' as "漢字 🙂", 1 as "new\nline"',
        "select " + ", ".join(f"range as c{i}" for i in range(200)) + " from range(3)",
        "select range as a from range(0)",
    ],
)
def test_any_table_has_a_profile(tmp_path: Path, select: str) -> None:
    table = profiled(tmp_path, select)
    assert all(column.distinct <= table.rows for column in table.columns)


def test_long_text_is_cut_in_a_profile(tmp_path: Path) -> None:
    (column,) = profiled(tmp_path, "select repeat('x', 5000) as a").columns
    assert len(column.min) == len(column.top[0].value) == 200


@pytest.mark.parametrize(
    ("name", "type_", "values", "distinct", "low", "high", "role"),
    [
        ("order_id", INT, 1000, 1000, 1, 1000, ID),
        ("customerId", INT, 1000, 300, 1, 500, ID),
        ("store_id", INT, 1000, 5, 1, 5, DIMENSION),
        ("id", WORDS, 1000, 1000, "a", "z", ID),
        ("zip", INT, 1000, 400, 10000, 99999, ID),
        ("zip_code", INT, 1000, 12, 10000, 99999, DIMENSION),
        ("year", INT, 1000, 10, 2015, 2024, DIMENSION),
        ("month", INT, 1000, 12, 1, 12, DIMENSION),
        ("years_employed", INT, 1000, 30, 0, 40, MEASURE),
        ("latitude", NUMBER, 1000, 900, -80.0, 80.0, DIMENSION),
        ("amount", NUMBER, 1000, 900, 0.0, 9.0, MEASURE),
        ("quantity", INT, 1000, 4, 1, 4, MEASURE),
        ("rating", INT, 1000, 5, 1, 5, MEASURE),
        ("number_of_items", INT, 1000, 50, 1, 60, MEASURE),
        ("account number", INT, 1000, 900, 1000, 9999, ID),
        ("pclass", INT, 1000, 3, 1, 3, DIMENSION),
        ("something", INT, 1000, 200, 1, 5000, MEASURE),
        ("line", INT, 1000, 1000, 0, 999, ID),
        ("line", INT, 1020, 1000, 0, 999, ID),  # some rows are copies
        ("line", INT, 1000, 1000, 500, 2499, ID),  # some rows were deleted
        ("Order #", INT, 1000, 990, 1, 900_000, ID),
        ("# orders", INT, 1000, 990, 1, 900_000, MEASURE),
        ("Page Views #", INT, 1000, 23, 1, 31, MEASURE),
        ("Address #", INT, 1000, 600, 1, 900_000, ID),
        ("№", INT, 1000, 990, 1, 900_000, ID),
        ("Belegnummer", INT, 1000, 990, 1, 900_000, ID),
        ("reach", INT, 1000, 632, 1, 1000, MEASURE),
        ("reach", INT, 1000, 905, 1, 5000, MEASURE),
        ("subscribers", INT, 365, 365, 9000, 10100, MEASURE),  # three more every day
        ("region", WORDS, 1000, 4, "a", "z", DIMENSION),
        ("customer", WORDS, 1000, 400, "a", "z", DIMENSION),
        ("email", WORDS, 1000, 900, "a", "z", ID),
        ("country_code", WORDS, 1000, 5, "a", "z", DIMENSION),
        ("name", WORDS, 5, 5, "a", "z", DIMENSION),
        ("opened", sources.COLUMN_TYPE_DATE, 9, 9, None, None, TIME),
        ("active", sources.COLUMN_TYPE_BOOLEAN, 9, 2, None, None, DIMENSION),
    ],
)
def test_a_role_follows_from_name_and_values(
    name: str, type_: int, values: int, distinct: int, low: object, high: object, role: int
) -> None:
    facts = RoleFacts(name, type_, values, distinct, low, high, length=8.0, spaced=0.0)
    assert role_of(facts) == role


def test_prose_is_text_and_unique_codes_are_identifiers() -> None:
    assert role_of(RoleFacts("notes", WORDS, 1000, 1000, "a", "z", length=120.0, spaced=1.0)) == TEXT
    assert role_of(RoleFacts("title", WORDS, 1000, 990, "a", "z", length=20.0, spaced=0.9)) == TEXT
    assert role_of(RoleFacts("reference", WORDS, 1000, 1000, "a", "z", length=12.0, spaced=0.0)) == ID


@pytest.mark.parametrize("name", ["orderID", "order_id", "Order Id", "ORDER-ID"])
def test_names_are_split_into_words_whatever_their_style(name: str) -> None:
    assert name_words(name) == ["order", "id"]
