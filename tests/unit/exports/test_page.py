"""The public pages: what they show, what they never show, and how they are locked down."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from claribi.v1 import dashboards_pb2 as dpb
from claribi.v1 import insights_pb2 as ipb
from google.protobuf.descriptor import Descriptor

from server.exports import page, public
from tests.unit.exports import sample_report

PRIVATE = (
    "someone@example.com",
    "secret-token",
    "bi.example.com",
    "SELECT",
    "ordered_at&quot; &gt;=",
    sample_report.ORDERS,
    sample_report.HASHES[sample_report.ORDERS],
    "c0ffee",
    "statistics 1.0",
)


def dashboard() -> dpb.Dashboard:
    made = dpb.Dashboard(id="d1", name="Sales overview", description="How sales develop.")
    made.created_by.email = "someone@example.com"
    made.data_as_of.FromDatetime(sample_report.COMPLETED)
    for kind in dpb.WidgetType.values()[1:]:
        _widget(made, kind)
    broken = made.widgets.add(id="broken", type=dpb.WIDGET_TYPE_BAR, title="Broken")
    broken.error = "connection to db-7.internal refused"
    made.insights.add().CopyFrom(sample_report.sample().insights[0])
    return made


def _widget(made: dpb.Dashboard, kind: dpb.WidgetType) -> None:
    widget = made.widgets.add(id=f"w{kind}", type=kind, title=f"Widget of kind {dpb.WidgetType.Name(kind)}")
    widget.position.w, widget.position.y = 4, kind
    widget.data_source_id = sample_report.ORDERS
    widget.query.measure, widget.query.x = "revenue", "month"
    widget.query.filters.add(column="customer", values=["Private Person"])
    if kind in (dpb.WIDGET_TYPE_LINE, dpb.WIDGET_TYPE_AREA):
        widget.query.grain = ipb.GRAIN_MONTH
    widget.data.unit, widget.data.query, widget.data.snapshot_hash = "USD", "SELECT 1 FROM secret", "hash"
    for month in range(1, 7):
        widget.data.points.add(x=f"2026-{month:02}-01", series="Web", value=1_200_000.0 + month)
        widget.data.points.add(x=f"2026-{month:02}-01", series="Shop", value=900_000.0 - month)


def test_the_page_of_a_report_shows_what_was_found_and_nothing_private() -> None:
    shown = page.report_page(sample_report.sample()).decode()
    assert "Order revenue grew by 12.4 % to $4.3 million" in shown
    assert "$942,110" in shown
    assert not [word for word in PRIVATE if word in shown]


def test_the_page_of_a_dashboard_draws_each_kind_of_widget_and_nothing_private() -> None:
    shown = page.dashboard_page(dashboard()).decode()
    assert shown.count("<section") == len(dashboard().widgets) + 1
    assert "$1.2" in shown
    assert "not available at the moment" in shown
    for word in (*PRIVATE, "db-7.internal", "Private Person", "secret"):
        assert word not in shown


def test_a_dashboard_with_nothing_on_it_is_still_a_page() -> None:
    assert b"<h1>Dashboard</h1>" in page.dashboard_page(dpb.Dashboard())


def test_the_appendix_of_a_public_report_carries_no_table_of_queries() -> None:
    report = sample_report.sample()
    appendix = report.sections[-1]
    appendix.table.columns.append("Query")
    appendix.table.rows.add(cells=["SELECT secret"])
    assert "SELECT" not in page.report_page(report).decode()


def _walk(descriptor: Descriptor, allowed: dict[str, tuple[str, ...]], path: str = "") -> list[str]:
    shown = allowed.get(descriptor.name, ())
    found = []
    for field in descriptor.fields:
        if shown != public.EVERYTHING and field.name not in shown:
            continue
        found.append(f"{path}{field.name}")
        if field.message_type is not None:
            found += _walk(field.message_type, allowed, f"{path}{field.name}.")
    return found


@pytest.mark.parametrize(
    ("descriptor", "allowed"),
    [
        (type(sample_report.sample()).DESCRIPTOR, public.REPORT_FIELDS),
        (dpb.Dashboard.DESCRIPTOR, public.DASHBOARD_FIELDS),
    ],
    ids=["report", "dashboard"],
)
def test_no_private_field_is_on_the_list(descriptor: Descriptor, allowed: dict[str, tuple[str, ...]]) -> None:
    paths = _walk(descriptor, allowed)
    private = re.compile(
        r"email|token|created_by|data_source_id|snapshot|filters|public_link|credits|error|download_url|\.sources?\b"
    )
    assert len(paths) > 20
    assert not [path for path in paths if private.search(path)]
    assert "evidence.query" not in paths
    assert "widgets.data.query" not in paths


def test_every_name_on_the_list_is_a_field() -> None:
    known = {d.name: set(d.fields_by_name) for d in _messages(dpb.Dashboard.DESCRIPTOR, {})}
    known |= {d.name: set(d.fields_by_name) for d in _messages(type(sample_report.sample()).DESCRIPTOR, {})}
    for name, fields in {**public.REPORT_FIELDS, **public.DASHBOARD_FIELDS}.items():
        assert fields == public.EVERYTHING or set(fields) <= known[name]


def _messages(descriptor: Descriptor, seen: dict[str, Descriptor]) -> list[Descriptor]:
    if descriptor.full_name not in seen:
        seen[descriptor.full_name] = descriptor
        for field in descriptor.fields:
            if field.message_type is not None:
                _messages(field.message_type, seen)
    return list(seen.values())


def test_the_style_of_a_page_is_the_one_its_policy_allows() -> None:
    shown = page.password_page("report").decode()
    style = re.search(r"<style>(.*?)</style>", shown, re.S)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style.group(1).encode()).digest()).decode()
    policy = page.PAGE_HEADERS["Content-Security-Policy"]
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_pages_are_kept_from_search_engines_referrers_and_guesses_of_type() -> None:
    assert page.PAGE_HEADERS["X-Content-Type-Options"] == "nosniff"
    assert page.PAGE_HEADERS["Referrer-Policy"] == "no-referrer"
    assert "noindex" in page.PAGE_HEADERS["X-Robots-Tag"]
    assert b'content="noindex, nofollow"' in page.missing_page()


@pytest.mark.parametrize("kind", page.KINDS)
def test_the_password_page_posts_back_and_says_when_it_was_wrong(kind: str) -> None:
    asked, again = page.password_page(kind).decode(), page.password_page(kind, wrong=True).decode()
    assert '<form method="post"' in asked
    assert 'type="password" name="password"' in asked
    assert "not the password" not in asked
    assert "not the password" in again
    assert "action=" not in asked


def test_a_page_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="report, dashboard"):
        page.password_page("goal")


@pytest.mark.parametrize("address", ["javascript:alert(1)", "//evil.example/x", "data:text/html,x"])
def test_a_download_address_of_elsewhere_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="path on this server"):
        page.report_page(sample_report.empty(), download_url=address)


def test_a_download_address_is_offered_when_given() -> None:
    assert b'href="/public/report/t/?format=file"' in page.report_page(
        sample_report.empty(), download_url="/public/report/t/?format=file"
    )
    assert b"Download" not in page.report_page(sample_report.empty())
