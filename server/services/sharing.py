"""Public links: share, stop sharing, and the pages behind them."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from claribi.v1.dashboards_pb2 import Dashboard
from claribi.v1.reports_pb2 import REPORT_STATUS_COMPLETED, Report
from claribi.v1.sharing_pb2 import (
    LINK_MODE_SNAPSHOT,
    LinkSettings,
    OpenPublicRequest,
    ShareRequest,
    ShareResponse,
    UnshareRequest,
)
from google.api.httpbody_pb2 import HttpBody
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message
from sqlalchemy import Row

from server.call import Call
from server.clock import Clock, new_id, now
from server.errors import ApiError, invalid, not_found
from server.services.download import disposition
from server.stores import dashboards, links, reports
from server.stores.files import Files
from server.stores.session import Database, Transaction
from server.work.links import (
    DASHBOARD,
    REPORT,
    Linker,
    is_token,
    new_link_values,
    settings_values,
    token_hash,
)
from server.work.page_cache import Pages
from server.work.passwords import Passwords
from server.work.public_view import public_json, public_report
from server.work.request_terms import format_word

HTML = "text/html; charset=utf-8"
JSON = "application/json"
HTML_FORMAT = "html"
FILE_FORMAT = "file"
MAX_FILE_NAME = 120
NEEDS_PASSWORD = "This link asks for a password."  # noqa: S105 - a sentence, not a password
WRONG_PASSWORD = "The password is wrong."  # noqa: S105 - a sentence, not a password


class SharingService:
    """Public links of the caller's organization, and their pages for anyone who holds one."""

    def __init__(
        self,
        *,
        database: Database,
        files: Files,
        linker: Linker,
        passwords: Passwords,
        pages: Pages,
        to_json: Callable[[Message], bytes],
        clock: Clock = now,
    ) -> None:
        self._database = database
        self._files = files
        self._linker = linker
        self._passwords = passwords
        self._pages = pages
        self._to_json = to_json
        self._clock = clock

    async def share_report(self, call: Call, request: ShareRequest) -> ShareResponse:
        """The link of a completed report, made when there is none."""
        return await self._share(call, request, REPORT)

    async def share_dashboard(self, call: Call, request: ShareRequest) -> ShareResponse:
        """The link of a dashboard, made when there is none."""
        return await self._share(call, request, DASHBOARD)

    async def unshare_report(self, call: Call, request: UnshareRequest) -> Empty:
        """End a report's link; without one nothing changes."""
        return await _unshare(call, request, REPORT)

    async def unshare_dashboard(self, call: Call, request: UnshareRequest) -> Empty:
        """End a dashboard's link; without one nothing changes."""
        return await _unshare(call, request, DASHBOARD)

    async def open_public_report(self, call: Call, request: OpenPublicRequest) -> HttpBody:
        """The shared report as page, JSON or file."""
        return await self._open(call, request, REPORT)

    async def open_public_dashboard(self, call: Call, request: OpenPublicRequest) -> HttpBody:
        """The shared dashboard as page or JSON."""
        return await self._open(call, request, DASHBOARD)

    async def _share(self, call: Call, request: ShareRequest, kind: str) -> ShareResponse:
        organization_id = call.caller.organization_id
        given = _given(request)
        async with self._database.read() as tx:
            await _shareable(tx, organization_id, kind, request.id)
        password = await self._password_values(request.link, given)
        async with self._database.write() as tx:
            resource = await _shareable(tx, organization_id, kind, request.id)
            moment = self._clock()
            old = await links.fetch_one(tx, organization_id, kind, request.id, now=moment)
            values = {**settings_values(request.link, given, moment), **password}
            values |= _content_values(values, old, resource)
            if old is None:
                await self._add(tx, organization_id, {"kind": kind, "resource_id": request.id}, values)
            elif values:
                await links.change(tx, organization_id, link_id=old.id, values=values)
            row = await links.fetch_one(tx, organization_id, kind, request.id, now=moment)
        if row is None:
            raise RuntimeError("the link just stored is gone")
        return ShareResponse(public_link=self._linker.message(row, call.base_url), created=old is None)

    async def _add(
        self, tx: Transaction, organization_id: str, resource: Mapping[str, str], values: Mapping[str, Any]
    ) -> None:
        link_id = new_id()
        first = new_link_values(link_id, self._linker.token(link_id), self._clock())
        await links.add(tx, organization_id, {**first, **resource, **values})

    async def _password_values(self, link: LinkSettings, given: set[str]) -> dict[str, Any]:
        if "password" not in given:
            return {}
        if not link.HasField("password"):
            return {"password_hash": None}
        return {"password_hash": await self._passwords.hash(link.password)}

    async def _open(self, call: Call, request: OpenPublicRequest, kind: str) -> HttpBody:
        link, resource = await self._find(request.token, kind)
        call.reply.update(_page_headers(self._pages.headers))
        if not await self._admitted(link, request):
            return HttpBody(content_type=HTML, data=self._pages.password(kind, wrong=bool(request.password)))
        body = await self._show(call, request, link, resource)
        async with self._database.write() as tx:
            await links.count_view(tx, link.organization_id, link_id=link.id, now=self._clock())
        return body

    async def _admitted(self, link: Row[Any], request: OpenPublicRequest) -> bool:
        """Whether the password, if one is asked, is right; people are asked again by a page, programs get a 401.

        Whoever asks for `format=html` by name is a page's form, even with a wrong password.
        """
        if link.password_hash is None:
            return True
        if request.password and await self._passwords.verify(link.password_hash, request.password):
            return True
        by_page = request.format == HTML_FORMAT or (not request.format and not request.password)
        if not by_page:
            raise ApiError("authentication_required", WRONG_PASSWORD if request.password else NEEDS_PASSWORD)
        return False

    async def _find(self, token: str, kind: str) -> tuple[Row[Any], Report | Dashboard]:
        """The live link of a token and what it shows; every reason why there is none looks the same."""
        if not is_token(token):
            raise not_found()
        async with self._database.read() as tx:
            link = await links.fetch_by_token(tx, kind=kind, token_hash=token_hash(token), now=self._clock())
            if link is None:
                raise not_found()
            resource = await _fetch(tx, link.organization_id, kind, link.resource_id)
        if resource is None:
            raise not_found()
        if link.mode == LINK_MODE_SNAPSHOT and link.content is not None:
            resource = type(resource).FromString(link.content)
        return link, resource

    async def _show(
        self, call: Call, request: OpenPublicRequest, link: Row[Any], resource: Report | Dashboard
    ) -> HttpBody:
        if request.format == FILE_FORMAT:
            return await self._file(call, link, resource)
        if request.format == "json":
            return HttpBody(content_type=JSON, data=public_json(resource, self._to_json))
        if isinstance(resource, Dashboard):
            page = await self._pages.dashboard(resource)
        else:
            url = _download_path(request, link)
            page = await self._pages.report(public_report(resource), download_url=url)
        return HttpBody(content_type=HTML, data=page)

    async def _file(self, call: Call, link: Row[Any], resource: Report | Dashboard) -> HttpBody:
        if not link.allow_download or not isinstance(resource, Report) or not resource.HasField("file"):
            raise not_found()
        word = format_word(resource.output_format)
        path = self._files.report(link.organization_id, link.resource_id, word)
        try:
            data = await asyncio.to_thread(path.read_bytes)
        except FileNotFoundError as error:
            raise not_found() from error
        call.reply["content-disposition"] = disposition(f"{resource.name[:MAX_FILE_NAME]}.{word}")
        return HttpBody(content_type=resource.file.content_type, data=data)


async def _unshare(call: Call, request: UnshareRequest, kind: str) -> Empty:
    organization_id = call.caller.organization_id
    if await _fetch(call.tx, organization_id, kind, request.id) is None:
        raise not_found()
    await links.remove(call.tx, organization_id, kind, request.id)
    return Empty()


async def _shareable(
    tx: Transaction, organization_id: str, kind: str, resource_id: str
) -> Report | Dashboard:
    resource = await _fetch(tx, organization_id, kind, resource_id)
    if resource is None:
        raise not_found()
    if isinstance(resource, Report) and resource.status != REPORT_STATUS_COMPLETED:
        raise ApiError("conflict", "Only a completed report can be shared.")
    return resource


async def _fetch(
    tx: Transaction, organization_id: str, kind: str, resource_id: str
) -> Report | Dashboard | None:
    if kind == REPORT:
        row = await reports.fetch_one(tx, organization_id, resource_id)
        return None if row is None else reports.to_report(row, base_url="")
    row = await dashboards.fetch_one(tx, organization_id, resource_id)
    return None if row is None else dashboards.to_message(row)


def _given(request: ShareRequest) -> set[str]:
    """The settings given. Without a mask a setting that is set would pass unnoticed, and unchecked: it is refused."""
    given = set(request.update_mask.paths)
    unnamed = [field.name for field, _ in request.link.ListFields() if field.name not in given]
    if unnamed:
        raise invalid({"update_mask": [f"Name the settings you give: {', '.join(unnamed)}."]})
    return given


def _content_values(
    values: Mapping[str, Any], old: Row[Any] | None, resource: Report | Dashboard
) -> dict[str, Any]:
    """What a snapshot link keeps: the resource as it is when the link becomes one, and nothing once it is live."""
    if "mode" not in values or (old is not None and old.mode == values["mode"]):
        return {}
    if values["mode"] != LINK_MODE_SNAPSHOT:
        return {"content": None}
    return {"content": resource.SerializeToString(deterministic=True)}


def _download_path(request: OpenPublicRequest, link: Row[Any]) -> str | None:
    """A plain link can carry no password, so a page behind one offers no download."""
    if not link.allow_download or link.password_hash is not None:
        return None
    return f"/public/report/{request.token}?format={FILE_FORMAT}"


def _page_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers of a page as metadata; the type of the content is the body's own."""
    return {name.lower(): value for name, value in headers.items() if name.lower() != "content-type"}
