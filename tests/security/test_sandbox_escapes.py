"""What DuckDB could be talked into: nothing outside the snapshot is read, and nothing at all is written."""

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from server.query.engine import Query, QueryError, open_snapshot
from server.query.snapshot import SnapshotError, StoredTable, write_manifest

CANARY = "canary-4711-outside"
# {out}: a folder outside, with canary.csv, canary.parquet, canary.json, canary.db; {snap}: the snapshot itself.
READS = """
select * from read_csv('{out}/canary.csv')
select * from read_csv_auto('{out}/canary.csv')
select * from read_text('{out}/canary.csv')
select * from read_blob('{out}/canary.csv')
select * from read_parquet('{out}/canary.parquet')
select * from parquet_scan('{out}/canary.parquet')
select * from parquet_metadata('{out}/canary.parquet')
select * from parquet_schema('{out}/canary.parquet')
select * from parquet_kv_metadata('{out}/canary.parquet')
select * from read_json('{out}/canary.json')
select * from read_json_objects('{out}/canary.json')
select * from read_ndjson_auto('{out}/canary.json')
select * from sniff_csv('{out}/canary.csv')
select * from glob('{out}/*')
select * from glob('/etc/*')
select * from '{out}/canary.csv'
select * from '{out}/canary.parquet'
select * from read_text('/etc/passwd')
select * from read_text('/proc/self/environ')
select * from read_text('/proc/self/cmdline')
select * from read_blob('/proc/self/mem')
select * from read_text('{snap}/../outside/canary.csv')
select * from read_parquet('{snap}/../outside/canary.parquet')
select * from read_parquet(['{snap}/t.parquet', '{out}/canary.parquet'])
select * from read_parquet('{snap}/*.parquet', filename = true)
select * from read_text('{snap}/manifest.json')
select * from read_text('file://{out}/canary.csv')
select * from read_csv('http://127.0.0.1:9/canary.csv')
select * from read_parquet('https://example.invalid/x.parquet')
select * from read_parquet('s3://bucket/x.parquet')
select * from query('select * from read_text(''{out}/canary.csv'')')
select * from query_table('{out}/canary.csv')
select (select content from read_text('{out}/canary.csv'))
with a as (select * from read_text('{out}/canary.csv')) select * from a
select * from t where s = (select content from read_text('{out}/canary.csv'))
select * from sqlite_scan('{out}/canary.db', 'c')
select * from postgres_scan('host=127.0.0.1', 'public', 't')
select * from mysql_scan('host=127.0.0.1', 'd', 't')
select * from iceberg_scan('{out}')
select * from delta_scan('{out}')
select * from st_read('{out}/canary.csv')
select * from read_xlsx('{out}/canary.csv')
select * from which_secret('{out}', 's3')
select getenv('CANARY')
select * from secret_rows
select * from secret_list
select getvariable('secret_rows')
select * from python_map_function()
select * from arrow_scan(1, 2, 3)
select * from pandas_scan(1)
select * from seq_scan('{out}')
""".strip().splitlines()
WRITES = """
copy t to '{out}/new.csv'
copy t to '{snap}/t.parquet' (format parquet)
copy (select 1) to '{snap}/new.parquet' (format parquet)
copy t to '/dev/stdout'
copy t from '{out}/canary.csv'
export database '{out}/dump'
import database '{out}/dump'
attach '{out}/new.db'
attach '{out}/canary.db' as c
attach ':memory:' as m
use memory
detach memory
install httpfs
load httpfs
load '{out}/canary.so'
force install 'x' from 'http://127.0.0.1:9'
update extensions
set enable_external_access = true
set allowed_directories = ['/']
set allowed_paths = ['/etc/passwd']
set lock_configuration = false
set memory_limit = '100GB'
set threads = 64
set temp_directory = '{out}'
set home_directory = '{out}'
set extension_directory = '{out}'
set python_enable_replacements = true
set file_search_path = '{out}'
set log_query_path = '{out}/log'
reset enable_external_access
pragma enable_profiling
pragma profiling_output = '{out}/profile'
pragma database_list
call pragma_version()
create table new as select 1
create or replace view t as select 1
create temp table new (i int)
create macro f() as table select * from read_text('{out}/canary.csv')
create secret s (type s3)
create function f() as 1
create schema x
drop view t
alter view t rename to u
insert into t values (1)
delete from t
update t set i = 0
truncate t
checkpoint
vacuum
analyze
begin
commit
prepare p as select 1
execute p
deallocate p
explain analyze select * from t
explain select 1
set variable x = 1
select 1; select 2
select 1; drop view t
select 1; copy t to '{out}/new.csv'
with a as (delete from t returning i) select count(*) from a
with a as (insert into t values (1) returning *) select * from a
; ;
""".strip().splitlines()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("escape")
    snapshot, outside = root / "snap", root / "outside"
    snapshot.mkdir()
    outside.mkdir()
    with duckdb.connect() as connection:
        connection.execute(f"copy (select range as i, 'x' as s from range(100)) to '{snapshot}/t.parquet'")
        connection.execute(f"copy (select '{CANARY}' as c) to '{outside}/canary.parquet'")
    (outside / "canary.csv").write_text(f"c\n{CANARY}\n")
    (outside / "canary.json").write_text(f'{{"c": "{CANARY}"}}')
    (outside / "canary.db").write_bytes(b"SQLite format 3\0" + CANARY.encode())
    (outside / "canary.so").write_bytes(b"\x7fELF")
    write_manifest(snapshot, [StoredTable("t", "t.parquet", 100)])
    return root


@pytest.fixture
def query(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Query]:
    monkeypatch.setenv("CANARY", CANARY)
    with open_snapshot(folder / "snap", memory_mb=256, threads=2) as opened:
        yield opened


def state(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def answer(query: Query, statement: str, folder: Path) -> str:
    secret_rows = [(CANARY,)]
    secret_list = [CANARY]
    text = statement.format(out=folder / "outside", snap=folder / "snap")
    try:
        return repr(query.rows(text))
    except QueryError:
        return ""
    finally:
        del secret_rows, secret_list


@pytest.mark.parametrize("statement", READS)
def test_nothing_outside_the_snapshot_can_be_read(query: Query, folder: Path, statement: str) -> None:
    before = state(folder)
    got = answer(query, statement, folder)
    assert CANARY not in got
    assert "root:" not in got
    assert os.environ["PATH"] not in got
    assert state(folder) == before
    assert query.one("select count(*) from t") == (100,)


@pytest.mark.parametrize("statement", WRITES)
def test_nothing_but_one_select_runs_and_nothing_changes(query: Query, folder: Path, statement: str) -> None:
    before = state(folder)
    text = statement.format(out=folder / "outside", snap=folder / "snap")
    with pytest.raises(QueryError):
        query.rows(text)
    assert state(folder) == before
    assert query.one("select count(*) from t") == (100,)


def test_a_file_added_to_the_folder_later_cannot_be_read(query: Query, folder: Path) -> None:
    late = folder / "snap" / "late.parquet"
    late.write_bytes((folder / "outside" / "canary.parquet").read_bytes())
    try:
        with pytest.raises(QueryError):
            query.rows(f"select * from read_parquet('{late}')")
    finally:
        late.unlink()


@pytest.mark.parametrize("file", ["../outside/canary.parquet", "/etc/passwd", "sub/t.parquet", ".."])
def test_a_manifest_cannot_point_out_of_its_folder(tmp_path: Path, file: str) -> None:
    write_manifest(tmp_path, [StoredTable("t", file)])
    with pytest.raises(SnapshotError), open_snapshot(tmp_path):
        pass


def test_the_corpus_is_large_enough_to_mean_something() -> None:
    assert len(set(READS) | set(WRITES)) >= 110
