"""Whether words can stop a report: tables whose columns, members and texts look like all that a gate refuses.

Run: python -m tests.quality.hostile_names [--tables N] [--seed N]

Each table is one of the planted ones with every name replaced. A table counts as bad when its report fails, when a
finding that passed is left out because its text was refused or its query could not be run, when a table is left
unread, or when a number of the report is not what its query gives.
"""

import argparse
import base64
import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from claribi.v1 import reports_pb2

from server.analysis.verify import run
from tests.quality.planting import VARIANTS, made
from tests.quality.tables import Cells, Random, World, stored
from tests.unit.analysis.snapshots import report_on, source_of

ROWS = (500, 1_000, 2_000)
MOST_MEMBERS = 40  # a column of texts with more different ones keeps them
# fmt: off
NUMBERS = ("42", "3.14", "1e5", "007", "-5", "−5", "+12 %", "5 %", "$100", "1,234", "12.", "½", "x²", "Ⅻ", "XIV", "٣",
           "五", "No. 1", "#3", "1st", "A1", "v2.0", "0", "±2", "~3", "3x", "10k", "2–3", "1/2", "5:1")
WORDS = ("million", "half", "percent", "double", "per cent", "dozen", "two", "Zero", "third of many", "a quarter of",
         "points", "EUR", "USD", "kg", "hours", "k", "M", "bn", "minus", "negative", "up", "down", "times")
PERIODS = ("Q3 2024", "March 2025", "May", "in June", "Monday", "weekdays", "2024-01-01", "last month", "yesterday",
           "the week of 4 May 2026", "June", "January", "Jan", "today", "2025", "mar", "this year", "noon")
SIGNS = ("{0}", "{1} and {2}", "{", "}", "{}", "{{", "%s", "%(x)s", "${x}", '"quoted"', "it's", 'a"b', "back\\slash",
         "new\nline", "tab\there", " ", "  two  spaces ", "-", "--", "...", "?", "!", "(", "[x]", "a;b", "a,b", "a|b",
         "<b>bold</b>", "&amp;", "= 1 + 1", "@x", "*", "/", "A.", "vs.", "e.g. this", "100%", "%", "€", "x:y",
         "a. B. c", "yes", "no", "or, and", "the", "#", "`x`", "'", '"')
SCRIPTS = ("🎉", "👨‍👩‍👧", "مبيعات", "עברית", "\u202eright to left", "zero\u200bwidth", "日本語", "売上 2024年",
           "Größe", "ﬁne", "i̇stanbul", "x" * 300, "word " * 60, "\u0301accent", "é" * 90, "\ufeffmark",
           "soft\u00adhyphen")
CODE = ("select", "count(*)", "rows", "null", "None", "true", "N/A", "nan", "period", "v", "i", "x", "y", "t", "u",
        "phase", "member", "c0", "c1", "place", "filled", "s", "a", "b", "label", "value", "rowid", "now",
        "'; drop table x; --", "level", "slope", "rest", "line", "season", "n", "r", "w", "g",
        "e", "j0", "k")
NAMES = (*NUMBERS, *WORDS, *PERIODS, *SIGNS, *SCRIPTS, *CODE)
QUESTIONS = ("", "why did {0} change", "{0} by {1}", "top 5 {1} by {0}", "is {0} higher in {2} than in {3}",
             "{2}?", "how did {0} develop last quarter", "forecast {0}", "{0} in {2} in May",
             "compare {2} and {3}")
# fmt: on


@dataclass
class Judged:
    """One table and what went wrong with it; empty when nothing did."""

    where: str
    wrong: list[str] = field(default_factory=list)


class _Refusals(logging.Handler):
    """What the engine says it left out."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(record.getMessage())


@contextmanager
def _listening() -> Iterator[list[str]]:
    engine, handler = logging.getLogger("server.analysis"), _Refusals()
    before = engine.propagate
    engine.addHandler(handler)
    engine.propagate = False
    try:
        yield handler.told
    finally:
        engine.removeHandler(handler)
        engine.propagate = before


def _names(random: Random, count: int, *, columns: bool) -> list[str]:
    """Different ones; those of columns differ in more than case and are not blank, since DuckDB knows no others."""
    found: dict[str, str] = {}
    while len(found) < count:
        name = str(random.choice(NAMES))
        if random.random() < 0.3:
            name = f"{name} {random.choice(NAMES)}"
        key = name.casefold()
        if key not in found and (name.strip() or not columns):
            found[key] = name
    return list(found.values())


def _renamed_cells(random: Random, cells: Cells) -> Cells:
    names = _names(random, len(cells), columns=True)
    return {
        name: _renamed_members(random, values) for name, values in zip(names, cells.values(), strict=True)
    }


def _renamed_members(random: Random, values: np.ndarray) -> np.ndarray:
    """Other words for the members of a category; what is no text, or an id, stays."""
    known = sorted({value for value in values if isinstance(value, str)}) if values.dtype == object else []
    if not 1 < len(known) <= MOST_MEMBERS:
        return values
    other = dict(zip(known, _names(random, len(known), columns=False), strict=True))
    return np.array([other.get(value) for value in values], dtype=object)


def hostile(random: Random, world: World) -> dict[str, Cells]:
    """The tables of a world under other names, the main one first."""
    tables = [world.cells, *world.others.values()]
    return {
        name: _renamed_cells(random, cells)
        for name, cells in zip(_names(random, len(tables), columns=True), tables, strict=True)
    }


def asked(random: Random, tables: dict[str, Cells]) -> str:
    """A question that uses the names."""
    cells = next(iter(tables.values()))
    measures = [name for name, values in cells.items() if values.dtype.kind in "fi"]
    categories = [name for name, values in cells.items() if values.dtype == object]
    members = [str(value) for name in categories for value in cells[name][:5]] or ["x"]
    parts = [random.choice(choices or ["x"]) for choices in (measures, categories, members, members)]
    question = str(random.choice(QUESTIONS))
    for place, part in enumerate(parts):
        question = question.replace(f"{{{place}}}", str(part))
    return question[:500]


def judged(seed: int, turn: int) -> Judged:
    """The report on one table."""
    random = np.random.default_rng((seed, turn))
    kind = list(VARIANTS)[turn % len(VARIANTS)]
    world = made(kind, "strong", (seed, turn, 0, 0), rows=int(random.choice(ROWS))).world
    tables = hostile(random, world)
    question = asked(random, tables)
    found = Judged(f"{kind} seed={seed} turn={turn} question={question!r}")
    with tempfile.TemporaryDirectory() as folder, _listening() as refused:
        directory = Path(folder)
        source = source_of(directory, [stored(directory, name, cells) for name, cells in tables.items()])
        try:
            report = report_on(
                [source], report_type=reports_pb2.REPORT_TYPE_COMPREHENSIVE, seed=turn, question=question
            )
        except Exception as error:
            found.wrong.append(f"failed: {type(error).__name__}: {error}"[:600])
            return found
        found.wrong += [f"left out: {text}"[:600] for text in refused]
        found.wrong += _untold(report, source)
    return found


def _untold(report: reports_pb2.Report, source: dict[str, str]) -> list[str]:
    """Tables left unread, and numbers that are not what their queries give."""
    texts = [text for section in report.sections for text in section.paragraphs]
    wrong = [text for text in texts if "could not be read and is left out" in text]
    evidence = [base64.b64encode(entry.SerializeToString()).decode() for entry in report.evidence]
    now = "2026-06-30T12:00:00"
    payload = {"report_id": "r", "evidence": evidence, "sources": {source["id"]: source}, "now": now}
    answer = reports_pb2.Verification.FromString(run(payload, lambda *_: None))
    labels = {entry.id: entry.label for entry in report.evidence}
    return wrong + [
        f"does not verify: {labels[number.evidence_id]}: {number}"[:400]
        for number in answer.numbers
        if number.verdict != reports_pb2.VERDICT_MATCH
    ]


def examine(tables: int, seed: int) -> list[Judged]:
    """So many tables of all kinds."""
    return [judged(seed, turn) for turn in range(tables)]


def main() -> None:
    """Prints how many tables were bad, and why."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tables", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    bad = [found for found in examine(chosen.tables, chosen.seed) if found.wrong]
    for found in bad:
        print(found.where)
        for line in found.wrong:
            print("   ", line)
    print(f"{len(bad)} of {chosen.tables} tables with a report that failed or left something out")


if __name__ == "__main__":
    main()
