"""The report as one page that needs nothing else: no script, no request, readable by eye, by voice and on paper."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from claribi.v1 import reports_pb2 as pb

from server.exports.escape import Safe, drawing, element, join, words_only
from server.exports.outline import Block, Figure, Finding, Metric, Outline, Proof, Quality, Table, outline

STYLE = Path(__file__).parent / "templates" / "page.css"
LONG_NUMBER = 9  # letters that fit a narrow card in its large size


@cache
def stylesheet() -> str:
    return STYLE.read_text(encoding="utf-8")


@cache
def content_policy() -> str:
    """What a page may do: show itself in the one style written here, and send a password back to where it came from."""
    digest = base64.b64encode(hashlib.sha256(stylesheet().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'self'"


def render(report: pb.Report) -> bytes:
    """The report as a page, UTF-8; evidence with its queries included."""
    return report_document(outline(report))


def report_document(laid_out: Outline, *, download_url: str | None = None) -> bytes:
    """The page of a report as it is laid out; with a link to its file when there is one to give."""
    appendix = any(block.proofs for block in laid_out.blocks)
    body = [
        _cover(laid_out, download_url),
        element(
            "main",
            element("p", laid_out.notice, class_="notice") if laid_out.notice else "",
            *(_section(block, index, linked=appendix) for index, block in enumerate(laid_out.blocks)),
            _colophon(laid_out),
            class_="column",
            id="content",
        ),
    ]
    return document(laid_out.name, body, description=laid_out.headline)


def document(title: str, body: list[Safe], *, description: str = "") -> bytes:
    """A whole page around its body, closed to requests, search engines and referrers."""
    head = [
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=content_policy()),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="robots", content="noindex, nofollow"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="description", content=description) if description else "",
        element("title", words_only(title)),
        Safe(f"<style>{stylesheet()}</style>"),
    ]
    skip = element("a", "Skip to the content", href="#content", class_="skip")
    page = element("html", element("head", *head), element("body", skip, *body), lang="en", dir="ltr")
    return ("<!doctype html>\n" + page + "\n").encode("utf-8", "replace")


def pairs(items: tuple[tuple[str, str], ...]) -> Safe:
    return (
        element("dl", *(join([element("dt", key), element("dd", value)]) for key, value in items))
        if items
        else Safe("")
    )


def _cover(laid_out: Outline, download_url: str | None) -> Safe:
    link = element("a", "Download the file", href=download_url, class_="download") if download_url else ""
    inner = element(
        "div",
        element("h1", laid_out.name),
        element("p", laid_out.question) if laid_out.question else "",
        pairs(laid_out.facts),
        link,
        class_="column",
    )
    headline = element("div", element("p", laid_out.headline, class_="column"), class_="headline")
    return element("header", element("div", inner, class_="cover"), headline if laid_out.headline else "")


def _section(block: Block, index: int, *, linked: bool) -> Safe:
    name = f"section-{index + 1}"
    return element(
        "section",
        element("h2", block.title, id=name),
        *(element("p", paragraph) for paragraph in block.paragraphs),
        _bullets(block),
        *(element("p", paragraph, class_="closing") for paragraph in block.closing),
        cards(block.metrics),
        *(_finding(finding, linked=linked) for finding in block.findings),
        *(figure(one) for one in block.figures),
        plain_table(block.table) if block.table else "",
        _quality(block.quality) if block.quality else "",
        _evidence(block.proofs) if block.proofs else "",
        aria_labelledby=name,
    )


def _bullets(block: Block) -> Safe:
    if not block.bullets:
        return Safe("")
    items = [element("li", bullet) for bullet in block.bullets]
    if block.kind == "executive_summary":
        return element("ol", *items, class_="highlights")
    return element("ul", *items)


def cards(metrics: tuple[Metric, ...]) -> Safe:
    """Numbers on cards, each a term and its descriptions."""
    if not metrics:
        return Safe("")
    return element("div", *map(_card, metrics), class_="cards")


def _card(metric: Metric) -> Safe:
    sign = {"up": "▲ ", "down": "▼ "}.get(metric.tone, "")
    size = "value long" if len(metric.display) > LONG_NUMBER else "value"
    return element(
        "dl",
        element("dt", metric.label),
        element("dd", metric.display, class_=size),
        element("dd", element("span", sign, aria_hidden="true"), metric.change, class_="change")
        if metric.change
        else "",
        element("dd", metric.year, class_="change") if metric.year else "",
        class_="card",
    )


def _finding(finding: Finding, *, linked: bool) -> Safe:
    how = " · ".join(filter(None, [finding.kind, finding.test]))
    sure = [
        element("span", finding.certainty, class_=f"pill {finding.tone}"),
        element("span", how) if how else "",
    ]
    return element(
        "article",
        element("h3", element("span", finding.number, class_="number"), finding.title),
        element("p", *sure, class_="sure"),
        element("p", finding.narrative) if finding.narrative else "",
        figure(finding.figure) if finding.figure else "",
        element("ul", *(element("li", caveat) for caveat in finding.caveats), class_="caveats")
        if finding.caveats
        else "",
        _references(finding.evidence) if linked and finding.evidence else "",
        class_="finding",
    )


def _references(ids: tuple[str, ...]) -> Safe:
    links = [element("a", key, href=f"#evidence-{key}") for key in ids]
    separated = [part for link in links for part in (", ", link)][1:]
    return element("p", "Evidence: ", *separated, class_="proofs")


def figure(drawn: Figure) -> Safe:
    """A chart with its headline; its words are read to those who do not see it."""
    caption = element("figcaption", drawn.title) if drawn.title else ""
    return element("figure", caption, drawing(drawn.svg, drawn.alt))


def _table(head: list[str], rows: list[Safe], **attributes: str) -> Safe:
    heading = element("tr", *(part if isinstance(part, Safe) else _th(part) for part in head))
    made = element("table", element("thead", heading), element("tbody", *rows), **attributes)
    return element("div", made, class_="scroll", tabindex="0", role="group", aria_label="Table")


def _th(text: str, *, numeric: bool = False) -> Safe:
    return element("th", text, scope="col", class_="numeric" if numeric else None)


def plain_table(table: Table) -> Safe:
    """A table with its numbers set to the right."""
    head: list[str] = [
        _th(text, numeric=numeric) for text, numeric in zip(table.columns, table.numeric, strict=True)
    ]
    rows = [
        element(
            "tr",
            *(
                element("td", cell, class_="numeric" if numeric else None)
                for cell, numeric in zip(row, table.numeric, strict=True)
            ),
        )
        for row in table.rows
    ]
    return _table(head, rows)


def _quality(items: tuple[Quality, ...]) -> Safe:
    rows = [
        element(
            "tr",
            element("td", element("span", item.severity, class_=f"pill {item.severity.lower()}")),
            element("td", item.where),
            element("td", element("strong", item.kind), element("br"), item.description),
        )
        for item in items
    ]
    return _table(["Severity", "Where", "What to know"], rows)


def _evidence(proofs: tuple[Proof, ...]) -> Safe:
    asked = any(item.query for item in proofs)
    head: list[str] = ["No.", "What it is", _th("Printed as", numeric=True), *(["Query"] if asked else [])]
    return _table(head, [_evidence_row(item, asked=asked) for item in proofs], class_="evidence")


def _evidence_row(item: Proof, *, asked: bool) -> Safe:
    given = element("code", f"with {item.parameters}", class_="with") if item.parameters else ""
    return element(
        "tr",
        element("td", item.id),
        element("td", item.label),
        element("td", item.display, class_="printed"),
        element("td", element("code", item.query), given, class_="query") if asked else "",
        id=f"evidence-{item.id}",
    )


def _colophon(laid_out: Outline) -> Safe:
    if not laid_out.colophon:
        return Safe("")
    return element("footer", pairs(laid_out.colophon), class_="colophon")
