"""Two runs compared: what moved, what came and went, and why, with every number asked again."""

import base64
import math
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from claribi.v1 import insights_pb2, reports_pb2

from server.analysis.agreement import agree
from server.analysis.compare.findings import compared_findings, match_findings
from server.analysis.compare.job import run
from server.analysis.verify import ask
from server.query.engine import open_snapshot
from tests.unit.analysis.snapshots import NOW, Column, report_on, source_of, write_table

MOVED, SAME = reports_pb2.COMPARED_VERDICT_MOVED, reports_pb2.COMPARED_VERDICT_SAME
REGIONS = ("North", "South", "East", '<b>"{0}', "7")


def sales(days: int, *, north: float = 1.0, without: str = "", revised: float = 0.0) -> dict[str, Column]:
    """Rows of `days` days that are the same however many days there are; some may be revised afterwards."""
    random = np.random.default_rng(5)
    n = 3000
    day = random.integers(0, 640, n)
    region = random.choice(REGIONS, n, p=(0.3, 0.3, 0.2, 0.1, 0.1))
    amount = np.round(random.gamma(4.0, 25.0, n), 2)
    price = np.round(random.uniform(5, 20, n) + (region == "North") * 10, 2)
    amount = np.where(region == "North", amount * north, amount)
    amount[0] += revised
    keep = (day < days) & (region != without)
    dates: list[date | None] = [date(2024, 9, 1) + timedelta(days=int(value)) for value in day[keep]]
    dates[3] = None
    members: list[str | None] = list(region[keep])
    members[5] = None
    return {
        "sold_on": ("DATE", dates),
        "region": ("VARCHAR", members),
        "amount_usd": ("DOUBLE", list(amount[keep])),
        "unit_price": ("DOUBLE", list(price[keep])),
    }


def source(folder: Path, table: dict[str, Column], name: str = "source-1") -> dict[str, Any]:
    folder.mkdir(parents=True)
    return source_of(folder, [write_table(folder, "sales", table)], name)


def run_of(sources: Sequence[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    report = report_on(sources, **fields)
    for item in sources:
        report.data_sources.add(id=item["id"], name=item["name"], snapshot_hash=item["hash"])
    return {"report": report, "sources": {item["id"]: item for item in sources}}


def compared(before: dict[str, Any], after: dict[str, Any]) -> reports_pb2.ReportComparison:
    payload = {"now": NOW.isoformat()} | {
        side: {**given, "report": base64.b64encode(given["report"].SerializeToString()).decode()}
        for side, given in (("before", before), ("after", after))
    }
    first = run(payload, lambda phase, fraction: None)
    assert first == run(payload, lambda phase, fraction: None), "the same question gives the same bytes"
    return reports_pb2.ReportComparison.FromString(first)


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    """A run, and a run after the source grew by 40 days, lost a region and was revised."""
    folder = tmp_path_factory.mktemp("runs")
    before = source(folder / "before", sales(600))
    after = source(folder / "after", sales(640, north=1.4, without="East", revised=500.0))
    return run_of([before]), run_of([after])


def test_a_run_compared_with_itself_is_the_same_throughout(changed: tuple[dict[str, Any], ...]) -> None:
    told = compared(changed[0], changed[0])
    assert told.same == len(changed[0]["report"].evidence)
    assert (told.moved, told.only_before, told.only_after, list(told.splits)) == (0, 0, 0, [])
    assert {finding.verdict for finding in told.findings} <= {SAME}
    assert told.summary.startswith("Both runs say the same")


def test_every_difference_is_the_sum_of_its_reasons_and_of_its_parts(
    changed: tuple[dict[str, Any], ...],
) -> None:
    told = compared(*changed)
    assert told.moved
    for number in told.numbers:
        if number.verdict == MOVED and number.HasField("reason"):
            reason = number.reason
            total = math.fsum((reason.data, reason.question, reason.together))
            assert total == pytest.approx(number.value_after - number.value_before, rel=1e-9, abs=1e-9)
    kinds = {split.kind for split in told.splits}
    assert kinds == {reports_pb2.SPLIT_KIND_MEMBERS, reports_pb2.SPLIT_KIND_TIME}
    for split in told.splits:
        parts = math.fsum(part.contribution for part in split.parts)
        scale = max(abs(split.difference), *(abs(part.contribution) for part in split.parts))
        assert abs(parts - split.difference) <= 1e-9 * scale, split.narrative
        assert (split.reason.question, split.reason.together) == (0.0, 0.0)


def test_every_number_of_a_comparison_is_what_its_query_gives_on_its_snapshot(
    changed: tuple[dict[str, Any], ...],
) -> None:
    told = compared(*changed)
    folders = {s["hash"]: s["directory"] for given in changed for s in given["sources"].values()}
    by_id = {entry.id: entry for entry in told.evidence}
    assert {entry.source.snapshot_hash for entry in told.evidence} == set(folders)
    for snapshot_hash, folder in folders.items():
        with open_snapshot(Path(folder), threads=1) as query:
            for entry in told.evidence:
                if entry.source.snapshot_hash == snapshot_hash:
                    value = ask(query, entry)
                    assert value is not None
                    assert agree(entry.value, value), entry.label
    for split in told.splits:
        for part in split.parts:
            for side in ("before", "after"):
                if part.HasField(f"{side}_evidence_id"):
                    entry = by_id[getattr(part, f"{side}_evidence_id")]
                    assert entry.value == getattr(part, f"value_{side}")
        assert set(split.evidence_ids) <= set(by_id)


def test_members_that_came_went_or_pulled_the_other_way_are_named(
    changed: tuple[dict[str, Any], ...],
) -> None:
    told = compared(*changed)
    amount = next(s for s in told.splits if s.dimension == "region" and s.measure.column == "amount_usd")
    parts = {part.member: part for part in amount.parts}
    assert not parts["East"].HasField("value_after")
    assert parts["East"].contribution == -parts["East"].value_before
    assert "East" in amount.offsetting
    assert "East pulled the other way" in amount.narrative
    assert "North" in amount.narrative
    assert not any(part.others for part in amount.parts)
    price = next(s for s in told.splits if s.dimension == "region" and s.measure.column == "unit_price")
    assert price.rate + price.mix == pytest.approx(price.difference)
    assert "weights" in price.narrative


def test_later_rows_are_told_from_what_was_revised(changed: tuple[dict[str, Any], ...]) -> None:
    told = compared(*changed)
    split = next(
        s for s in told.splits if s.kind == reports_pb2.SPLIT_KIND_TIME and s.measure.column == "amount_usd"
    )
    parts = {part.member: part.contribution for part in split.parts}
    assert parts["later than that"] > 0
    assert "What was there already was revised by" in split.narrative
    assert not split.HasField("dimension")
    assert "its data changed" in " ".join(told.notes)


def test_another_period_on_the_same_data_is_all_question(tmp_path: Path) -> None:
    one = source(tmp_path / "one", sales(640))
    told = compared(run_of([one], period=("2025-01-01", "2025-12-31")), run_of([one]))
    assert any("The period changed" in note for note in told.notes)
    assert any("very same data" in note for note in told.notes)
    assert told.splits
    for split in told.splits:
        assert split.kind == reports_pb2.SPLIT_KIND_MEMBERS
        assert (split.reason.data, split.reason.together) == (0.0, 0.0)
        assert split.reason.question == split.difference


def test_other_data_and_another_period_are_told_apart(tmp_path: Path) -> None:
    before, after = source(tmp_path / "b", sales(640)), source(tmp_path / "a", sales(640, north=1.5))
    told = compared(run_of([before], period=("2025-01-01", "2025-12-31")), run_of([after]))
    amount = next(s for s in told.splits if s.measure.column == "amount_usd")
    reason = amount.reason
    assert all((reason.data, reason.question, reason.together))
    assert math.fsum((reason.data, reason.question, reason.together)) == pytest.approx(amount.difference)
    assert "Over the same period other data made" in amount.narrative
    # The same report of the new data over the old period says by itself what other data made.
    middle = compared(
        run_of([before], period=("2025-01-01", "2025-12-31")),
        run_of([after], period=("2025-01-01", "2025-12-31")),
    )
    assert next(s for s in middle.splits if s.measure.column == "amount_usd").difference == reason.data


def test_data_that_are_gone_are_said_and_what_can_be_compared_is(changed: tuple[dict[str, Any], ...]) -> None:
    before, after = changed
    told = compared({**before, "sources": {}}, after)
    assert not told.before.data_sources[0].available
    assert told.after.data_sources[0].available
    assert any("as the first run saw them are no longer there" in note for note in told.notes)
    assert list(told.splits) == []
    assert told.moved
    for number in told.numbers:
        assert not number.reason.HasField("together") or number.reason.together == 0
        if number.verdict == reports_pb2.COMPARED_VERDICT_ONLY_AFTER:
            assert not number.HasField("after_query_before_data")
    both_gone = compared({**before, "sources": {}}, {**after, "sources": {}})
    assert both_gone.moved == told.moved
    assert list(both_gone.splits) == []


def test_questions_beyond_the_budget_are_counted(
    changed: tuple[dict[str, Any], ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.analysis.compare.numbers.RERUN_BUDGET", 1)
    told = compared(*changed)
    assert any("could not be asked of the other's data" in note for note in told.notes)
    assert sum(number.HasField("before_query_after_data") for number in told.numbers) < len(told.numbers)


def test_different_sources_are_said_plainly(tmp_path: Path) -> None:
    one = run_of([source(tmp_path / "one", sales(600), "shop-1")])
    two = run_of([source(tmp_path / "two", sales(640), "shop-2")])
    told = compared(one, two)
    assert told.notes[0] == (
        "The runs stand on different sources: shop-1 before, shop-2 after. Their numbers are matched by table, "
        "column and label."
    )
    assert told.moved + told.same
    assert told.splits


def test_a_column_that_changed_its_name_is_said_and_the_others_are_split(tmp_path: Path) -> None:
    renamed = sales(640)
    renamed["price"] = renamed.pop("unit_price")
    before, after = source(tmp_path / "before", sales(600)), source(tmp_path / "after", renamed)
    told = compared(run_of([before]), run_of([after]))
    assert "Columns changed between the runs, so there is no split of average price in sales." in told.notes
    assert {split.measure.column for split in told.splits} == {"amount_usd", ""}


def test_a_table_that_lost_its_time_is_said(tmp_path: Path) -> None:
    timeless = sales(640)
    timeless.pop("sold_on")
    before, after = source(tmp_path / "before", timeless), source(tmp_path / "after", sales(600))
    told = compared(run_of([before]), run_of([after], period=("2025-01-01", "2025-12-31")))
    assert "Columns changed between the runs, so there is no split of sales." in told.notes
    assert list(told.splits) == []


def test_an_empty_run_compares_with_a_full_one(tmp_path: Path) -> None:
    nothing: dict[str, Column] = {name: (kind, []) for name, (kind, _) in sales(600).items()}
    empty = run_of([source(tmp_path / "empty", nothing)])
    full = run_of([source(tmp_path / "full", sales(600))])
    told = compared(empty, full)
    assert told.only_after
    back = compared(full, empty)
    assert back.only_before == told.only_after
    counted = [s for s in told.splits if s.measure.aggregation == insights_pb2.AGGREGATION_COUNT]
    assert all(not split.HasField("relative") for split in counted)


def insight(
    name: str, *, rank: int, kind: int = 1, member: str = "", to: str = "2026-05-31", size: float = 1.0
) -> insights_pb2.Insight:
    made = insights_pb2.Insight(id=f"i{rank}", title=name, rank=rank, type=kind)  # type: ignore[arg-type]
    made.subject.measure.expression = "sum(amount)"
    if member:
        made.subject.dimension.column = "region"
        made.subject.dimension.member = member
    made.subject.time.to = to
    made.magnitude.value = size
    return made


def test_findings_are_matched_by_what_they_are_about() -> None:
    before = [
        insight("May", rank=1),
        insight("Gone", rank=2, kind=3),
        insight("North", rank=3, kind=6, member="North"),
    ]
    after = [
        insight("South", rank=1, kind=6, member="South"),
        insight("June", rank=2, to="2026-06-30", size=2.0),
        insight("New", rank=3, kind=4),
    ]
    told = compared_findings(match_findings(before, after))
    assert [(f.title, f.verdict) for f in told] == [
        ("South", MOVED),
        ("June", MOVED),
        ("New", reports_pb2.COMPARED_VERDICT_ONLY_AFTER),
        ("Gone", reports_pb2.COMPARED_VERDICT_ONLY_BEFORE),
    ]
    assert (told[1].rank_before, told[1].rank_after) == (1, 2)
    assert (told[1].magnitude_before.value, told[1].magnitude_after.value) == (1.0, 2.0)
    assert compared_findings(match_findings(before, before))[0].verdict == SAME
