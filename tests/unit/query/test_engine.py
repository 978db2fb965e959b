"""A snapshot is opened with its tables, answers with names, and says what is wrong with it."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from server.query.engine import QueryError, open_snapshot
from server.query.snapshot import SnapshotError, StoredTable, read_manifest, write_manifest
from server.query.sql import literal, quote


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with duckdb.connect() as connection:
        connection.execute(f"copy (select range as i from range(3)) to '{tmp_path}/001.parquet'")
    return tmp_path


def test_rows_and_parameters(folder: Path) -> None:
    write_manifest(folder, [StoredTable('odd "name" ; 漢', "001.parquet", 3)])
    with open_snapshot(folder) as query:
        assert query.tables == ('odd "name" ; 漢',)
        assert query.rows(f"select i, i * ? as d from {quote(query.tables[0])}", [2]) == [
            (0, 0),
            (1, 2),
            (2, 4),
        ]
        assert query.one("select 1 where false") is None
        with pytest.raises(QueryError):
            query.rows("select nope")


def test_the_same_question_is_asked_once_and_its_answer_is_nobodys_to_change(folder: Path) -> None:
    with open_snapshot(folder) as query:
        asked = "select ? + 1 as more", [1]
        query.rows(*asked).clear()
        assert query.rows(*asked) == [(2,)]
        assert query.rows("select ? + 1 as more", [1.5]) == [(2.5,)]
        assert query.rows("select typeof(?)", [1]) != query.rows("select typeof(?)", [1.0])


def test_questions_asked_side_by_side_are_answered_in_their_order(folder: Path) -> None:
    with open_snapshot(folder, threads=1, beside=2) as query:
        found = query.side_by_side(lambda number: query.rows("select ? * 2", [number])[0][0], list(range(40)))
    assert found == [2 * number for number in range(40)]


def test_without_a_manifest_each_parquet_file_is_a_table(folder: Path) -> None:
    with open_snapshot(folder) as query:
        assert query.one('select count(*) from "001"') == (3,)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"tables": [{"name": "t"}]}', '{"tables": []}', '{"tables": 3}']
)
def test_a_broken_manifest_is_an_error_that_says_so(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text)
    with pytest.raises(SnapshotError):
        read_manifest(folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    write_manifest(folder, [StoredTable("t", "002.parquet")])
    with pytest.raises(SnapshotError, match="'t'"):
        read_manifest(folder)


@pytest.mark.parametrize("name", ["a", 'a"b', "a'b", "", "select", "a;b--", "\\", "漢"])
def test_names_and_texts_are_quoted_so_that_they_come_back(name: str) -> None:
    with duckdb.connect() as connection:
        assert connection.execute(f"select {literal(name)}").fetchone() == (name,)
        if name:
            assert connection.execute(f"select 1 as {quote(name)}").description[0][0] == name
    with pytest.raises(ValueError, match="NUL"):
        quote("a\0b")


def test_checking_widgets_in_the_server_loads_no_engine() -> None:
    heavy = "{'duckdb', 'numpy', 'scipy'}"
    code = (
        f"import sys, server.analysis.widgets, server.query.check; sys.exit(bool({heavy} & set(sys.modules)))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[3]).returncode
        == 0
    )
