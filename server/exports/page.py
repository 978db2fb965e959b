"""The pages behind public links: self-contained, without script, showing only what `public` allows."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from claribi.v1 import dashboards_pb2, insights_pb2, reports_pb2

from server.exports import words
from server.exports.board import board
from server.exports.escape import Safe, element
from server.exports.html import content_policy, document, pairs, report_document
from server.exports.outline import outline
from server.exports.public import public_dashboard, public_report

KINDS = ("report", "dashboard")

# `frame-ancestors` works in a header only; the rest stands in the page too.
PAGE_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": f"{content_policy()}; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex, nofollow",
        "Cache-Control": "private, no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
)


def report_page(report: reports_pb2.Report, *, download_url: str | None = None) -> bytes:
    """The public page of a report; draws charts, so it belongs into a child process.

    `download_url`, an address on this server beginning with "/" or "?", is offered as a link when given.
    """
    if download_url is not None and (
        not download_url.startswith(("/", "?")) or download_url.startswith("//")
    ):
        raise ValueError("The download address must be a path on this server, beginning with '/' or '?'.")
    return report_document(outline(public_report(report)), download_url=download_url)


def dashboard_page(dashboard: dashboards_pb2.Dashboard) -> bytes:
    """The public page of a dashboard; draws charts, so it belongs into a child process."""
    shown = public_dashboard(dashboard)
    failed = {widget.id for widget in dashboard.widgets if widget.HasField("error")}
    for widget in shown.widgets:
        if widget.id in failed:
            # That it failed is said, why is not: the reason may name hosts and tables.
            widget.ClearField("data")
    facts = (("Data as of", words.stamp(shown.data_as_of)),) if shown.HasField("data_as_of") else ()
    description = element("p", shown.description) if shown.description else ""
    cover = element(
        "div",
        element(
            "div", element("h1", shown.name or "Dashboard"), description, pairs(facts), class_="column wide"
        ),
        class_="cover",
    )
    main = element("main", board(shown.widgets), _insights(shown), class_="column wide", id="content")
    return document(shown.name or "Dashboard", [element("header", cover), main])


def _insights(dashboard: dashboards_pb2.Dashboard) -> Safe:
    if not dashboard.insights:
        return Safe("")
    items = [_insight(insight) for insight in sorted(dashboard.insights, key=lambda insight: insight.rank)]
    return element("section", element("h2", "What stands out"), *items)


def _insight(insight: insights_pb2.Insight) -> Safe:
    certainty, tone = words.certainty(insight)
    return element(
        "article",
        element("h3", insight.title),
        element("p", element("span", certainty, class_=f"pill {tone}"), class_="sure"),
        element("p", insight.narrative) if insight.narrative else "",
        class_="finding",
    )


def password_page(kind: str, *, wrong: bool = False) -> bytes:
    """The page that asks for the password of a shared report or dashboard, and says when the last one was wrong.

    The form posts `password` (form-encoded) back to the address of the page. Raises ValueError for another kind.
    """
    if kind not in KINDS:
        raise ValueError(f"There is no public page of kind {kind!r}; the kinds are {', '.join(KINDS)}.")
    failure = element(
        "p", "That is not the password. Please try again.", class_="failure", role="alert", id="wrong"
    )
    field = element(
        "input", type="password", name="password", id="password", required="required", maxlength="1024",
        autocomplete="current-password", autofocus="autofocus", aria_describedby="wrong" if wrong else None,
        aria_invalid="true" if wrong else None,
    )  # fmt: skip
    # A form asks for a page; without this the service would answer a wrong password as it answers programs.
    page = element("input", type="hidden", name="format", value="html")
    form = element(
        "form",
        page,
        element("label", "Password", for_="password"),
        field,
        failure if wrong else "",
        element("button", "Open", type="submit"),
        method="post",
        accept_charset="utf-8",
    )
    asked = element("p", "Ask the person who gave you the link for its password.")
    return _gate(f"This {kind} is protected", asked, form)


def missing_page() -> bytes:
    """The page for a link that does not lead anywhere, whatever the reason: it never was, it ended, it was revoked."""
    return _gate("There is nothing here", element("p", "The link is not valid, or no longer valid."))


def _gate(title: str, *parts: Safe) -> bytes:
    return document(title, [element("main", element("h1", title), *parts, class_="gate", id="content")])
