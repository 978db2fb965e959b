"""The ledger of printed numbers: each was asked of the snapshot, each text and chart says which it prints."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from claribi.v1 import insights_pb2

from server.analysis import formats, gate
from server.analysis.drawn import Drawn, read_rows
from server.analysis.formats import Display
from server.analysis.periods import Span
from server.analysis.scope import Parameter, Scalar, Scope, Statement

_INT32_MAX = 2**31 - 1


class NoValue(Exception):
    """A query that a text depends on gave NULL or something that is not finite."""


@dataclass(frozen=True)
class Figure:
    """A number in the ledger, as it is printed."""

    evidence_id: str
    value: float
    display: str


@dataclass(frozen=True)
class Name:
    """Words of the data themselves (a column, a member, a period), digits and all."""

    text: str


@dataclass(frozen=True)
class Statistic:
    """A report statistic: how much was tested or found, the one kind of number no query stands behind."""

    text: str


Leaf = Figure | Name | Statistic


@dataclass(frozen=True)
class Text:
    """A checked text, the evidence it prints, the words it may print, what it was filled with, and its sentences."""

    text: str
    evidence_ids: tuple[str, ...] = ()
    bound: tuple[str, ...] = ()
    leaves: tuple[Leaf, ...] = ()
    sentences: tuple["Text", ...] = ()  # of a joined text


Part = Figure | Name | Text | Statistic


def period(span: Span) -> Name:
    """What the span is called."""
    return Name(span.name)


def join(texts: Sequence[Text], separator: str = " ") -> Text:
    """Several texts as one."""
    return Text(
        separator.join(text.text for text in texts if text.text),
        tuple(dict.fromkeys(evidence_id for text in texts for evidence_id in text.evidence_ids)),
        tuple(dict.fromkeys(word for text in texts for word in text.bound)),
        tuple(leaf for text in texts for leaf in text.leaves),
        tuple(part for text in texts for part in text.sentences or (text,) if part.text),
    )


@dataclass
class Ledger:
    """Every number of one report, in the order it was first needed."""

    now: datetime
    entries: list[insights_pb2.Evidence] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    said: dict[str, Text] = field(default_factory=dict)  # every text that passed the gate
    _known: dict[tuple[str, str, str, tuple[Parameter, ...], str], Figure] = field(default_factory=dict)
    _drawn: dict[tuple[str, str, str, tuple[Parameter, ...]], Drawn] = field(default_factory=dict)

    def number(self, label: str, scalar: Scalar, *, unit: str = "", display: Display | None = None) -> Figure:
        """Runs the query, enters its value and gives the reference texts print.

        The same query printed the same way is one entry. Raises NoValue when the cell is empty.
        """
        figure = self.number_or_none(label, scalar, unit=unit, display=display)
        if figure is None:
            raise NoValue(label)
        return figure

    def number_or_none(
        self, label: str, scalar: Scalar, *, unit: str = "", display: Display | None = None
    ) -> Figure | None:
        """As `number`, with None for an empty cell, which is not entered."""
        value = scalar.run()
        return None if value is None else self.known(label, scalar, value=value, unit=unit, display=display)

    def known(
        self, label: str, scalar: Scalar, *, value: float, unit: str = "", display: Display | None = None
    ) -> Figure:
        """Enters a value that a query over many members has just returned, with the query for this one."""
        printed = display(value) if display else formats.display(value, unit)
        scope = scalar.scope
        key = (scope.source_id, scope.snapshot_hash, scalar.sql, scalar.params, printed)
        if key not in self._known:
            evidence_id = f"e{len(self.entries) + 1}"
            self.entries.append(self._entry(evidence_id, label, scalar, unit=unit))
            self.entries[-1].value, self.entries[-1].display = value, printed
            self._known[key] = Figure(evidence_id, value, printed)
        return self._known[key]

    def series(self, label: str, scope: Scope, statement: Statement, *, unit: str = "") -> Drawn:
        """Runs a query whose rows a chart draws and enters them all as one.

        Raises QueryError.
        """
        key = (scope.source_id, scope.snapshot_hash, statement.sql, statement.params)
        if key not in self._drawn:
            rows = read_rows(scope.fetch(statement))
            evidence_id = f"e{len(self.entries) + 1}"
            asked = Scalar(scope, statement.sql, statement.params)
            self.entries.append(self._entry(evidence_id, label, asked, unit=unit))
            self.entries[-1].rows.extend(rows)
            self._drawn[key] = Drawn(evidence_id, rows)
        return self._drawn[key]

    def say(self, template: str, *parts: Part) -> Text:
        """Fills `{0}`, `{1}`... and passes the gate: what the template itself says states no number, unit or period.

        Raises gate.UnboundNumber.
        """
        gate.check_template(
            template, (place for place, part in enumerate(parts) if isinstance(part, Figure | Statistic))
        )
        words = [part.display if isinstance(part, Figure) else part.text for part in parts]
        text = template.format(*words)
        names = [part.text for part in parts if isinstance(part, Name)]
        self.names.update(names)
        self.names.update(formats.sentence_case(name) for name in names)
        bound = [word for part, word in zip(parts, words, strict=True) if not isinstance(part, Text)]
        bound += [word for part in parts if isinstance(part, Text) for word in part.bound]
        if template.startswith("{"):
            text = formats.sentence_case(text)
            bound += [formats.sentence_case(word) for word in bound]
        ids = [evidence_id for part in parts for evidence_id in _ids(part)]
        leaves = [leaf for part in parts for leaf in (part.leaves if isinstance(part, Text) else (part,))]
        said = Text(text, tuple(dict.fromkeys(ids)), tuple(dict.fromkeys(bound)), tuple(leaves))
        self.said[text] = said
        return said

    def _entry(self, evidence_id: str, label: str, scalar: Scalar, *, unit: str) -> insights_pb2.Evidence:
        scope = scalar.scope
        entry = insights_pb2.Evidence(
            id=evidence_id,
            label=label,
            unit=unit,
            query=scalar.sql,
            source=insights_pb2.EvidenceSource(
                data_source_id=scope.source_id,
                snapshot_hash=scope.snapshot_hash,
                table=scope.table,
                rows=min(scope.rows, _INT32_MAX),
            ),
        )
        for parameter in scalar.params:
            if isinstance(parameter, str):
                entry.parameters.add(string_value=parameter)
            else:
                entry.parameters.add(number_value=parameter)
        entry.computed_at.FromDatetime(self.now)
        return entry


def _ids(part: Part) -> tuple[str, ...]:
    if isinstance(part, Figure):
        return (part.evidence_id,)
    return part.evidence_ids if isinstance(part, Text) else ()
