"""Public links: the life of a link, the meaning of its settings, and what it opens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from claribi.v1 import dashboards_pb2, reports_pb2, sharing_pb2
from claribi.v1.insights_pb2 import Evidence, EvidenceSource, Insight
from google.api.httpbody_pb2 import HttpBody
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from sqlalchemy import insert, select

from rest_bridge.codec import Codec, JsonStyle
from rest_bridge.words import public_word
from server.clock import DAY, new_id
from server.errors import ApiError
from server.services.sharing import SharingService
from server.stores import dashboards, links
from server.stores.tables import dashboards as dashboard_table
from server.stores.tables import public_links, reports
from server.work.links import Linker
from server.work.passwords import Passwords
from tests.unit.sharing.stage import Stage

FILE = b"%PDF the file"
SECRETS = ("someone@home.example", "SELECT secret", "snapshot-hash", "source-id")


class PlainPages:
    """Pages that print what they were given."""

    headers = {  # noqa: RUF012
        "Content-Type": "text/html",
        "Content-Security-Policy": "default-src 'none'",
        "X-Robots-Tag": "noindex",
    }

    async def report(self, report: reports_pb2.Report, *, download_url: str | None) -> bytes:
        return f"report {report} {download_url}".encode()

    async def dashboard(self, dashboard: dashboards_pb2.Dashboard) -> bytes:
        return f"dashboard {dashboard.name}".encode()

    def password(self, kind: str, *, wrong: bool = False) -> bytes:
        return f"password of a {kind}, wrong={wrong}".encode()


@pytest.fixture(scope="module")
def passwords() -> Iterator[Passwords]:
    from server.settings import Settings

    pool = Passwords(Settings(_env_file=None))
    yield pool
    pool.close()


@pytest.fixture(autouse=True)
def _served(stage: Stage, passwords: Passwords) -> None:
    stage.services["SharingService"] = SharingService(
        database=stage.database,
        files=stage.files,
        linker=Linker(lambda purpose: purpose.encode()),
        passwords=passwords,
        pages=PlainPages(),
        to_json=Codec(JsonStyle(enum_word=public_word)).write,
        clock=stage.clock,
    )


@pytest.fixture
async def report_id(stage: Stage) -> str:
    """A completed report that holds what strangers must not see."""
    report = reports_pb2.Report(
        id=new_id(),
        name='Quarter "one"\n',
        output_format=reports_pb2.OUTPUT_FORMAT_PDF,
        summary="All is well.",
        created_by=reports_pb2.UserReference(email=SECRETS[0]),
        sections=[
            reports_pb2.Section(kind=reports_pb2.SECTION_KIND_FINDINGS, title="Findings"),
            reports_pb2.Section(
                kind=reports_pb2.SECTION_KIND_APPENDIX,
                table=reports_pb2.SectionTable(rows=[reports_pb2.TableRow(cells=[SECRETS[1]])]),
            ),
        ],
        insights=[Insight(id="i1", title="Up")],
        evidence=[
            Evidence(
                id="e1",
                label="Sum",
                value=3,
                query=SECRETS[1],
                source=EvidenceSource(data_source_id=SECRETS[3], snapshot_hash=SECRETS[2]),
            )
        ],
        file=reports_pb2.ReportFile(content_type="application/pdf"),
    )
    return await stored_report(stage, report, reports_pb2.REPORT_STATUS_COMPLETED)


async def stored_report(stage: Stage, report: reports_pb2.Report, status: int) -> str:
    async with stage.database.write() as tx:
        await tx.run(
            insert(reports).values(
                id=report.id,
                organization_id=stage.home_id,
                name=report.name,
                name_folded="x",
                status=status,
                request=b"",
                summary=b"",
                content=report.SerializeToString(),
                created_by=new_id(),
                created_by_email=SECRETS[0],
                created_at=stage.clock(),
                updated_at=stage.clock(),
            )
        )
    path = stage.files.report(stage.home_id, report.id, "pdf")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(FILE)
    return report.id


@pytest.fixture
async def dashboard_id(stage: Stage) -> str:
    dashboard = dashboards_pb2.Dashboard(
        id=new_id(), name="Board", status=dashboards_pb2.DASHBOARD_STATUS_ACTIVE
    )
    dashboard.created_by.email = SECRETS[0]
    shown = dashboard.widgets.add(id="w", title="Sum", data_source_id=SECRETS[3])
    shown.data.query, shown.data.snapshot_hash = SECRETS[1], SECRETS[2]
    shown.data.points.add(value=5)
    dashboard.widgets.add(id="v", title="Broken", data_source_id=SECRETS[3], error=SECRETS[1])
    async with stage.database.write() as tx:
        await dashboards.add(tx, stage.home_id, dashboard, now=stage.clock())
    return dashboard.id


def share(resource_id: str, *paths: str, **settings: Any) -> sharing_pb2.ShareRequest:
    return sharing_pb2.ShareRequest(
        id=resource_id,
        link=sharing_pb2.LinkSettings(**settings),
        update_mask=FieldMask(paths=[*paths, *settings]),
    )


async def shared(stage: Stage, resource_id: str, *paths: str, **settings: Any) -> sharing_pb2.ShareResponse:
    response: sharing_pb2.ShareResponse = await stage.call(
        "ShareReport", share(resource_id, *paths, **settings)
    )
    return response


async def opened(stage: Stage, token: str, rpc: str = "OpenPublicReport", **how: str) -> HttpBody:
    body: HttpBody = await stage.call(rpc, sharing_pb2.OpenPublicRequest(token=token, **how), "nobody")
    return body


async def not_opened(stage: Stage, token: str, rpc: str = "OpenPublicReport", **how: str) -> ApiError:
    return await stage.refused(rpc, sharing_pb2.OpenPublicRequest(token=token, **how), "nobody")


async def link_row(stage: Stage) -> Any:
    async with stage.database.read() as tx:
        return await tx.first(select(public_links))


async def test_sharing_again_gives_the_same_address_until_it_is_revoked(stage: Stage, report_id: str) -> None:
    first = await shared(stage, report_id)
    link = first.public_link
    assert first.created
    assert link.url == f"http://here/public/report/{link.token}"
    assert (link.has_password, link.allow_download, link.mode) == (False, False, sharing_pb2.LINK_MODE_LIVE)
    assert link.expires_at.ToMicroseconds() == stage.clock() + 30 * DAY
    again = await shared(stage, report_id)
    assert (again.created, again.public_link) == (False, link)
    await stage.call("UnshareReport", sharing_pb2.UnshareRequest(id=report_id))
    await stage.call("UnshareReport", sharing_pb2.UnshareRequest(id=report_id))
    assert (await not_opened(stage, link.token)).word == "not_found"
    renewed = await shared(stage, report_id)
    assert renewed.created
    assert renewed.public_link.token != link.token
    assert (await not_opened(stage, link.token)).word == "not_found"


async def test_the_database_alone_opens_no_link(stage: Stage, report_id: str) -> None:
    token = (await shared(stage, report_id)).public_link.token
    assert token not in str(tuple(await link_row(stage)))


MASKS: list[tuple[str, list[str], dict[str, Any], dict[str, Any]]] = [
    ("nothing given keeps everything", [], {}, {"has_password": True, "allow_download": True, "days": 7}),
    ("days given", [], {"expires_in_days": 1}, {"days": 1, "has_password": True}),
    ("null days mean no end", ["expires_in_days"], {}, {"days": None, "has_password": True}),
    ("null password means none", ["password"], {}, {"has_password": False, "days": 7}),
    ("another password", [], {"password": "other"}, {"has_password": True}),
    ("null download means no", ["allow_download"], {}, {"allow_download": False, "days": 7}),
    ("download taken away", [], {"allow_download": False}, {"allow_download": False, "has_password": True}),
    ("mode given", [], {"mode": sharing_pb2.LINK_MODE_SNAPSHOT}, {"mode": sharing_pb2.LINK_MODE_SNAPSHOT}),
    ("null mode means live", ["mode"], {}, {"mode": sharing_pb2.LINK_MODE_LIVE}),
]


@pytest.mark.parametrize(("paths", "settings", "wanted"), [r[1:] for r in MASKS], ids=[r[0] for r in MASKS])
async def test_settings_of_an_old_link_change_as_the_mask_says(
    stage: Stage, report_id: str, paths: list[str], settings: dict[str, Any], wanted: dict[str, Any]
) -> None:
    before = await shared(stage, report_id, password="secret", allow_download=True, expires_in_days=7)
    after = await shared(stage, report_id, *paths, **settings)
    assert not after.created
    link = after.public_link
    assert link.token == before.public_link.token
    for name, value in wanted.items():
        if name == "days":
            ends = stage.clock() + value * DAY if value else None
            assert (link.expires_at.ToMicroseconds() if link.HasField("expires_at") else None) == ends
        else:
            assert getattr(link, name) == value


async def test_a_setting_outside_the_mask_is_refused_not_ignored(stage: Stage, report_id: str) -> None:
    request = sharing_pb2.ShareRequest(id=report_id, link=sharing_pb2.LinkSettings(password="secret"))
    assert list(await stage.fields("ShareReport", request)) == ["update_mask"]
    assert await link_row(stage) is None


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"expires_in_days": 0}, "expires_in_days"),
        ({"expires_in_days": 366}, "expires_in_days"),
        ({"password": "abc"}, "password"),
    ],
)
async def test_settings_have_their_bounds(
    stage: Stage, report_id: str, settings: dict[str, Any], field: str
) -> None:
    assert list(await stage.fields("ShareReport", share(report_id, **settings))) == [field]


async def test_a_link_past_its_end_is_no_link(stage: Stage, report_id: str) -> None:
    old = (await shared(stage, report_id, expires_in_days=1)).public_link
    stage.clock.pass_days(0.99)
    await opened(stage, old.token)
    stage.clock.pass_days(0.02)
    assert (await not_opened(stage, old.token)).word == "not_found"
    async with stage.database.read() as tx:
        assert not await links.fetch_many(tx, stage.home_id, "report", [report_id], now=stage.clock())
    renewed = await shared(stage, report_id)
    assert (renewed.created, renewed.public_link.token != old.token) == (True, True)


async def test_every_way_not_to_have_a_link_looks_the_same(
    stage: Stage, report_id: str, dashboard_id: str
) -> None:
    token = (await shared(stage, report_id)).public_link.token
    flipped = token[:-1] + ("a" if token[-1] != "a" else "b")
    answers = [
        await not_opened(stage, flipped),
        await not_opened(stage, "short"),
        await not_opened(stage, "../../etc/passwd"),
        await not_opened(stage, token, "OpenPublicDashboard"),
        await not_opened(stage, token, format="file"),
    ]
    assert {(error.word, error.message, str(error.details)) for error in answers} == {
        ("not_found", answers[0].message, "{}")
    }


async def test_strangers_see_only_what_is_allowed(stage: Stage, report_id: str, dashboard_id: str) -> None:
    token = (await shared(stage, report_id)).public_link.token
    board = (await stage.call("ShareDashboard", share(dashboard_id))).public_link.token
    page = (await opened(stage, token)).data.decode()
    report = (await opened(stage, token, format="json")).data.decode()
    dashboard = (await opened(stage, board, "OpenPublicDashboard", format="json")).data.decode()
    for secret in SECRETS:
        assert secret not in page + report + dashboard
    document = orjson.loads(report)
    assert not {"id", "created_by", "file", "download_url", "public_link", "credits_used"} & set(document)
    assert document["summary"] == "All is well."
    assert [section["title"] for section in document["sections"]] == ["Findings"]
    assert set(document["evidence"][0]) == {"id", "label", "value", "unit", "display"}
    widgets = orjson.loads(dashboard)["widgets"]
    assert widgets[0]["data"]["points"][0]["value"] == 5
    assert all("data_source_id" not in widget for widget in widgets)


async def test_pages_carry_their_headers_in_lower_case_and_no_content_type(
    stage: Stage, report_id: str
) -> None:
    token = (await shared(stage, report_id)).public_link.token
    reply: dict[str, str] = {}
    await stage.call("OpenPublicReport", sharing_pb2.OpenPublicRequest(token=token), "nobody", reply=reply)
    assert reply == {"content-security-policy": "default-src 'none'", "x-robots-tag": "noindex"}


async def test_views_are_counted_when_something_is_shown(stage: Stage, report_id: str) -> None:
    token = (await shared(stage, report_id, password="secret")).public_link.token
    await opened(stage, token)
    assert (await link_row(stage)).view_count == 0
    await not_opened(stage, token, password="wrong")
    assert (await link_row(stage)).view_count == 0
    stage.clock.pass_days(1)
    await opened(stage, token, password="secret")
    await opened(stage, token, password="secret", format="json")
    link = (await shared(stage, report_id)).public_link
    assert (link.view_count, link.last_viewed_at.ToMicroseconds()) == (2, stage.clock())


async def test_people_are_asked_for_the_password_by_a_page_and_programs_by_a_401(
    stage: Stage, report_id: str
) -> None:
    token = (await shared(stage, report_id, password="pass word", allow_download=True)).public_link.token
    assert b"password of a report, wrong=False" in (await opened(stage, token)).data
    assert b"wrong=True" in (await opened(stage, token, format="html", password="no")).data
    for how in (
        {"format": "json"},
        {"format": "file"},
        {"password": "no"},
        {"format": "json", "password": "no"},
    ):
        assert (await not_opened(stage, token, **how)).word == "authentication_required"
    assert b"All is well." in (await opened(stage, token, password="pass word")).data
    assert (await opened(stage, token, password="pass word", format="file")).data == FILE
    # The page's link could not carry the password.
    assert b"format=file" not in (await opened(stage, token, password="pass word")).data


async def test_the_file_comes_only_when_the_link_allows_it(
    stage: Stage, report_id: str, dashboard_id: str
) -> None:
    token = (await shared(stage, report_id)).public_link.token
    assert (await not_opened(stage, token, format="file")).word == "not_found"
    await shared(stage, report_id, allow_download=True)
    assert f"/public/report/{token}?format=file".encode() in (await opened(stage, token)).data
    reply: dict[str, str] = {}
    request = sharing_pb2.OpenPublicRequest(token=token, format="file")
    body = await stage.call("OpenPublicReport", request, "nobody", reply=reply)
    assert (body.content_type, body.data) == ("application/pdf", FILE)
    assert reply["content-disposition"] == (
        "attachment; filename=\"Quarter -one- .pdf\"; filename*=UTF-8''Quarter%20%22one%22%20.pdf"
    )
    shared_board = await stage.call("ShareDashboard", share(dashboard_id, allow_download=True))
    board = shared_board.public_link.token
    assert (await not_opened(stage, board, "OpenPublicDashboard", format="file")).word == "not_found"


async def test_a_snapshot_link_shows_the_dashboard_as_it_was(stage: Stage, dashboard_id: str) -> None:
    request = share(dashboard_id, mode=sharing_pb2.LINK_MODE_SNAPSHOT)
    token = (await stage.call("ShareDashboard", request)).public_link.token
    async with stage.database.write() as tx:
        row = await dashboards.fetch_one(tx, stage.home_id, dashboard_id)
        changed = dashboards.to_message(row)
        changed.name = "Renamed"
        await dashboards.save(tx, stage.home_id, changed, now=stage.clock())
    await stage.call("ShareDashboard", request)
    assert (await opened(stage, token, "OpenPublicDashboard")).data == b"dashboard Board"
    await stage.call("ShareDashboard", share(dashboard_id, mode=sharing_pb2.LINK_MODE_LIVE))
    assert (await opened(stage, token, "OpenPublicDashboard")).data == b"dashboard Renamed"
    assert (await link_row(stage)).content is None


async def test_a_link_dies_with_what_it_shows(stage: Stage, dashboard_id: str) -> None:
    token = (await stage.call("ShareDashboard", share(dashboard_id))).public_link.token
    async with stage.database.write() as tx:
        await tx.run(dashboard_table.delete())
    assert (await not_opened(stage, token, "OpenPublicDashboard")).word == "not_found"


@pytest.mark.parametrize(
    "status",
    [
        reports_pb2.REPORT_STATUS_PENDING,
        reports_pb2.REPORT_STATUS_FAILED,
        reports_pb2.REPORT_STATUS_CANCELLED,
    ],
)
async def test_only_a_completed_report_can_be_shared(stage: Stage, status: int) -> None:
    report_id = await stored_report(stage, reports_pb2.Report(id=new_id(), name="x"), status)
    assert (await stage.refused("ShareReport", share(report_id))).word == "conflict"


async def test_reports_and_dashboards_of_another_organization_do_not_exist(
    stage: Stage, report_id: str, dashboard_id: str
) -> None:
    requests: list[tuple[str, Message]] = [
        ("ShareReport", share(report_id)),
        ("ShareDashboard", share(dashboard_id)),
        ("UnshareReport", sharing_pb2.UnshareRequest(id=report_id)),
        ("UnshareDashboard", sharing_pb2.UnshareRequest(id=dashboard_id)),
        ("ShareReport", share(dashboard_id)),
    ]
    for rpc, request in requests:
        assert (await stage.refused(rpc, request, "other.owner")).word == "not_found"
    assert await link_row(stage) is None
