"""Changes one thing in every sentence of real reports and counts how many the gate refuses.

    python -m tests.quality.gate_mutations [seed]

Each sentence is held against the one it was made from, as a sentence by a language model would be. The words and
symbols used here are this file's own: it shares none with the gate.
"""

import itertools
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
from claribi.v1 import reports_pb2

from server.analysis.engine import write_report
from server.analysis.gate import UnboundNumber
from server.analysis.job import read_request
from server.analysis.restating import Sentence, check_restated
from server.analysis.spoken import sentence_of, sentences
from server.cli.demo import macro_csv
from server.cli.shop import shop_files
from tests.quality.planting import VARIANTS, made
from tests.quality.tables import stored
from tests.unit.analysis.snapshots import payload_of, source_of, store

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip
UNITS = (
    "%",
    "points",
    "million",
    "billion",
    "thousand",
    "hours",
    "days",
    "minutes",
    "rows",
    "ms",
    "$",
    "€",
    "£",
)
GRAINS = ("hour", "day", "week", "month", "quarter", "year")
OPPOSITES = (("rose", "fell"), ("climbed", "dropped"), ("grew", "declined"), ("higher", "lower"), ("above", "below"),
             ("more", "less"), ("rising", "falling"), ("climbing", "slipping"), ("up", "down"))  # fmt: skip
SURE = ("very strong", "strong", "moderate")
CLAIMS = (" because of the new price list", ", a sign of strong demand", ", which customers noticed", " in every shop",
          ", as forecast", ", and it will go on", ", the best result so far", ", led by advertising")  # fmt: skip


@dataclass
class Tally:
    """Mutated sentences and how many of them were refused, by kind; unmutated ones, and how many were refused."""

    mutated: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    passed: list[tuple[str, str, str]] = field(default_factory=list)
    sentences: int = 0
    wrongly_refused: list[str] = field(default_factory=list)


def mutations(sentence: Sentence, names: Sequence[str], rng: random.Random) -> Iterator[tuple[str, str]]:
    """Kind and text of every mutation tried on the sentence; those that change nothing are left out."""
    text = sentence.text
    tried = [
        *(("digit", other) for other in _digits(text, rng)),
        *(("sign", other) for other in _signs(sentence)),
        *(("unit", other) for other in _units(sentence, rng)),
        *(("period", other) for other in _periods(text, rng)),
        *(("name", other) for other in _names(sentence, names, rng)),
        *(("direction", other) for other in _directions(text)),
        *(("certainty", other) for other in _certainties(text)),
        *(("swapped figures", other) for other in _swapped(text, sentence.figures)),
        *(
            ("claim added", text.rstrip(".") + claim + ("." if text.endswith(".") else ""))
            for claim in CLAIMS
        ),
    ]
    return ((kind, other) for kind, other in tried if other != text)


def _digits(text: str, rng: random.Random) -> Iterator[str]:
    for found in re.finditer(r"\d", text):
        place, digit = found.start(), found.group()
        other = rng.choice([d for d in "0123456789" if d != digit])
        yield text[:place] + other + text[place + 1 :]
        yield text[:place] + digit + rng.choice("0123456789") + text[place + 1 :]
        yield text[:place] + chr(ord("٠") + int(digit)) + text[place + 1 :]
    for found in re.finditer(r"(?<=\d)\.(?=\d)", text):
        yield text[: found.start()] + "," + text[found.end() :]


def _signs(sentence: Sentence) -> Iterator[str]:
    for figure in sentence.figures:
        for place in _places(sentence.text, figure):
            before, after = sentence.text[:place], sentence.text[place + len(figure) :]
            if figure[0] in "+−-":
                yield before + figure[1:] + after
                yield before + {"+": "−", "−": "+", "-": "+"}[figure[0]] + figure[1:] + after
            else:
                for sign in ("−", "-", "–", "+", "± ", "minus "):
                    yield before + sign + figure + after


def _units(sentence: Sentence, rng: random.Random) -> Iterator[str]:
    text = sentence.text
    for figure in sentence.figures:
        for place in _places(text, figure):
            end = place + len(figure)
            yield (
                text[:end]
                + rng.choice([" %", "\u00a0%", " million", "k", " bn", " days", " points"])
                + text[end:]
            )
            if figure[0].isdigit():
                yield text[:place] + rng.choice("$€£¥") + text[place:]
            for unit in UNITS:
                if unit in figure:
                    other = rng.choice([u for u in UNITS if u != unit])
                    yield text[:place] + figure.replace(unit, other) + text[end:]
                    yield text[:place] + figure.replace(unit, "").strip() + text[end:]
    for unit in ("rows", "hours", "days", "minutes", "points"):
        if re.search(rf"\b{unit}\b", text):
            yield re.sub(rf"\b{unit}\b", rng.choice([u for u in UNITS if u != unit]), text, count=1)


def _periods(text: str, rng: random.Random) -> Iterator[str]:
    for month in MONTHS:
        if re.search(rf"\b{month}\b", text):
            yield re.sub(rf"\b{month}\b", rng.choice([m for m in MONTHS if m != month]), text, count=1)
    for found in re.finditer(r"\b(?:19|20)\d\d\b", text):
        yield text[: found.start()] + str(int(found.group()) - 1) + text[found.end() :]
    for grain in GRAINS:
        for found in re.finditer(rf"\b{grain}(s?)\b", text):
            other = rng.choice([g for g in GRAINS if g != grain])
            yield text[: found.start()] + other + found.group(1) + text[found.end() :]
    end = "." if text.endswith(".") else ""
    for period in (
        "in May 2019",
        "last year",
        "since Monday",
        "over the past week",
        "in spring",
        "a month ago",
    ):
        yield f"{text.rstrip('.')} {period}{end}"


def _names(sentence: Sentence, names: Sequence[str], rng: random.Random) -> Iterator[str]:
    text = sentence.text
    for name in sentence.names:
        for place in _places(text, name):
            before, after = text[:place], text[place + len(name) :]
            others = [other for other in names if other.lower() not in text.lower()]
            for other in rng.sample(others, min(3, len(others))):
                yield before + other + after
            letters = [i for i, letter in enumerate(name) if letter.isalpha() and letter.isascii()]
            if letters:
                spot = rng.choice(letters)
                changed = rng.choice([c for c in "abcdefghijklmnopqrstuvwxyz" if c != name[spot].lower()])
                yield before + name[:spot] + changed + name[spot + 1 :] + after
    yield from _swapped(text, sentence.names)


def _directions(text: str) -> Iterator[str]:
    for pair in OPPOSITES:
        for word, other in (pair, pair[::-1]):
            if re.search(rf"\b{word}\b", text):
                yield re.sub(rf"\b{word}\b", other, text, count=1)


def _certainties(text: str) -> Iterator[str]:
    for word in SURE:
        if re.search(rf"\b{word}\b", text):
            for other in SURE:
                yield re.sub(rf"\b{word}\b", other, text, count=1)
            return


def _swapped(text: str, parts: Sequence[str]) -> Iterator[str]:
    """The text with two neighbouring parts in each other's place."""
    placed = sorted((place, part) for part in parts for place in _places(text, part))
    for (first, left), (second, right) in itertools.pairwise(placed):
        if first + len(left) <= second and left.lower() != right.lower():
            middle = text[first + len(left) : second]
            yield text[:first] + right + middle + left + text[second + len(right) :]


def _places(text: str, part: str) -> list[int]:
    pattern = rf"(?<![\w.,]){re.escape(part)}(?!\w)" if part[0].isalnum() else re.escape(part)
    return [found.start() for found in re.finditer(pattern, text, re.IGNORECASE)]


def tally(reports: Sequence[Sequence[Sentence]], seed: int, *, share: float = 1.0) -> Tally:
    """Mutates all sentences of the reports (a share of the mutations, drawn by the seed) and holds them to the gate."""
    rng, found = random.Random(seed), Tally()
    for texts in reports:
        names = sorted({name for sentence in texts for name in sentence.names})
        for sentence in texts:
            found.sentences += 1
            if _refused(sentence.text, sentence):
                found.wrongly_refused.append(sentence.text)
            for kind, text in mutations(sentence, names, rng):
                if rng.random() < share:
                    _count(found, kind, text, sentence)
    return found


def _count(found: Tally, kind: str, text: str, sentence: Sentence) -> None:
    found.mutated[kind] += 1
    if _refused(text, sentence):
        found.refused[kind] += 1
    else:
        found.passed.append((kind, sentence.text, text))


def _refused(text: str, sentence: Sentence) -> bool:
    try:
        check_restated(text, sentence)
    except UnboundNumber:
        return True
    return False


def spoken(sources: Sequence[dict[str, Any]], **fields: Any) -> list[Sentence]:
    """Every text a comprehensive report on the sources says, with its summary and narratives as a whole."""
    payload = payload_of(sources, report_type=reports_pb2.REPORT_TYPE_COMPREHENSIVE, **fields)
    with ExitStack() as stack:
        written = write_report(read_request(payload, stack), lambda *_: None)
    whole = [told.narrative for told in written.findings.told]
    said = [sentence_of(text) for text in (*written.ledger.said.values(), *whole) if text.text]
    known = tuple(sorted(written.ledger.names))
    return [replace(sentence, others=known) for sentence in (*said, *sentences(written))]


def csv_source(directory: Path, files: dict[str, bytes], source_id: str) -> dict[str, Any]:
    """A source of CSV files, one table each."""
    directory.mkdir(parents=True)
    tables = []
    for name, content in files.items():
        (directory / name).write_bytes(content)
        connection = duckdb.connect()
        connection.execute(f"CREATE TABLE made AS SELECT * FROM read_csv('{directory / name}')")
        tables.append(store(connection, directory, name.removesuffix(".csv")))
        (directory / name).unlink()
    return source_of(directory, tables, source_id)


def demo_reports(directory: Path) -> list[list[Sentence]]:
    """Reports on the demo's data: the shop, the real macroeconomic quarters, both, and with questions."""
    shop = csv_source(directory / "shop", shop_files(), "shop")
    macro = csv_source(directory / "macro", {"macro.csv": macro_csv()}, "macro")
    return [
        spoken([shop]),
        spoken([macro], seed=1),
        spoken([shop, macro], seed=2),
        spoken(
            [shop], seed=3, question="Why did revenue fall in the North, and which customers matter most?"
        ),
    ]


def planted_reports(directory: Path, seed: int) -> Iterator[list[Sentence]]:
    """A report on one table of each kind of planted truth, with awkward names and distractors."""
    for number, kind in enumerate(VARIANTS):
        world = made(kind, "strong", (seed, number, 0, 0), rows=2_000).world
        folder = directory / kind
        folder.mkdir()
        tables = {world.main: world.cells, **world.others}
        yield spoken(
            [source_of(folder, [stored(folder, name, cells) for name, cells in tables.items()])], seed=number
        )


def main() -> int:
    """Prints the figures; 1 when a mutated sentence passed or an unmutated one was refused."""
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    with tempfile.TemporaryDirectory() as folder:
        reports = [*demo_reports(Path(folder)), *planted_reports(Path(folder), seed)]
        found = tally(reports, seed)
    print(f"seed {seed}: {found.sentences:,} sentences of {len(reports)} reports")
    print(f"{'changed':16} {'mutated':>8} {'refused':>8}")
    for kind, count in sorted(found.mutated.items()):
        print(f"{kind:16} {count:8,} {found.refused[kind]:8,}")
    total, refused = sum(found.mutated.values()), sum(found.refused.values())
    print(f"{'all':16} {total:8,} {refused:8,}  {100 * refused / total:.2f} %")
    print(f"unmutated refused: {len(found.wrongly_refused)}")
    for kind, was, now in found.passed[:20]:
        print(f"  passed ({kind}): {was!r} -> {now!r}")
    for text in found.wrongly_refused[:20]:
        print(f"  wrongly refused: {text!r}")
    return 1 if found.passed or found.wrongly_refused else 0


if __name__ == "__main__":
    sys.exit(main())
