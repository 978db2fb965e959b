"""What an upload becomes: names, findings, a hash of the content, the same bytes for the same data."""

from pathlib import Path

import duckdb
import pytest
from claribi.v1 import data_sources_pb2 as sources
from claribi.v1 import insights_pb2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.connectors.base import unique_names
from server.query.snapshot import read_manifest, snapshot_hash

from .ingested import ingest

ORDERS = "id,region,amount\n" + "".join(f"{i},{'NSEW'[i % 4]},{i * 1.5}\n" for i in range(3000))


def test_a_data_source_says_what_it_is(tmp_path: Path) -> None:
    got = ingest(tmp_path, ("Orders 2024.csv", ORDERS))
    source = got.source
    assert (source.engine, source.source_type) == ("csv", sources.SOURCE_TYPE_FILE)
    assert (got.table.name, got.table.rows) == ("Orders 2024", 3000)
    assert [column.name for column in got.table.columns] == ["id", "region", "amount"]
    assert source.snapshot.taken_at.ToJsonString() == "2026-01-01T00:00:00Z"
    assert source.snapshot.bytes == (got.folder / "001.parquet").stat().st_size
    assert source.quality.score == 1.0
    assert not source.quality.findings


def test_the_same_upload_gives_the_same_bytes_and_another_gives_another_hash(tmp_path: Path) -> None:
    first, again = (ingest(tmp_path, ("o.csv", ORDERS * 1)) for _ in range(2))
    other = ingest(tmp_path, ("o.csv", ORDERS.replace("7,", "8,")))
    renamed = ingest(tmp_path, ("p.csv", ORDERS))
    for name in ("001.parquet", "manifest.json"):
        assert (first.folder / name).read_bytes() == (again.folder / name).read_bytes()
    hashes = [got.source.snapshot.hash for got in (first, again, other, renamed)]
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 3
    assert snapshot_hash(read_manifest(first.folder)) == hashes[0]


def test_several_files_are_several_tables_with_names_of_their_own(tmp_path: Path) -> None:
    got = ingest(tmp_path, ("a.csv", "x\n1\n"), ("A.json", '[{"y": 2}]'), ("b.ndjson", '{"z": 3}\n'))
    assert [table.name for table in got.source.schema.tables] == ["a", "A_2", "b"]
    assert sorted(path.name for path in got.folder.iterdir()) == [
        "001.parquet", "002.parquet", "003.parquet", "manifest.json",
    ]  # fmt: skip


def test_column_names_are_kept_trimmed_and_made_unique() -> None:
    assert unique_names([" a ", "A", "", "a", "x\0y"]) == ["a", "A_2", "column_3", "a_3", "xy"]
    assert unique_names(["a", "a_2", "a"]) == ["a", "a_2", "a_3"]


def test_odd_column_names_survive_the_whole_way(tmp_path: Path) -> None:
    names = ['say "hi"', "naïve 漢字 🙂", "select", "a'b", "x;y"]
    header = ",".join('"' + name.replace('"', '""') + '"' for name in names)
    got = ingest(tmp_path, ("odd.csv", f"{header}\n1,2,3,4,5\n6,7,8,9,10\n"))
    assert [column.name for column in got.table.columns] == names


def test_few_stray_words_become_missing_numbers_with_a_finding(tmp_path: Path) -> None:
    values = [str(i) for i in range(97)] + ["unknown", "tbd", "tbd"]
    got = ingest(tmp_path, ("a.csv", "n\n" + "\n".join(values) + "\n"))
    assert (got.column("n").type, got.column("n").nulls) == (sources.COLUMN_TYPE_INTEGER, 3)
    mixed = next(f for f in got.source.quality.findings if f.code == insights_pb2.QUALITY_CODE_MIXED_TYPES)
    assert (mixed.rows_affected, list(mixed.columns), mixed.table) == (3, ["n"], "a")
    assert '"tbd", "unknown"' in mixed.description


def test_many_stray_words_keep_the_column_text_with_a_finding(tmp_path: Path) -> None:
    values = [str(i) for i in range(90)] + ["unknown"] * 10
    got = ingest(tmp_path, ("a.csv", "n\n" + "\n".join(values) + "\n"))
    assert got.column("n").type == sources.COLUMN_TYPE_TEXT
    assert "kept as text" in got.texts


def test_a_type_is_judged_on_all_rows_not_on_the_first(tmp_path: Path) -> None:
    late = "n,d\n" + "".join(f"{i},\n" for i in range(5000)) + "0.5,2024-01-01\n"
    got = ingest(tmp_path, ("a.csv", late))
    assert got.column("n").type == sources.COLUMN_TYPE_NUMBER
    assert got.column("d").type == sources.COLUMN_TYPE_DATE
    words = "n\n" + "".join(f"{i}\n" for i in range(5000)) + "word\n" * 5000
    assert ingest(tmp_path, ("b.csv", words)).column("n").type == sources.COLUMN_TYPE_TEXT


def test_dates_that_can_be_read_in_two_ways_are_reported(tmp_path: Path) -> None:
    got = ingest(tmp_path, ("a.csv", "d,n\n01/02/2024,1\n03/04/2024,2\n"))
    assert "can be read in two ways" in got.texts
    assert "can be read" not in ingest(tmp_path, ("a.csv", "d,n\n01/02/2024,1\n03/14/2024,2\n")).texts


def test_an_encoding_that_was_guessed_is_reported(tmp_path: Path) -> None:
    assert "not UTF-8" in ingest(tmp_path, ("a.csv", "a,b\né,1\n".encode("latin-1"))).texts


def test_parquet_keeps_its_types_and_what_has_no_type_here_becomes_text(tmp_path: Path) -> None:
    path = tmp_path / "made"
    with duckdb.connect() as connection:
        connection.execute(
            f"""copy (select 1::utinyint as a, 1.25::decimal(9, 2) as b, 'nan'::float as c, true as d,
            date '2024-01-05' as e, timestamptz '2024-01-05 12:00:00+02' as f, [1, 2] as g, {{'x': 1}} as h,
            '\\xFF'::blob as i, interval 1 day as j, uuid() is not null as k,
            170141183460469231731687303715884105727 as l, 'x' as m) to '{path}' (format parquet)"""
        )
    got = ingest(tmp_path, ("p.parquet", path.read_bytes()))
    row = got.rows()[0]
    assert row[0:4] == (1, 1.25, None, True)
    assert str(row[5]) == "2024-01-05 10:00:00"
    assert row[6:9] == ("[1,2]", '{"x":1}', "1 bytes")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1),
            st.integers(-(10**15), 10**15),
        ),
        min_size=2,
        max_size=20,
    )
)
def test_text_that_was_written_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, int]]
) -> None:
    # A letter in front keeps the text text: what is a number or a date is another test.
    lines = ["words,numbers"] + ['"Ω' + text.replace('"', '""') + f'",{number}' for text, number in rows]
    got = ingest(tmp_path_factory.mktemp("round"), ("r.csv", "\n".join(lines) + "\n"))
    assert got.rows() == [(f"Ω{text}", number) for text, number in rows]
