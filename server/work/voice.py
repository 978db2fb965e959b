"""What a language model may do for a report: propose what to look at first, and reword sentences.

It never sees a number, a member or a row: proposals are asked of the names and types of columns, rewordings of
sentences whose numbers, names and periods are slots. Each sentence it gives back passes the gate or is thrown away.
"""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import structlog
from claribi.v1 import insights_pb2
from claribi.v1.data_sources_pb2 import DataSchema
from claribi.v1.reports_pb2 import Report

from server.analysis.gate import UnboundNumber, check_template
from server.analysis.restating import Sentence, Template, restated, template_of
from server.analysis.retelling import exchange, note
from server.methods import enum_word
from server.work import voice_words
from server.work.language_model import UNREADABLE, Budget, Model, ModelFailed, Task

log = structlog.get_logger(__name__)

MOST_COLUMNS = 200  # shown of all tables together
MOST_PROPOSALS = 10
MOST_SENTENCES = 40  # reworded in one report; the findings further down keep the engine's words
TYPES = tuple(enum_word(value) for value in insights_pb2.InsightType.DESCRIPTOR.values if value.number)


@dataclass
class Voice:
    """A language model at work on one report: its budget, what it did, and why it failed if it did."""

    model: Model
    budget: Budget
    seed: int = 0
    proposed: bool = False
    reworded: bool = False
    failure: str = ""

    async def propose(self, question: str, sources: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Hypotheses to look at first, of the closed list; empty when the model has none or fails."""
        known = _columns(sources)
        task = Task(
            "hypotheses",
            voice_words.PROPOSE,
            {"question": question, "tables": _tables(known)},
            voice_words.hypotheses_schema(TYPES, MOST_PROPOSALS),
            self.seed,
        )
        try:
            found = await self.model.ask(task, self.budget, _hypotheses)
        except ModelFailed as failure:
            # Who cannot propose may still be able to write; who is away or late may not.
            self.failure = "" if failure.reason == UNREADABLE else failure.reason
            return []
        kept = _known_only(found, known)
        self.proposed = bool(kept)
        return kept

    async def retell(self, told: bytes) -> Report:
        """The report of a telling, in the model's words where they pass, and with a note on whose words they are."""
        answer = orjson.loads(told)
        report = Report.FromString(b64decode(answer["report"]))
        known = tuple(answer["names"])
        sentences = [
            Sentence(s["text"], tuple(s["figures"]), tuple(s["names"]), known) for s in answer["sentences"]
        ]
        templates = [(sentence, template_of(sentence)) for sentence in sentences]
        work = _Rewording([pair for pair in templates if _is_bare(pair[1])][:MOST_SENTENCES])
        if work.open and not self.failure:
            await self._reword(work)
        exchange(report, work.changes)
        self.reworded = bool(work.changes)
        text = voice_words.note(
            self.model.name, proposed=self.proposed, reworded=self.reworded, failure=self.failure
        )
        note(report, text, model=self.model.name, used=self.proposed or self.reworded)
        return report

    async def _reword(self, work: "_Rewording") -> None:
        task = Task("sentences", voice_words.REWORD, work.data(), voice_words.SENTENCES_SCHEMA, self.seed)
        try:
            await self.model.ask(task, self.budget, work.take)
        except ModelFailed as failure:
            self.failure = failure.reason
        if work.changes:
            self.failure = ""  # what passed in the first answer stands when the second one fails
        elif work.refused:
            self.failure = voice_words.REFUSED
        log.info("language model reworded", passed=len(work.changes), asked=len(work.open))


@dataclass
class _Rewording:
    """Sentences to reword with their templates; those that pass become changes."""

    open: list[tuple[Sentence, Template]]
    changes: dict[str, str] = field(default_factory=dict)
    refused: bool = False
    _asked_again: bool = False

    def data(self) -> dict[str, Any]:
        """What is shown: ids, templates, and the kind of each slot."""
        return {
            "sentences": [
                {"id": place, "text": template.text, "slots": list(template.kinds)}
                for place, (_, template) in enumerate(self.open, start=1)
            ]
        }

    def take(self, answer: Any) -> None:
        """Keeps what passes. Raises ValueError once, naming what did not, so that it can be put right."""
        given = _texts(answer)
        reasons = []
        for place, (sentence, template) in enumerate(self.open, start=1):
            text = given.get(place)
            if text is None or sentence.text in self.changes:
                continue
            try:
                new = restated(text, sentence, template)
            except UnboundNumber as error:
                reasons.append(f"Sentence {place} does not pass: {error.rest[:60]!r}.")
                continue
            if new != sentence.text:
                self.changes[sentence.text] = new
        self.refused = self.refused or bool(reasons)
        if reasons and not self._asked_again:
            self._asked_again = True
            raise ValueError(" ".join(reasons[:MOST_SENTENCES]))


def _is_bare(template: Template) -> bool:
    """Whether a template holds nothing of the data: a last look, should a sentence come with its parts unnamed."""
    try:
        check_template(template.text, ())
    except UnboundNumber:
        return False
    return True


def _texts(answer: Any) -> dict[int, str]:
    """Sentence texts by id. Raises ValueError for another shape."""
    rows = answer.get("sentences") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        raise ValueError("there is no list of sentences.")
    found: dict[int, str] = {}
    for row in rows[: 2 * MOST_SENTENCES]:
        if isinstance(row, dict) and type(row.get("id")) is int and isinstance(row.get("text"), str):
            found[row["id"]] = row["text"]
    if not found:
        raise ValueError("no sentence has an id and a text.")
    return found


def _hypotheses(answer: Any) -> list[dict[str, Any]]:
    """The rows of an answer. Raises ValueError for another shape."""
    rows = answer.get("hypotheses") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        raise ValueError("there is no list of hypotheses.")
    return [row for row in rows[: 2 * MOST_PROPOSALS] if isinstance(row, dict)]


_Known = dict[str, tuple[str, dict[str, tuple[str, str]]]]


def _columns(sources: Sequence[Mapping[str, Any]]) -> _Known:
    """Source and columns (type and role) by table; a table name that two sources have is that of the first."""
    known: _Known = {}
    left = MOST_COLUMNS
    for source in sources:
        for table in DataSchema.FromString(b64decode(source["schema"])).tables:
            shown = {c.name: (enum_word_of(c, "type"), enum_word_of(c, "role")) for c in table.columns[:left]}
            left -= len(shown)
            known.setdefault(table.name, (source["id"], shown))
    return known


def enum_word_of(message: Any, name: str) -> str:
    """The public word of an enum field, or its text when the field is one."""
    value, kind = getattr(message, name), message.DESCRIPTOR.fields_by_name[name].enum_type
    return str(value) if kind is None else enum_word(kind.values_by_number[value])


def _tables(known: _Known) -> list[dict[str, Any]]:
    return [
        {
            "table": table,
            "columns": [{"name": name, "type": kind, "role": role} for name, (kind, role) in columns.items()],
        }
        for table, (_, columns) in known.items()
    ]


def _known_only(rows: Sequence[Mapping[str, Any]], known: _Known) -> list[dict[str, Any]]:
    """Proposals of known types, tables and columns, each once; everything else is dropped."""
    kept: list[dict[str, Any]] = []
    for row in rows:
        kind, table = row.get("type"), row.get("table")
        measure, dimension = row.get("measure"), row.get("dimension")
        if kind not in TYPES or not isinstance(table, str) or table not in known:
            continue
        source_id, columns = known[table]
        if any(
            name is not None and (not isinstance(name, str) or name not in columns)
            for name in (measure, dimension)
        ):
            continue
        proposal = {
            "type": kind,
            "source_id": source_id,
            "table": table,
            "measure": measure,
            "dimension": dimension,
        }
        if proposal not in kept:
            kept.append(proposal)
    return kept[:MOST_PROPOSALS]
