"""A report told slide by slide: what matters, the numbers, one insight a slide, what to do, how it was found out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from claribi.v1 import reports_pb2 as pb
from pptx.presentation import Presentation

from server.exports.charts import palette
from server.exports.outline import Block, Figure, Finding, Metric, Outline, Proof
from server.exports.slides import tables, theme
from server.exports.slides.deck import Box, Deck, Look, Slide, height
from server.exports.slides.native import add_chart

BODY = Box(theme.MARGIN_PT, 108, theme.WIDTH_PT - 2 * theme.MARGIN_PT, 384)
MOST_HIGHLIGHTS = 3
CARDS_A_ROW, CARDS_A_SLIDE = 4, 8
CARD_GAP_PT, CARD_HEIGHT_PT, CAPTION_PT = 12, 108, 22
PROSE = Look((18, 16, 14, 12, 10.5), gap=12)
# Over the cards of numbers; a summary that needs smaller letters has a slide of its own.
SHORT_PROSE = Look((16, 15, 14, 13), gap=7)
SHORT_FOOT = 90
MOST_NOTED = 40  # pieces of evidence spelt out in the notes of one slide


def tell(report: pb.Report, laid_out: Outline) -> Presentation:
    """The deck of a report."""
    return _Story(report, laid_out).told()


class _Story:
    """Tells one report; a chart is looked up by its id, evidence by its own."""

    def __init__(self, report: pb.Report, laid_out: Outline) -> None:
        self.laid_out = laid_out
        self.charts = {chart.id: chart for chart in report.charts}
        self.numbers = {entry.id: entry.display for entry in report.evidence}
        self.proofs = {item.id: item for item in tables.proofs(report)}
        self.metrics = [list(m.evidence_ids) for section in report.sections for m in section.metrics]
        foot = laid_out.name if len(laid_out.name) <= SHORT_FOOT else laid_out.name[: SHORT_FOOT - 1] + "…"
        self.deck = Deck(foot)

    def told(self) -> Presentation:
        self._cover()
        blocks = _joined(self.laid_out.blocks)
        if _read_together(blocks):
            self._in_short(blocks[0], blocks[1])
            blocks = blocks[2:]
        for block in blocks:
            self._block(block)
        if self.laid_out.colophon:
            self._colophon()
        return self.deck.presentation

    def _cover(self) -> None:
        """Who asked what, the headline, and the three things that matter."""
        laid_out = self.laid_out
        wide = theme.WIDTH_PT - 2 * theme.MARGIN_PT
        title = Look((34, 30, 26, 22, 18, 14), "#FFFFFF", bold=True)
        slide = self.deck.add(laid_out.name, box=Box(theme.MARGIN_PT, 44, wide, 84), look=title)
        slide.behind(Box(0, 0, theme.WIDTH_PT, 214), theme.DEEP)
        slide.text(Box(theme.MARGIN_PT, 130, wide, 34), [laid_out.question], Look((15, 13, 11), theme.BAND))
        facts = [" ".join(pair) for pair in laid_out.facts]
        slide.text(Box(theme.MARGIN_PT, 174, wide, 30), [" · ".join(facts)], Look((11, 10, 9), theme.BAND))
        said = laid_out.headline or laid_out.notice
        if said:
            slide.fill(Box(0, 214, theme.WIDTH_PT, 74), palette.SERIES[0])
            look = Look((22, 19, 16, 13), "#FFFFFF", bold=True, middle=True)
            slide.text(Box(theme.MARGIN_PT, 218, wide, 66), [said], look)
        self._highlights(slide, 316)
        slide.notes([laid_out.question, laid_out.notice, *self._summary()])

    def _highlights(self, slide: Slide, top: float) -> None:
        wide = theme.WIDTH_PT - 2 * theme.MARGIN_PT
        for number, text in enumerate(self._three(), start=1):
            slide.pill(theme.MARGIN_PT, top + 3, str(number), "good")
            box = Box(theme.MARGIN_PT + 44, top, wide - 44, 52)
            slide.text(box, [text], Look((18, 16, 14, 12, 10.5)))
            top += 62

    def _three(self) -> Sequence[str]:
        """The things that matter: those of the summary, else the best findings."""
        summary = next((block for block in self.laid_out.blocks if block.kind == "executive_summary"), None)
        if summary is not None and summary.bullets:
            return summary.bullets[:MOST_HIGHLIGHTS]
        found = [finding.title for block in self.laid_out.blocks for finding in block.findings]
        return found[:MOST_HIGHLIGHTS]

    def _summary(self) -> Sequence[str]:
        return [
            text
            for block in self.laid_out.blocks
            if block.kind == "executive_summary"
            for text in (*block.paragraphs, *block.closing)
        ]

    def _block(self, block: Block) -> None:
        listed = block.bullets[MOST_HIGHLIGHTS:] if block.kind == "executive_summary" else block.bullets
        # What stands on slides of its own is not introduced by one more slide; its introduction is in their notes.
        introduces = bool(block.metrics or block.findings or block.figures or block.quality or block.proofs)
        said = [*block.paragraphs, *block.closing]
        if listed or (said and not introduces):
            self._prose(block.title, said, listed)
        for start in range(0, len(block.metrics), CARDS_A_SLIDE):
            self._cards(block, start)
        for finding in block.findings:
            self._finding(finding)
        for figure in block.figures:
            self._figure(figure)
        tables.add(self.deck, block)

    def _prose(self, title: str, paragraphs: Sequence[str], bullets: Sequence[str]) -> None:
        slide = self.deck.add(title)
        left, wide = BODY.left, min(BODY.width, 760.0)
        used = 0.0
        if paragraphs:
            room = BODY.height * (0.5 if bullets else 1)
            used = slide.text(Box(left, BODY.top, wide, room), paragraphs, PROSE) + 18
        if not bullets:
            return
        each = (BODY.height - used) / len(bullets)
        for index, text in enumerate(bullets):
            top = BODY.top + used + index * min(each, 78)
            slide.pill(left, top + 2, str(index + 1), "good")
            box = Box(left + 44, top, wide - 44, min(each, 78) - 8)
            slide.text(box, [text], Look((18, 16, 14, 12, 10.5, 9)))

    def _in_short(self, summary: Block, numbers: Block) -> None:
        """The summary over the numbers one asks for first."""
        slide = self.deck.add(summary.title)
        said = [*summary.paragraphs, *summary.closing]
        used = slide.text(_over_cards(numbers), said, SHORT_PROSE)
        top = BODY.top + used + CARD_GAP_PT
        caption = [" ".join([numbers.title + ".", *numbers.paragraphs])]
        slide.text(Box(BODY.left, top, BODY.width, CAPTION_PT), caption, Look((11, 10, 9), palette.MUTED))
        for index, metric in enumerate(numbers.metrics):
            self._card(slide, metric, index, top + CAPTION_PT)
        slide.notes(
            [
                *summary.paragraphs,
                *summary.closing,
                *self._evidence([key for keys in self.metrics for key in keys]),
            ]
        )

    def _cards(self, block: Block, start: int) -> None:
        slide = self.deck.add(block.title)
        chosen = block.metrics[start : start + CARDS_A_SLIDE]
        intro = Look((13, 12, 11, 10), palette.MUTED)
        used = slide.text(Box(BODY.left, BODY.top, BODY.width, 40), block.paragraphs, intro)
        for index, metric in enumerate(chosen):
            self._card(slide, metric, index, BODY.top + used + 14)
        ids = [key for keys in self.metrics[start : start + CARDS_A_SLIDE] for key in keys]
        slide.notes([*block.paragraphs, *self._evidence(ids)])

    def _card(self, slide: Slide, metric: Metric, index: int, top: float) -> None:
        wide = (BODY.width - CARD_GAP_PT * (CARDS_A_ROW - 1)) / CARDS_A_ROW
        left = BODY.left + (index % CARDS_A_ROW) * (wide + CARD_GAP_PT)
        top += (index // CARDS_A_ROW) * (CARD_HEIGHT_PT + CARD_GAP_PT)
        slide.fill(Box(left, top, wide, CARD_HEIGHT_PT), theme.WASH)
        slide.fill(Box(left, top, 4, CARD_HEIGHT_PT), palette.SERIES[0])
        inner = wide - 28
        label = Look((12, 11, 10, 9), palette.MUTED)
        slide.text(Box(left + 16, top + 8, inner, 30), [metric.label], label)
        value = Look((26, 22, 18, 15, 12), bold=True, middle=True)
        slide.text(Box(left + 16, top + 38, inner, 34), [metric.display], value)
        sign = {"up": "▲ ", "down": "▼ "}.get(metric.tone, "") if metric.change else ""
        change = Look((11, 10, 9), palette.MUTED, gap=2)
        moves = [said for said in (sign + metric.change, metric.year) if said]
        slide.text(Box(left + 16, top + 72, inner, CARD_HEIGHT_PT - 74), moves, change)

    def _finding(self, finding: Finding) -> None:
        slide = self.deck.add(finding.title, foot=_references(finding.evidence))
        end = slide.pill(theme.MARGIN_PT, 94, finding.certainty, finding.tone)
        how = " · ".join(filter(None, [finding.kind, finding.test]))
        look = Look((11, 10, 9), palette.MUTED, middle=True)
        slide.text(Box(end + 12, 94, theme.WIDTH_PT - theme.MARGIN_PT - end - 12, 19), [how], look)
        chart = self.charts.get(finding.figure.id) if finding.figure else None
        beside = Box(664, 132, 248, 366)
        if chart is None:
            beside = Box(theme.MARGIN_PT, 132, 640, 366)
            self._facts(slide, finding, Box(730, 132, 182, 366))
        else:
            add_chart(slide, chart, self.numbers, Box(theme.MARGIN_PT, 128, 588, 366))
        self._words(slide, finding, beside)
        caveats = [f"Keep in mind: {text}" for text in finding.caveats]
        slide.notes([finding.narrative, *caveats, *self._evidence(finding.evidence)])

    def _words(self, slide: Slide, finding: Finding, box: Box) -> None:
        """The narrative, and under it what a careful reader keeps in mind."""
        share = 0.66 if finding.caveats else 1.0
        prose = Look((18, 16, 15, 14, 13, 12, 11, 10, 9), gap=8)
        wanted = Box(box.left, box.top, box.width, box.height * share)
        used = slide.text(wanted, [finding.narrative], prose)
        if not finding.caveats:
            return
        top = box.top + used + 20
        room = Box(box.left + 12, top, box.width - 12, box.top + box.height - top)
        tall = slide.text(room, finding.caveats, Look((12, 11, 10, 9, 8), palette.MUTED, gap=5))
        slide.fill(Box(box.left, top, 2.5, max(tall, 14)), theme.AMBER)

    def _facts(self, slide: Slide, finding: Finding, box: Box) -> None:
        """The numbers of a finding without a chart, as its evidence prints them."""
        top = box.top
        for key in finding.evidence[:4]:
            item = self.proofs[key]
            slide.fill(Box(box.left - 14, top, 3, 66), palette.SERIES[0])
            value = Look((20, 17, 14, 11), bold=True)
            slide.text(Box(box.left, top, box.width, 30), [item.display], value)
            slide.text(Box(box.left, top + 32, box.width, 34), [item.label], Look((11, 10, 9), palette.MUTED))
            top += 86

    def _figure(self, figure: Figure) -> None:
        slide = self.deck.add(figure.title or "Chart")
        add_chart(slide, self.charts[figure.id], self.numbers, BODY)
        slide.notes([figure.alt])

    def _colophon(self) -> None:
        slide = self.deck.add("How to check this report")
        intro = "Every number in these slides is the answer to a query on a stored snapshot. The queries stand in the "
        intro += "speaker notes; run on that snapshot, they return the numbers printed here."
        used = slide.text(Box(BODY.left, BODY.top, 760, 80), [intro], Look((15, 13)))
        rows = [["What", "Value"], *([key, value] for key, value in self.laid_out.colophon)]
        box = Box(BODY.left, BODY.top + used + 18, BODY.width, 200)
        slide.table(box, rows[: tables.ROWS_A_SLIDE], [1, 2.6])

    def _evidence(self, ids: Sequence[str]) -> list[str]:
        found = [self.proofs[key] for key in dict.fromkeys(ids) if key in self.proofs]
        return ["", "Evidence", *map(_spelt, found[:MOST_NOTED])] if found else []


def _read_together(blocks: Sequence[Block]) -> bool:
    """Whether the report begins with a summary and with numbers that fit under it."""
    if [block.kind for block in blocks[:2]] != ["executive_summary", "key_metrics"]:
        return False
    summary, numbers = blocks[0], blocks[1]
    said = [*summary.paragraphs, *summary.closing]
    if not said or len(summary.bullets) > MOST_HIGHLIGHTS or numbers.bullets:
        return False
    if not 0 < len(numbers.metrics) <= CARDS_A_SLIDE:
        return False
    room = _over_cards(numbers)
    return height(said, room.width, SHORT_PROSE.sizes[-1], SHORT_PROSE.gap) <= room.height


def _over_cards(numbers: Block) -> Box:
    """What the cards of numbers leave of a slide."""
    rows = -(-len(numbers.metrics) // CARDS_A_ROW)
    cards = rows * (CARD_HEIGHT_PT + CARD_GAP_PT) + CAPTION_PT
    return Box(BODY.left, BODY.top, BODY.width, BODY.height - cards - CARD_GAP_PT)


def _joined(blocks: Sequence[Block]) -> list[Block]:
    """The sections, with one that is only a few words on the slide of the prose before it."""
    joined: list[Block] = []
    for block in blocks:
        before = joined[-1] if joined else None
        if before is not None and _only_prose(block) and _only_prose(before):
            added = (*before.paragraphs, f"{block.title}: {' '.join(block.paragraphs)}")
            joined[-1] = replace(before, paragraphs=added)
        else:
            joined.append(block)
    return joined


def _only_prose(block: Block) -> bool:
    """Whether a section that is not the summary has paragraphs and nothing else."""
    bare = replace(block, paragraphs=())
    return block.kind != "executive_summary" and bool(block.paragraphs) and bare.empty


def _references(ids: Sequence[str]) -> str:
    return f"Evidence: {', '.join(ids)}" if ids else ""


def _spelt(item: Proof) -> str:
    """A piece of evidence in a line of the notes, with its query."""
    given = f" with {item.parameters}" if item.parameters else ""
    asked = f"\n{item.query}{given}" if item.query else ""
    return f"{item.id} {item.label}: {item.display}{asked}"
