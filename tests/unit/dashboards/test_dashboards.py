"""Dashboards through validation, transaction and service; refreshes with a sandbox that answers as told."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import orjson
import pytest
from claribi.v1 import dashboards_pb2 as pb
from claribi.v1.insights_pb2 import AGGREGATION_SUM, Evidence, Insight
from claribi.v1.policy_pb2 import TIER_TRIAL
from google.protobuf.field_mask_pb2 import FieldMask
from sqlalchemy import delete, select, update

from server.analysis.board import suggest_widgets
from server.analysis.online import PROMISE, Budget, Wealth
from server.clock import DAY
from server.job import JobFailed
from server.query.check import check_query
from server.services.dashboards import DashboardService
from server.stores.tables import credit_entries, credit_periods, data_sources, organizations
from server.work.links import Linker
from server.work.refresh import Refresher
from tests.unit.sharing.stage import Stage


@pytest.fixture
def refresher(stage: Stage) -> Refresher:
    made = Refresher(
        stage.settings, stage.database, files=stage.files, sandbox=stage.sandbox, clock=stage.clock
    )
    stage.services["DashboardService"] = DashboardService(
        database=stage.database,
        linker=Linker(lambda purpose: purpose.encode()),
        refresher=made,
        check_widget=check_query,
        suggest_widgets=suggest_widgets,
        clock=stage.clock,
    )
    stage.sandbox.answers["widgets"] = answer_widgets
    stage.sandbox.answers["insights"] = find_insights
    return made


@pytest.fixture(autouse=True)
def _served(refresher: Refresher) -> None:
    """Every test has the service."""


def answer_widgets(payload: dict[str, Any]) -> bytes:
    """One point for each widget, but an error for those titled so."""
    widgets = [pb.Widget.FromString(base64.b64decode(text)) for text in payload["widgets"]]
    for widget in widgets:
        assert widget.data_source_id in payload["sources"]
        if widget.title == "fails":
            widget.error = "Unknown column."
        else:
            widget.data.points.add(value=7)
    return pb.Dashboard(widgets=widgets).SerializeToString()


def find_insights(payload: dict[str, Any]) -> bytes:
    budget = Budget(payload["spendable"], payload["discoveries"])
    level = budget.level(100) if payload["level"] is None else payload["level"]
    found = pb.Dashboard(
        insights=[Insight(id="i1", title="Up", evidence_ids=["e1"], chart_id="c1")],
        evidence=[Evidence(id="e1", value=1), Evidence(id="e2", value=2)],
        statistics=pb.DashboardStatistics(hypotheses_tested=100, discoveries=0, level=level),
    )
    content = base64.b64encode(found.SerializeToString()).decode()
    return orjson.dumps({"dashboard": content, "level": level, "passed": 0, "at_most": 1})


def widget(stage: Stage, **changes: Any) -> pb.Widget:
    given = {
        "type": pb.WIDGET_TYPE_BAR,
        "title": "Amount",
        "data_source_id": stage.sources["home"],
        "query": pb.WidgetQuery(measure="amount", aggregation=AGGREGATION_SUM, x="region"),
    }
    return pb.Widget(**{**given, **changes})


async def made(stage: Stage, *widgets: pb.Widget, person: str = "analyst", **values: Any) -> pb.Dashboard:
    request = pb.CreateDashboardRequest(**{"name": "Sales", "widgets": widgets, **values})
    dashboard: pb.Dashboard = await stage.call("CreateDashboard", request, person)
    return dashboard


def change(dashboard_id: str, *paths: str, **values: Any) -> pb.UpdateDashboardRequest:
    mask = FieldMask(paths=paths or list(values))
    return pb.UpdateDashboardRequest(
        id=dashboard_id, dashboard=pb.DashboardChanges(**values), update_mask=mask
    )


async def patched(stage: Stage, dashboard_id: str, *paths: str, **values: Any) -> pb.Dashboard:
    dashboard: pb.Dashboard = await stage.call("UpdateDashboard", change(dashboard_id, *paths, **values))
    return dashboard


async def refreshed(stage: Stage, dashboard_id: str) -> pb.Dashboard:
    request = pb.RefreshDashboardRequest(id=dashboard_id)
    dashboard: pb.Dashboard = await stage.call("RefreshDashboard", request)
    return dashboard


async def credits_used(stage: Stage) -> int:
    async with stage.database.read() as tx:
        return int(await tx.scalar(select(credit_periods.c.used)) or 0)


async def test_a_new_dashboard_keeps_its_widgets_and_ignores_answers_sent_along(stage: Stage) -> None:
    sent = widget(stage, id="mine", error="sent", data=pb.WidgetData(unit="USD"))
    dashboard = await made(stage, sent, widget(stage))
    first, second = dashboard.widgets
    assert first.id == "mine"
    assert len(second.id) == 36
    assert not first.HasField("data")
    assert not first.HasField("error")
    assert dashboard.status == pb.DASHBOARD_STATUS_ACTIVE
    assert dashboard.created_by.email == "analyst@home.example"
    assert await stage.call("GetDashboard", pb.GetDashboardRequest(id=dashboard.id), "viewer") == dashboard


async def test_without_widgets_a_board_is_made_from_the_sources(stage: Stage) -> None:
    dashboard = await made(stage, data_source_ids=[stage.sources["home"]])
    assert len(dashboard.widgets) > 0
    assert {w.data_source_id for w in dashboard.widgets} == {stage.sources["home"]}
    assert len({w.id for w in dashboard.widgets}) == len(dashboard.widgets)


async def test_each_wrong_widget_is_named_by_its_field(stage: Stage) -> None:
    widgets = [
        widget(stage, data_source_id=stage.sources["other"]),
        widget(stage, id="a", query=pb.WidgetQuery(measure="colour", x="region")),
        widget(stage, id="a"),
    ]
    fields = await stage.fields("CreateDashboard", pb.CreateDashboardRequest(name="x", widgets=widgets))
    assert sorted(fields) == ["widgets.0.data_source_id", "widgets.1.query.measure", "widgets.2.id"]
    assert fields["widgets.0.data_source_id"] == ["This data source does not exist."]


async def test_a_source_of_another_organization_gives_no_board(stage: Stage) -> None:
    request = pb.CreateDashboardRequest(name="x", data_source_ids=[stage.sources["other"]])
    assert list(await stage.fields("CreateDashboard", request)) == ["data_source_ids.0"]


async def test_a_list_is_lean(stage: Stage) -> None:
    await made(stage, widget(stage), widget(stage))
    page = await stage.call("ListDashboards", pb.ListDashboardsRequest(name="SAL"))
    assert [(row.name, row.widget_count) for row in page.results] == [("Sales", 2)]
    assert (await stage.call("ListDashboards", pb.ListDashboardsRequest(), "other.owner")).count == 0


async def test_a_refresh_answers_every_widget_and_costs_one_credit(stage: Stage) -> None:
    made_one = await made(stage, widget(stage), widget(stage, title="fails"))
    dashboard = await refreshed(stage, made_one.id)
    good, bad = dashboard.widgets
    assert good.data.points[0].value == 7
    assert (bad.HasField("data"), bad.error) == (False, "Unknown column.")
    assert dashboard.last_refreshed_at.ToMicroseconds() == stage.clock()
    assert dashboard.data_as_of.ToMicroseconds() == stage.clock() - DAY
    assert [insight.title for insight in dashboard.insights] == ["Up"]
    assert not dashboard.insights[0].HasField("chart_id")
    assert [evidence.id for evidence in dashboard.evidence] == ["e1"]
    assert await credits_used(stage) == 1


async def synced(stage: Stage, snapshot_hash: str) -> None:
    """The source has other data."""
    async with stage.database.write() as tx:
        source = data_sources.c.id == stage.sources["home"]
        await tx.run(update(data_sources).where(source).values(snapshot_hash=snapshot_hash))


def asked_for_insights(stage: Stage) -> int:
    return sum(job == "insights" for job, _ in stage.sandbox.asked)


async def test_data_that_did_not_change_are_not_tested_again(stage: Stage) -> None:
    made_one = await made(stage, widget(stage))
    first = await refreshed(stage, made_one.id)
    assert (first.statistics.refreshes_tested, first.statistics.hypotheses_tested) == (1, 100)
    again = await refreshed(stage, made_one.id)
    assert asked_for_insights(stage) == 1
    assert (again.insights, again.evidence, again.statistics) == (
        first.insights,
        first.evidence,
        first.statistics,
    )
    assert again.last_refreshed_at.ToMicroseconds() >= first.last_refreshed_at.ToMicroseconds()
    assert await credits_used(stage) == 2


async def test_each_refresh_of_other_data_spends_less_and_all_of_them_keep_the_promise(stage: Stage) -> None:
    made_one = await made(stage, widget(stage))
    levels = []
    for number in range(6):
        await synced(stage, f"{number:064x}")
        dashboard = await refreshed(stage, made_one.id)
        assert dashboard.statistics.refreshes_tested == number + 1
        levels.append(dashboard.statistics.level)
    assert levels == sorted(levels, reverse=True)
    assert 0 < sum(levels) < PROMISE
    # Data that come back are tested at the level they were tested at, and spend nothing.
    await synced(stage, f"{2:064x}")
    back = await refreshed(stage, made_one.id)
    assert (back.statistics.level, back.statistics.refreshes_tested) == (levels[2], 6)


async def test_a_test_that_failed_spends_nothing(stage: Stage) -> None:
    made_one = await made(stage, widget(stage))
    stage.sandbox.answers["insights"] = _fail
    failed = await refreshed(stage, made_one.id)
    assert not failed.HasField("statistics")
    stage.sandbox.answers["insights"] = find_insights
    dashboard = await refreshed(stage, made_one.id)
    assert dashboard.statistics.level == Wealth().budget().level(100)
    assert (dashboard.statistics.refreshes_tested, len(dashboard.insights)) == (1, 1)
    listed = await stage.call("ListDashboards", pb.ListDashboardsRequest())
    assert listed.results[0].id == made_one.id


async def test_a_source_that_is_gone_fails_its_widgets_alone(stage: Stage) -> None:
    made_one = await made(stage, widget(stage))
    async with stage.database.write() as tx:
        await tx.run(delete(data_sources).where(data_sources.c.id == stage.sources["home"]))
    dashboard = await refreshed(stage, made_one.id)
    assert dashboard.widgets[0].error == "This data source does not exist."
    assert dashboard.widgets[0].HasField("refreshed_at")
    assert not dashboard.HasField("data_as_of")
    # Nothing was answered, so nothing is charged.
    assert await credits_used(stage) == 0


def _fail(_payload: dict[str, Any]) -> bytes:
    raise JobFailed("deadline_exceeded", "too slow")


async def test_a_refresh_that_fails_gives_the_credit_back(stage: Stage) -> None:
    made_one = await made(stage, widget(stage))
    stage.sandbox.answers["widgets"] = _fail
    request = pb.RefreshDashboardRequest(id=made_one.id)
    assert (await stage.refused("RefreshDashboard", request)).word == "deadline_exceeded"
    assert await credits_used(stage) == 0
    stage.sandbox.answers["widgets"] = answer_widgets
    assert (await refreshed(stage, made_one.id)).widgets[0].HasField("data")


async def test_a_refresh_in_which_every_widget_fails_is_free(stage: Stage) -> None:
    made_one = await made(stage, widget(stage, title="fails"))
    dashboard = await refreshed(stage, made_one.id)
    assert dashboard.widgets[0].error == "Unknown column."
    assert dashboard.insights
    assert await credits_used(stage) == 0


async def test_without_its_insights_a_refresh_keeps_the_widgets_and_is_free(stage: Stage) -> None:
    made_one = await made(stage, widget(stage))
    stage.sandbox.answers["insights"] = _fail
    dashboard = await refreshed(stage, made_one.id)
    assert dashboard.widgets[0].HasField("data")
    assert not dashboard.insights
    assert await credits_used(stage) == 0


async def test_of_two_refreshes_at_once_the_second_is_a_conflict(stage: Stage) -> None:
    made_one = await made(stage, widget(stage))
    stage.sandbox.gate = asyncio.Event()
    first = asyncio.create_task(refreshed(stage, made_one.id))
    await stage.sandbox.begun.wait()
    request = pb.RefreshDashboardRequest(id=made_one.id)
    assert (await stage.refused("RefreshDashboard", request)).word == "conflict"
    # To another organization it does not exist, whatever happens to it.
    assert (await stage.refused("RefreshDashboard", request, "other.owner")).word == "not_found"
    stage.sandbox.gate.set()
    assert (await first).widgets[0].HasField("data")
    assert await credits_used(stage) == 1


async def test_a_caller_who_leaves_is_not_charged(stage: Stage) -> None:
    made_one = await made(stage, widget(stage))
    stage.sandbox.gate = asyncio.Event()
    left = asyncio.create_task(refreshed(stage, made_one.id))
    await stage.sandbox.begun.wait()
    left.cancel()
    with pytest.raises(asyncio.CancelledError):
        await left
    assert await credits_used(stage) == 0


async def test_credits_of_a_refresh_cut_short_come_back_at_the_next_start(
    stage: Stage, refresher: Refresher
) -> None:
    made_one = await made(stage, widget(stage))
    await refreshed(stage, made_one.id)
    async with stage.database.write() as tx:
        await tx.run(update(credit_entries).values(state="reserved"))
    await refresher.start()
    assert await credits_used(stage) == 0


async def test_without_credits_nothing_is_asked(stage: Stage) -> None:
    made_one = await made(stage, widget(stage))
    async with stage.database.write() as tx:
        await tx.run(update(organizations).values(tier=TIER_TRIAL, trial_ends_at=stage.clock() - DAY))
    refused = await stage.refused("RefreshDashboard", pb.RefreshDashboardRequest(id=made_one.id))
    assert refused.word == "insufficient_credits"
    assert not stage.sandbox.asked


async def test_a_board_without_widgets_has_nothing_to_refresh(stage: Stage) -> None:
    made_one = await made(stage)
    refused = await stage.refused("RefreshDashboard", pb.RefreshDashboardRequest(id=made_one.id))
    assert refused.word == "conflict"
    assert await credits_used(stage) == 0


async def test_a_change_touches_only_what_the_mask_names(stage: Stage) -> None:
    config = pb.DashboardConfig(refresh_frequency=pb.REFRESH_FREQUENCY_DAILY)
    config.layout.update({"theme": "dark"})
    dashboard = await made(stage, description="Why", config=config)
    changed = await patched(stage, dashboard.id, "name", name="New", description="ignored")
    assert (changed.name, changed.description) == ("New", "Why")
    weekly = pb.DashboardConfig(refresh_frequency=pb.REFRESH_FREQUENCY_WEEKLY)
    changed = await patched(stage, dashboard.id, "config.refresh_frequency", config=weekly)
    assert changed.config.refresh_frequency == pb.REFRESH_FREQUENCY_WEEKLY
    assert changed.config.layout["theme"] == "dark"
    changed = await patched(stage, dashboard.id, "config")
    assert not changed.config.HasField("layout")
    archived = await patched(stage, dashboard.id, status=pb.DASHBOARD_STATUS_ARCHIVED)
    assert archived.status == pb.DASHBOARD_STATUS_ARCHIVED
    for path, field in (("status", "status"), ("name", "name"), ("created_at", "created_at")):
        assert list(await stage.fields("UpdateDashboard", change(dashboard.id, path))) == [field]
    empty = pb.UpdateDashboardRequest(id=dashboard.id)
    assert list(await stage.fields("UpdateDashboard", empty)) == ["body"]


async def test_answers_stay_with_widgets_that_ask_the_same(stage: Stage) -> None:
    dashboard = await refreshed(stage, (await made(stage, widget(stage), widget(stage))).id)
    moved, asks_new = dashboard.widgets
    moved.position.x = 3
    asks_new.query.ClearField("measure")
    asks_new.query.ClearField("aggregation")
    changed = await patched(stage, dashboard.id, widgets=[moved, asks_new])
    assert [w.HasField("data") for w in changed.widgets] == [True, False]
    assert changed.widgets[0].position.x == 3


async def test_other_filters_take_the_answers_away(stage: Stage) -> None:
    dashboard = await refreshed(stage, (await made(stage, widget(stage))).id)
    config = pb.DashboardConfig(filters=[pb.Filter(column="region", values=["North"])])
    changed = await patched(stage, dashboard.id, config=config)
    assert not changed.widgets[0].HasField("data")
    await refreshed(stage, dashboard.id)
    _, payload = [asked for asked in stage.sandbox.asked if asked[0] == "widgets"][-1]
    assert pb.Filter.FromString(base64.b64decode(payload["filters"][0])).values == ["North"]


async def test_a_widget_changed_while_it_is_asked_gets_no_old_answer(stage: Stage) -> None:
    dashboard = await made(stage, widget(stage, id="w"))
    stage.sandbox.gate = asyncio.Event()
    running = asyncio.create_task(refreshed(stage, dashboard.id))
    await stage.sandbox.begun.wait()
    other = widget(stage, id="w", query=pb.WidgetQuery(x="region"))
    await patched(stage, dashboard.id, widgets=[other])
    stage.sandbox.gate.set()
    assert not (await running).widgets[0].HasField("data")


async def test_analysts_delete_only_what_they_made(stage: Stage) -> None:
    theirs, own = await made(stage, person="owner"), await made(stage)
    refused = await stage.refused("DeleteDashboard", pb.DeleteDashboardRequest(id=theirs.id))
    assert refused.word == "insufficient_permissions"
    for dashboard, person in ((own, "analyst"), (theirs, "administrator")):
        await stage.call("DeleteDashboard", pb.DeleteDashboardRequest(id=dashboard.id), person)
        assert (
            await stage.refused("GetDashboard", pb.GetDashboardRequest(id=dashboard.id))
        ).word == "not_found"


async def test_dashboards_of_another_organization_do_not_exist(stage: Stage) -> None:
    theirs = await made(stage, person="other.owner")
    for rpc, request in (
        ("GetDashboard", pb.GetDashboardRequest(id=theirs.id)),
        ("UpdateDashboard", change(theirs.id, name="x")),
        ("DeleteDashboard", pb.DeleteDashboardRequest(id=theirs.id)),
        ("RefreshDashboard", pb.RefreshDashboardRequest(id=theirs.id)),
    ):
        assert (await stage.refused(rpc, request, "owner")).word == "not_found", rpc
