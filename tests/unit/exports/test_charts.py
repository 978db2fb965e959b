"""Charts: round ticks, labels that stay apart and inside, and a specification nobody else can reach into."""

from __future__ import annotations

import itertools
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from claribi.v1 import insights_pb2 as pb

from server.exports import charts
from server.exports.charts import palette, waterfall
from server.exports.charts.line_labels import spread
from server.exports.charts.text_size import width, wrap
from server.exports.charts.ticks import moment, number_ticks, time_ticks
from server.exports.outline import displays
from tests.unit.exports import sample_report

REPORT = sample_report.sample()
NUMBERS = displays(REPORT)


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0, 97, ["0", "20", "40", "60", "80", "100"]),
        (0, 0.9, ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (9_000, 13_000, ["9k", "10k", "11k", "12k", "13k"]),
        (0, 4_200, ["0", "1,000", "2,000", "3,000", "4,000", "5,000"]),
        (-50, 50, ["−60", "−40", "−20", "0", "20", "40", "60"]),
        (0, 2.4e12, ["0", "0.5tn", "1.0tn", "1.5tn", "2.0tn", "2.5tn"]),
        (0, 2e-9, ["0", "5×10⁻¹⁰", "1×10⁻⁹", "1.5×10⁻⁹", "2×10⁻⁹"]),
        (1e9, 1e9 + 3, ["1,000,000,000", "1,000,000,001", "1,000,000,002", "1,000,000,003"]),
        (5, 5, ["4.4", "4.6", "4.8", "5.0", "5.2", "5.4", "5.6"]),
    ],
)
def test_ticks_are_round_and_enclose_the_data(low: float, high: float, labels: list[str]) -> None:
    ticks = number_ticks(low, high)
    assert ticks[0].at <= low
    assert ticks[-1].at >= high * (1 - 1e-9)
    assert [tick.label for tick in ticks] == labels


def test_a_scale_is_made_of_the_values_shown_and_of_nothing_else() -> None:
    chart = next(one for one in REPORT.charts if one.type == pb.CHART_TYPE_LINE)
    values = [point.y for series in chart.series for point in series.points if point.HasField("y")]
    printed = [tick.label for tick in number_ticks(min(values), max(values), unit=chart.y.unit)]
    texts = set(re.findall(r">([^<>]+)</text>", charts.svg(chart, NUMBERS)))
    assert len(printed) >= 3
    assert set(printed) <= {text.replace("&#160;", "\u00a0") for text in texts}


@pytest.mark.parametrize(
    ("step", "count", "grain", "first", "last"),
    [
        (timedelta(days=1), 5, pb.GRAIN_DAY, "1 Jan 2025", "5 Jan 2025"),
        (timedelta(days=1), 200, pb.GRAIN_DAY, "Jan 2025", "Jul 2025"),
        (timedelta(days=7), 260, pb.GRAIN_WEEK, "2025", "2029"),
        (timedelta(hours=1), 24, pb.GRAIN_HOUR, "1 Jan 00:00", "1 Jan 21:00"),
        (timedelta(days=365.25), 60, pb.GRAIN_YEAR, "2030", "2080"),
    ],
)
def test_ticks_of_time_are_few_and_in_the_words_of_the_grain(
    step: timedelta, count: int, grain: pb.Grain, first: str, last: str
) -> None:
    start = datetime(2025, 1, 1, tzinfo=UTC)
    ticks = time_ticks([start + index * step for index in range(count)], grain)
    assert 2 <= len(ticks) <= 8
    assert (ticks[0][1], ticks[-1][1]) == (first, last)


@pytest.mark.parametrize(
    ("text", "year"),
    [("2024", 2024), ("2024-05", 2024), ("2024-05-01T10:00:00Z", 2024), ("May", None), ("", None)],
)
def test_moments_are_read_in_every_form_that_iso_8601_has_for_our_grains(text: str, year: int | None) -> None:
    found = moment(text)
    assert (found.year if found else None) == year


def _urls(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [
            key for key in value if key in ("url", "href", "image", "expr", "signal", "transform", "params")
        ] + [found for item in value.values() for found in _urls(item)]
    return [found for item in value for found in _urls(item)] if isinstance(value, list) else []


@pytest.mark.parametrize("chart", REPORT.charts, ids=lambda chart: chart.id)
def test_a_specification_fetches_nothing_and_computes_nothing(chart: pb.Chart) -> None:
    specification = charts.specification(chart, NUMBERS)
    assert _urls(specification) == []
    assert {layer["mark"]["type"] for layer in specification["layer"]} <= {
        "rule", "text", "line", "area", "rect", "point",
    }  # fmt: skip
    json.dumps(specification, allow_nan=False)


def texts(svg: str) -> list[tuple[float, float, str, str]]:
    """Left and right end (px, estimated), anchor and words of each text of a drawing."""
    root = ElementTree.fromstring(svg)
    found: list[tuple[float, float, str, str]] = []
    _texts(root, 0.0, found)
    return found


def _texts(node: ElementTree.Element, x: float, found: list[tuple[float, float, str, str]]) -> None:
    shift = re.match(r"translate\(([-\d.]+)", node.get("transform", ""))
    x += float(shift.group(1)) if shift else 0.0
    if node.tag.endswith("}text"):
        lines = [child.text or "" for child in node] or [node.text or ""]
        wide = max(map(width, lines))
        left = {"end": x - wide, "middle": x - wide / 2}.get(node.get("text-anchor", ""), x)
        found.append((left, left + wide, node.get("text-anchor", ""), "\n".join(lines)))
    for child in node:
        _texts(child, x, found)


def crowded() -> pb.Chart:
    """Long names everywhere."""
    chart = pb.Chart(type=pb.CHART_TYPE_BAR, title="t", alt="a")
    chart.x.kind, chart.y.label = (
        pb.AXIS_KIND_CATEGORY,
        "A measure with a name that is far longer than the chart " * 3,
    )
    chart.annotations.add(x="Category 9", text="not there")
    series = chart.series.add(name="s")
    for index in range(40):
        series.points.add(
            x=f"Category {index} of a very long name that nobody wants to read in full", y=index - 9
        )
    return chart


def annotated() -> pb.Chart:
    """Long texts at every part of a line, and many lines with long names."""
    chart = pb.Chart(type=pb.CHART_TYPE_LINE, title="t", alt="a", id="annotated")
    chart.x.kind, chart.y.unit = pb.AXIS_KIND_NUMBER, "USD"
    for name in range(6):
        series = chart.series.add(name=f"Series {name} with a name of many words that has to be wrapped")
        for index in range(11):
            series.points.add(x=str(index), y=1e9 + index + name)
    for index in range(0, 11, 2):
        chart.annotations.add(
            x=str(index), text="What happened here takes a good many words to say, and then some more"
        )
    return chart


CROWDED = [crowded(), annotated()]


@pytest.mark.parametrize("total", [250, 640])
@pytest.mark.parametrize("chart", [*REPORT.charts, *CROWDED], ids=lambda chart: chart.id or "crowded")
def test_every_text_of_a_chart_stands_inside_it(chart: pb.Chart, total: float) -> None:
    drawn = charts.svg(chart, NUMBERS, total)
    slack = 8
    for left, right, _, words in texts(drawn):
        assert left >= -slack, words
        assert right <= total + slack, words


def test_only_numbers_that_are_evidence_are_written_beside_the_scale() -> None:
    chart = REPORT.charts[1]
    assert "$1.28 million" in charts.svg(chart, NUMBERS)
    without = charts.svg(chart, {})
    assert "$1.28 million" not in without
    assert "$1.0M" in without


def test_labels_at_the_ends_of_lines_never_touch() -> None:
    placed = spread({0: 50.0, 1: 51.0, 2: 52.0, 3: 199.0}, {0: 28, 1: 14, 2: 14, 3: 28}, 200)
    order = sorted(placed, key=lambda key: placed[key])
    heights = {0: 28, 1: 14, 2: 14, 3: 28}
    for above, below in itertools.pairwise(order):
        assert placed[below] - placed[above] >= (heights[above] + heights[below]) / 2


def test_a_gap_in_the_data_is_a_gap_in_the_line() -> None:
    specification = charts.specification(REPORT.charts[0], NUMBERS)
    lines = [layer for layer in specification["layer"] if layer["mark"]["type"] == "line"]
    assert [len(layer["data"]["values"]) for layer in lines] == [20, 26]


@pytest.mark.parametrize("kind", pb.ChartType.values())
@pytest.mark.parametrize("axis", pb.AxisKind.values())
def test_any_form_on_any_axis_is_drawn_or_left_empty_but_never_fails(
    kind: pb.ChartType, axis: pb.AxisKind
) -> None:
    for points in (
        [],
        [("2024-01-01", 1.0)],
        [("a", 0.0), ("", 0.0)],
        [("1", -1.0), ("x", -2.0), ("2", 1e300)],
    ):
        chart = pb.Chart(type=kind)
        chart.x.kind = axis
        chart.annotations.add(x="2", text="here")
        for name in ("one", "two"):
            series = chart.series.add(name=name)
            for x, y in points:
                series.points.add(x=x, y=y)
        assert charts.svg(chart, {}).startswith("<svg")


@pytest.mark.parametrize("text", ["a\x00b", "a\x07b", "\ufffe", "\x1b[31m", "\u202eabc"])
def test_a_control_character_does_not_end_the_process(text: str) -> None:
    chart = crowded()
    chart.series[0].points[0].x = chart.y.unit = chart.series[0].name = text
    assert charts.svg(chart, {}).startswith("<svg")


def _luminance(colour: str) -> float:
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colour", [palette.INK, palette.MUTED, *palette.SERIES[:7]])
def test_what_is_written_in_a_colour_can_be_read_on_white(colour: str) -> None:
    assert 1.05 / (_luminance(colour) + 0.05) >= 4.5 - 0.3


def test_one_emphasis_turns_the_others_quiet() -> None:
    assert palette.colours([False, True, False]) == [palette.QUIET, palette.SERIES[0], palette.QUIET]
    assert len(set(palette.colours([False] * 8))) == 8


def test_a_long_text_is_wrapped_and_cut_with_an_ellipsis() -> None:
    wrapped = wrap("Greater London and the South East of England, including the Channel Islands", 150)
    assert wrapped.count("\n") == 1
    assert wrapped.endswith("…")
    assert all(width(line) <= 150 for line in wrapped.split("\n"))


def rows_of(specification: dict[str, Any], mark: str) -> list[dict[str, Any]]:
    return [
        row
        for layer in specification["layer"]
        if layer["mark"]["type"] == mark
        for row in layer["data"]["values"]
    ]


def bars_of(names: list[str], *, emphasis: list[str]) -> pb.Chart:
    chart = pb.Chart(type=pb.CHART_TYPE_BAR)
    chart.x.kind = pb.AXIS_KIND_CATEGORY
    strong, others = chart.series.add(name="Strong", emphasis=True), chart.series.add(name="Others")
    for index, name in enumerate(names):
        (strong if name in emphasis else others).points.add(x=name, y=index + 1)
    return chart


def test_bars_that_differ_in_colour_only_are_as_thick_as_others_and_in_the_middle_of_their_row() -> None:
    chart = bars_of(["Furniture", "Lighting", "Textiles", "Kitchen"], emphasis=["Furniture"])
    boxes = rows_of(charts.specification(chart, {}), "rect")
    assert [(box["y"] + box["y2"]) / 2 for box in boxes] == pytest.approx([0, -1, -2, -3])
    assert len({round(box["y"] - box["y2"], 9) for box in boxes}) == 1


@pytest.mark.parametrize(
    ("names", "emphasis"),
    [
        ([f"{hour:02}" for hour in range(24)], ["09", "10"]),
        (["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], ["Wed"]),
        (["below 40", "40 to 80", "80 to 1,100", "1,100 or more"], ["1,100 or more"]),
        (["January", "February", "March", "April", "May", "June", "July", "August"], ["April"]),
    ],
)
def test_hours_weekdays_and_months_stand_in_their_order_whichever_is_emphasised(
    names: list[str], emphasis: list[str]
) -> None:
    drawn = texts(charts.svg(bars_of(names, emphasis=emphasis), {}))
    # The numbers of the value axis come first, and may look like hours.
    shown = [words for _, _, _, words in drawn if words in names][-len(names) :]
    assert sorted(shown, key=names.index) == shown
    assert set(shown) == set(names)


def test_of_many_bars_over_time_the_latest_are_drawn() -> None:
    chart = pb.Chart(type=pb.CHART_TYPE_BAR)
    chart.x.kind, chart.x.grain = pb.AXIS_KIND_TIME, pb.GRAIN_MONTH
    series = chart.series.add(name="s")
    for index in range(100):
        series.points.add(x=f"{2015 + index // 12}-{index % 12 + 1:02}-01", y=index)
    boxes = rows_of(charts.specification(chart, {}), "rect")
    assert max(box["y2"] for box in boxes) == 99


def test_each_part_of_a_waterfall_begins_where_the_one_before_ended() -> None:
    chart = next(chart for chart in REPORT.charts if chart.type == pb.CHART_TYPE_WATERFALL)
    steps = waterfall.steps(chart, NUMBERS)
    assert [step.total for step in steps] == [True, False, False, False, False, True]
    for before, after in itertools.pairwise(steps[:-1]):
        assert after.start == before.end
    assert steps[-2].end == steps[-1].end
    drawn = charts.svg(chart, NUMBERS)
    assert all(display in drawn for display in ("+$182,400", "−$95,300", "$4.36 million"))
    assert "the axis begins at $3.9M" in drawn


def test_a_waterfall_that_crosses_zero_has_its_axis_there() -> None:
    chart = pb.Chart(type=pb.CHART_TYPE_WATERFALL)
    series = chart.series.add(name="s")
    for name, value, total in (("Before", -50.0, True), ("Added", 80.0, False), ("After", 30.0, True)):
        point = series.points.add(x=name, y=value)
        if total:
            point.total = True
    assert waterfall.base(waterfall.steps(chart, {})) == 0
    boxes = rows_of(charts.specification(chart, {}), "rect")
    assert {(box["x"], box["x2"]) for box in boxes} == {(0, -50), (-50, 30), (0, 30)}


def test_a_forecast_is_dashed_with_its_interval_as_a_band_that_opens_at_the_last_measured_point() -> None:
    chart = next(
        chart for chart in REPORT.charts if any(s.role == pb.SERIES_ROLE_FORECAST for s in chart.series)
    )
    specification = charts.specification(chart, NUMBERS)
    band = rows_of(specification, "area")
    assert len(band) == 7
    assert band[0]["y"] == band[0]["y2"] == chart.series[0].points[-1].y
    assert all(row["y"] < row["y2"] for row in band[1:])
    dashes = [
        layer["mark"].get("strokeDash") for layer in specification["layer"] if layer["mark"]["type"] == "line"
    ]
    assert [bool(dash) for dash in dashes] == [False, True]
    assert "$1.62 million" in charts.svg(chart, NUMBERS)


def test_a_break_is_drawn_with_the_level_before_and_after_and_a_dot_where_it_is() -> None:
    chart = next(
        chart for chart in REPORT.charts if any(m.text == "New price list" for m in chart.annotations)
    )
    drawn = charts.svg(chart, NUMBERS)
    assert "Level before: $1.21 million" in drawn
    assert "Level after: $1.48 million" in drawn
    points = rows_of(charts.specification(chart, NUMBERS), "point")
    assert chart.series[0].points[20].y in [row["y"] for row in points]


def test_a_slope_is_read_from_number_to_number() -> None:
    chart = next(chart for chart in REPORT.charts if chart.y.label == "Conversion rate")
    drawn = charts.svg(chart, NUMBERS)
    for words in ("52 %", "54 %", "48 %", "45.5 %", "Mobile", "All visits"):
        assert words.replace(" %", " %") in drawn or words in drawn


def test_a_scatter_has_the_line_through_it() -> None:
    chart = next(chart for chart in REPORT.charts if chart.x.unit == "minutes")
    specification = charts.specification(chart, NUMBERS)
    assert len(rows_of(specification, "line")) == 2
    assert len(rows_of(specification, "point")) == 150
    assert "Fitted line" in charts.svg(chart, NUMBERS)


def test_an_interval_of_a_bar_is_a_whisker() -> None:
    chart = next(chart for chart in REPORT.charts if chart.y.label == "Average time to close")
    whiskers = [row for row in rows_of(charts.specification(chart, NUMBERS), "rule") if "x2" in row]
    assert [(round(row["x"], 9), round(row["x2"], 9)) for row in whiskers] == [
        (3.0, 3.4), (3.1, 3.5), (2.9, 3.3), (3.0, 3.4),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("unit", "high", "labels"),
    [
        ("USD", 300_000, ["$0", "$100k", "$200k", "$300k"]),
        ("EUR", 3, ["€0", "€1", "€2", "€3"]),
        ("%", 15, ["0\u00a0%", "5\u00a0%", "10\u00a0%", "15\u00a0%"]),
        ("billion USD", 15_000, ["$0\u00a0bn", "$5,000\u00a0bn", "$10,000\u00a0bn", "$15,000\u00a0bn"]),
        ("minutes", 75, ["0", "25", "50", "75"]),
        ("USD", 3e-9, ["$0", "$1×10⁻⁹", "$2×10⁻⁹", "$3×10⁻⁹"]),
        ("USD", 1.5e12, ["$0.0tn", "$0.5tn", "$1.0tn", "$1.5tn"]),
    ],
)
def test_an_axis_carries_its_unit(unit: str, high: float, labels: list[str]) -> None:
    shown = [tick.label for tick in number_ticks(0, high, 3, unit=unit)]
    assert shown == [label.replace("$0.0tn", "$0") for label in labels]
