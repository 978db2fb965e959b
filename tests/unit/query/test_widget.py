"""A widget's question becomes one SELECT with parameters, checked against the schema by field."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from claribi.v1 import dashboards_pb2 as boards
from claribi.v1 import insights_pb2
from claribi.v1.dashboards_pb2 import Dashboard, Filter, Widget, WidgetQuery
from claribi.v1.data_sources_pb2 import DataSchema
from google.protobuf.message import Message

from server.analysis.board import suggest_widgets
from server.analysis.profile import profile_table
from server.analysis.widgets import run
from server.query.check import check_query
from server.query.engine import Query, open_snapshot
from server.query.snapshot import StoredTable, write_manifest
from server.query.widget import widget_query

BAR, LINE, METRIC = boards.WIDGET_TYPE_BAR, boards.WIDGET_TYPE_LINE, boards.WIDGET_TYPE_METRIC
HOSTILE = [
    "' or '1'='1", "'; drop view orders; --", "\" or 1=1 --", "1 union select 1,2,3,4", "?", "$1", "%s", "{0}",
    "\\", "\\'", "''", "';copy orders to '/tmp/x';--", "/**/", "a\nb", "漢字", "ꞌ or 1=1", "0x27", "char(39)",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("orders")
    with duckdb.connect() as connection:
        connection.execute(
            f"""copy (select range::bigint as id, date '2024-01-01' + (range % 60)::int as day,
            timestamp '2024-01-01 06:00:00' + interval (range) minute as moment,
            ['North', 'South', null, 'East'][1 + (range % 4)::int] as region, ['web', 'shop'][1 + (range % 2)::int]
            as channel, range / 2.0::double as amount, range % 3 = 0 as returned, 'it''s "odd"' as "odd ""name"" ?"
            from range(240)) to '{folder}/001.parquet'"""
        )
        connection.execute(f"copy (select 1::bigint as n) to '{folder}/002.parquet'")
    write_manifest(folder, [StoredTable("orders", "001.parquet"), StoredTable("second table", "002.parquet")])
    return folder


@pytest.fixture(scope="module")
def query(folder: Path) -> Iterator[Query]:
    with open_snapshot(folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def schema(query: Query) -> DataSchema:
    return DataSchema(tables=[profile_table(query, table) for table in query.tables])


def ask(
    query: Query, schema: DataSchema, asked: WidgetQuery, *filters: Filter, type_: int = BAR
) -> list[Any]:
    question = widget_query(asked, schema.tables[0], filters, type_=type_)
    rows = query.rows(question.sql, question.params)
    # The statement as shown gives the same answer.
    assert query.rows(question.text) == rows
    return rows


def test_a_category_is_counted_largest_first_with_missing_values_kept(
    query: Query, schema: DataSchema
) -> None:
    rows = ask(query, schema, WidgetQuery(x="channel"))
    assert rows == [("shop", None, 120, 2), ("web", None, 120, 2)]
    assert (None, None, 60, 4) in ask(query, schema, WidgetQuery(x="region"))


def test_every_aggregation_gives_what_its_name_says(query: Query, schema: DataSchema) -> None:
    wanted = {
        "SUM": 14340.0,
        "AVERAGE": 59.75,
        "COUNT": 240,
        "MIN": 0.0,
        "MAX": 119.5,
        "MEDIAN": 59.75,
        "DISTINCT_COUNT": 240,
    }
    for word, value in wanted.items():
        asked = WidgetQuery(
            measure="amount", aggregation=insights_pb2.Aggregation.Value(f"AGGREGATION_{word}")
        )
        assert ask(query, schema, asked, type_=METRIC) == [(None, None, value, 1)]
    assert ask(query, schema, WidgetQuery(measure="amount"), type_=METRIC)[0][2] == wanted["SUM"]


def test_time_is_cut_to_the_grain_and_told_forwards_ending_with_the_newest(
    query: Query, schema: DataSchema
) -> None:
    rows = ask(query, schema, WidgetQuery(x="day", grain=insights_pb2.GRAIN_MONTH), type_=LINE)
    assert [(str(row[0])[:10], row[2]) for row in rows] == [("2024-01-01", 124), ("2024-02-01", 116)]
    rows = ask(query, schema, WidgetQuery(x="day", limit=3), type_=LINE)
    assert [str(row[0])[:10] for row in rows] == ["2024-02-27", "2024-02-28", "2024-02-29"]
    assert rows[0][3] == 60
    hours = ask(query, schema, WidgetQuery(x="moment"), type_=LINE)
    assert [(row[0], row[2]) for row in hours][:2] == [
        ("2024-01-01T06:00:00", 60),
        ("2024-01-01T07:00:00", 60),
    ]


@pytest.mark.parametrize(
    ("sort", "first"), [("", "East"), ("value", "North"), ("-value", "East"), ("x", "East"), ("-x", "South")]
)
def test_points_are_sorted_as_asked(query: Query, schema: DataSchema, sort: str, first: str) -> None:
    rows = ask(query, schema, WidgetQuery(x="region", measure="amount", sort=sort, limit=1))
    assert rows[0][0] == first
    assert rows[0][3] == 4


@pytest.mark.parametrize(
    ("column", "operator", "values", "rows"),
    [
        ("region", "IN", ["North", "South"], 120),
        ("region", "UNSPECIFIED", ["North"], 60),
        ("region", "NOT_IN", ["North"], 180),
        ("id", "GTE", ["200"], 40),
        ("amount", "LTE", ["9.5"], 20),
        ("returned", "IN", ["true"], 80),
        ("day", "GTE", ["2024-02-29"], 4),
        ("moment", "LTE", ["2024-01-01"], 240),
        ("moment", "LTE", ["2024-01-01T06:59:00Z"], 60),
        ("moment", "LTE", ["2024-01-01T08:59:00+02:00"], 60),
        ('odd "name" ?', "IN", ['it\'s "odd"'], 240),
    ],
)
def test_filters_compare_in_the_type_of_the_column(
    query: Query, schema: DataSchema, column: str, operator: str, values: list[str], rows: int
) -> None:
    number = boards.FilterOperator.Value(f"FILTER_OPERATOR_{operator}")
    given = Filter(column=column, operator=number, values=values)
    assert ask(query, schema, WidgetQuery(filters=[given]), type_=METRIC)[0][2] == rows


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_value_is_only_a_value(query: Query, schema: DataSchema, text: str) -> None:
    asked = WidgetQuery(filters=[Filter(column="region", values=[text])])
    assert ask(query, schema, asked, type_=METRIC)[0][2] == 0
    question = widget_query(asked, schema.tables[0])
    assert question.params == (text,)
    assert question.sql.count("?") == 1


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("field", ["measure", "x", "series", "table"])
def test_a_hostile_name_is_an_unknown_column(schema: DataSchema, field: str, text: str) -> None:
    problems = check_query(Widget(type=BAR, query=WidgetQuery(**{field: text})), schema)
    assert problems[f"query.{field}"][0].startswith("Unknown")


@pytest.mark.parametrize(
    ("type_", "asked", "field", "text"),
    [
        ("BAR", {"x": "nope"}, "x", "Unknown column 'nope'. Columns: id, day, moment, region"),
        ("BAR", {"x": "region", "measure": "channel"}, "measure", "'channel' holds text"),
        ("BAR", {"x": "region", "aggregation": "AGGREGATION_SUM"}, "measure", "needs a column"),
        ("BAR", {}, "x", "Name the column along the axis"),
        ("BAR", {"x": "region", "grain": "GRAIN_DAY"}, "grain", "no time column"),
        ("LINE", {"x": "day", "grain": "GRAIN_HOUR"}, "grain", "holds days"),
        ("BAR", {"x": "region", "series": "region"}, "series", "already"),
        ("METRIC", {"x": "region"}, "x", "no axis"),
        ("HEATMAP", {"x": "region"}, "series", "second column"),
        ("SCATTER", {"x": "region", "measure": "amount"}, "x", "needs numbers"),
        ("SCATTER", {"x": "id"}, "measure", "needs a column of numbers"),
        ("BAR", {"table": "nope"}, "table", "Tables: orders, second table."),
        ("METRIC", {"filters": [{"column": "nope", "values": ["1"]}]}, "filters.0.column", "Unknown column"),
        ("METRIC", {"filters": [{"column": "id", "values": ["x"]}]}, "filters.0.values", "Expected a number"),
        ("METRIC", {"filters": [{"column": "day", "values": ["1.2.2024"]}]}, "filters.0.values", "ISO 8601 date"),
        ("METRIC", {"filters": [{"column": "id", "values": ["nan"]}]}, "filters.0.values", "Expected a number"),
        ("METRIC", {"filters": [{"column": "id", "operator": 3, "values": ["1", "2"]}]}, "filters.0.values",
         "one value"),
    ],
)  # fmt: skip
def test_a_wrong_question_is_refused_by_field(
    schema: DataSchema, type_: str, asked: dict[str, Any], field: str, text: str
) -> None:
    widget = Widget(type=boards.WidgetType.Value(f"WIDGET_TYPE_{type_}"), query=WidgetQuery(**asked))
    problems = check_query(widget, schema)
    assert list(problems) == [f"query.{field}"]
    assert text in problems[f"query.{field}"][0]


def test_a_scatter_widget_shows_rows_and_always_the_same_ones(query: Query, schema: DataSchema) -> None:
    asked = WidgetQuery(x="id", measure="amount", limit=20)
    rows = ask(query, schema, asked, type_=boards.WIDGET_TYPE_SCATTER)
    assert len(rows) == 20
    assert rows[0][3] == 240
    assert all(value == x / 2 for x, _, value, _ in rows)
    assert rows == ask(query, schema, asked, type_=boards.WIDGET_TYPE_SCATTER)


def packed(message: Message) -> str:
    return base64.b64encode(message.SerializeToString()).decode()


def source(folder: Path, schema: DataSchema) -> dict[str, str]:
    return {"id": "s", "directory": str(folder), "hash": "f00", "schema": packed(schema)}


def answered(folder: Path, schema: DataSchema, widgets: list[Widget], *filters: Filter) -> list[Widget]:
    payload = {
        "widgets": [packed(widget) for widget in widgets],
        "filters": [packed(item) for item in filters],
        "sources": {"s": source(folder, schema)},
        "now": "2026-01-01T00:00:00+00:00",
    }
    return list(Dashboard.FromString(run(payload, lambda *_: None)).widgets)


def test_a_widget_that_fails_carries_its_error_and_the_rest_lives(folder: Path, schema: DataSchema) -> None:
    good = Widget(id="a", type=BAR, data_source_id="s", query=WidgetQuery(x="region", measure="amount"))
    wrong = Widget(id="b", type=BAR, data_source_id="s", query=WidgetQuery(x="nope"))
    lost = Widget(id="c", type=METRIC, data_source_id="gone", query=WidgetQuery())
    a, b, c = answered(folder, schema, [good, wrong, lost])
    assert [point.x for point in a.data.points] == ["East", "(none)", "South", "North"]
    assert (a.data.total_points, list(a.data.columns), a.data.snapshot_hash) == (
        4,
        ["region", "sum(amount)"],
        "f00",
    )
    assert a.refreshed_at.ToJsonString() == "2026-01-01T00:00:00Z"
    assert not a.HasField("error")
    assert "Unknown column 'nope'" in b.error
    assert "not there" in c.error
    assert not b.HasField("data")
    assert not c.HasField("data")


def test_filters_of_the_dashboard_hold_where_the_column_exists(folder: Path, schema: DataSchema) -> None:
    metric = Widget(type=METRIC, data_source_id="s", query=WidgetQuery())
    other = Widget(type=METRIC, data_source_id="s", query=WidgetQuery(table="second table"))
    first, second = answered(folder, schema, [metric, other], Filter(column="region", values=["North"]))
    assert (first.data.points[0].value, second.data.points[0].value) == (60, 1)


def test_no_rows_is_null_for_a_sum_and_zero_for_a_count(folder: Path, schema: DataSchema) -> None:
    nothing = Filter(column="region", values=["Nowhere"])
    total = Widget(type=METRIC, data_source_id="s", query=WidgetQuery(measure="amount"))
    count = Widget(type=METRIC, data_source_id="s", query=WidgetQuery())
    total, count = answered(folder, schema, [total, count], nothing)
    assert not total.data.points[0].HasField("value")
    assert count.data.points[0].value == 0


def test_a_suggested_board_is_complete_fits_the_grid_and_answers(folder: Path, schema: DataSchema) -> None:
    board = suggest_widgets("s", schema)
    kinds = [widget.type for widget in board]
    assert kinds.count(METRIC) >= 2
    assert LINE in kinds
    assert BAR in kinds
    taken: set[tuple[int, int]] = set()
    for widget in board:
        place = widget.position
        cells = {(x, y) for x in range(place.x, place.x + place.w) for y in range(place.y, place.y + place.h)}
        assert not cells & taken
        assert max(x for x, _ in cells) <= 11
        taken |= cells
        assert check_query(widget, schema) == {}
    assert all(widget.data.points and not widget.error for widget in answered(folder, schema, board))
    assert suggest_widgets("s", DataSchema()) == []
