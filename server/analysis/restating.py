"""Whether a sentence written by somebody else says what the sentence it stands for says, and nothing more."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from server.analysis.gate import UnboundNumber, places
from server.analysis.gate_words import FIGURE, SLOT, loose
from server.analysis.restating_words import CALENDAR, MOVES, NEUTRAL, ORDERED, sense_of

_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_PUNCTUATION = frozenset(" \u00a0\n.,;:!()'’‘“”\"—…")
_SLOT = re.compile(r"\{(\d{1,2})\}")
_PERIOD = re.compile(r"\b(?:1[89]|20|21)\d\d\b|\bQ[1-4]\b|\bweek of\b|day$", re.IGNORECASE)
LONGER = 2.0  # times the characters of the original a restated sentence may have
ALLOWANCE = 60  # characters it may have beyond


@dataclass(frozen=True)
class Sentence:
    """A sentence of the report with the numbers and names it is bound to, as they are printed."""

    text: str
    figures: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    others: tuple[str, ...] = ()  # names the report knows that this sentence is not bound to


@dataclass(frozen=True)
class _Read:
    """Bound parts in order, and what is said before, between and after them."""

    parts: tuple[str, ...]
    gaps: tuple[str, ...]


@dataclass(frozen=True)
class Template:
    """A sentence with numbered slots `{1}`, `{2}`... for its bound parts, in order, and what stands in them."""

    text: str
    parts: tuple[str, ...]
    kinds: tuple[str, ...]  # of each part: number, period or name


def template_of(sentence: Sentence) -> Template:
    """What somebody who must not see the data may see of a sentence."""
    read = _read(sentence.text, sentence)
    slots = (f"{{{place}}}" for place in range(1, len(read.parts) + 1))
    gaps = [gap.replace(SLOT, "").replace(FIGURE, "") for gap in read.gaps]
    text = gaps[0] + "".join(slot + gap for slot, gap in zip(slots, gaps[1:], strict=True))
    figures = {_small(figure) for figure in sentence.figures}
    whole = {_small(word): word for word in (*sentence.others, *sentence.names, *sentence.figures)}
    kinds = ("number" if part in figures else _kind(part) for part in read.parts)
    return Template(text, tuple(whole[part] for part in read.parts), tuple(kinds))


def _kind(part: str) -> str:
    return "period" if _PERIOD.search(part) else "name"


def restated(text: str, sentence: Sentence, template: Template) -> str:
    """The sentence as somebody else worded its template, filled and checked. Raises UnboundNumber."""
    if any(character.isnumeric() for character in _SLOT.sub("", text)) or set("{}") & set(
        _SLOT.sub("", text)
    ):
        raise UnboundNumber(text, "a number beside the slots")
    order = [int(place) for place in _SLOT.findall(text)]
    if order != list(range(1, len(template.parts) + 1)):
        raise UnboundNumber(text, "slots left out, added or in another order")
    text = " ".join(text.split())
    filled = _SLOT.sub(lambda slot: template.parts[int(slot.group(1)) - 1], text)
    filled = filled[:1].upper() + filled[1:]
    if sentence.text.endswith(".") != filled.endswith("."):
        filled = filled.rstrip(".") + ("." if sentence.text.endswith(".") else "")
    check_restated(filled, sentence)
    return filled


def check_restated(text: str, original: Sentence) -> None:
    """Raises UnboundNumber unless `text` states what `original` states.

    It must print the same numbers and names in the same order, with the same senses between them (which way, of what
    period, how sure, how many), use no sign or symbol the original has not, and otherwise only words of the original
    or words that say nothing by themselves: a claim in any other word is refused.
    """
    if len(text) > LONGER * len(original.text) + ALLOWANCE:
        raise UnboundNumber(text, "more words than the original")
    wanted, found = _read(original.text, original), _read(text, original)
    if found.parts != wanted.parts:
        raise UnboundNumber(text, "other numbers or names, or in another order")
    own = Counter(word.lower() for gap in wanted.gaps for word in _WORD.findall(gap))
    for gap, like in zip(found.gaps, wanted.gaps, strict=True):
        _check_gap(text, gap, like)
    said = Counter(word.lower() for gap in found.gaps for word in _WORD.findall(gap))
    for word, times in said.items():
        if times > own[word] and word not in NEUTRAL and word not in sense_of():
            raise UnboundNumber(text, word)


def _check_gap(text: str, gap: str, like: str) -> None:
    """Raises UnboundNumber when the words between two parts say something else."""
    if gap == like:
        return
    if found := loose(gap):
        raise UnboundNumber(text, found)
    if not _agree(senses := _senses(gap), like_senses := _senses(like)):
        differing = sorted(set(senses) ^ set(like_senses)) or senses
        raise UnboundNumber(text, " ".join(differing))
    if _symbols(gap) != _symbols(like):
        raise UnboundNumber(text, "".join(_symbols(gap) or _symbols(like)))


def _agree(senses: Sequence[str], like: Sequence[str]) -> bool:
    """Whether the same senses are meant as often, in the order where it matters; beside "not", all in order."""
    if "not" in senses or "not" in like:
        return list(senses) == list(like)
    return sorted(senses) == sorted(like) and _in_order(senses) == _in_order(like)


def _in_order(senses: Sequence[str]) -> list[str]:
    return [sense for sense in senses if sense in ORDERED]


def _senses(gap: str) -> list[str]:
    """The senses of a gap in order; a word that only serves the one beside it has none: "higher than", "each month",
    "continues to climb"."""
    words = [word.lower().replace("’", "'") for word in _WORD.findall(gap)]
    senses = [sense_of().get(word, "") for word in words]
    kept = []
    for place, (word, sense) in enumerate(zip(words, senses, strict=True)):
        before = senses[place - 1] if place else ""
        after = senses[place + 1] if place + 1 < len(senses) else ""
        serves = (
            (word == "than" and before in {"up", "down"})
            or (word in {"each", "every"} and after in CALENDAR)
            or (word == "to" and place + 1 < len(words) and words[place + 1] in MOVES)
        )
        if sense and not serves:
            kept.append(sense)
    return kept


def _symbols(gap: str) -> list[str]:
    """Characters that are neither words nor plain punctuation."""
    return [character for character in _WORD.sub("", gap) if character not in _PUNCTUATION]


def _read(text: str, original: Sentence) -> _Read:
    """The text as bound parts and gaps; a name that begins a sentence may be written large."""
    parts = _parts(original)
    if not parts:
        return _Read((), (text,))
    found = places(text, parts)
    ends = [0, *(stop for _, stop in found)]
    starts = [*(start for start, _ in found), len(text)]
    gaps = [text[end:start] for end, start in zip(ends, starts, strict=True)]
    words = [_small(text[start:stop]) for start, stop in found]
    return _Read(tuple(words), _framed(gaps, words, original))


def _framed(gaps: Sequence[str], words: Sequence[str], original: Sentence) -> tuple[str, ...]:
    """Gaps with a slot at each side that touches a part, so that a sign before a number is seen."""
    figures = {_small(figure) for figure in original.figures}
    slots = [FIGURE if word in figures else SLOT for word in words]
    before, after = ["", *slots], [*slots, ""]
    return tuple(left + gap + right for left, gap, right in zip(before, gaps, after, strict=True))


def _parts(original: Sentence) -> list[str]:
    """What is looked for, longest first; each also with its first letter in upper case."""
    words = {word for word in (*original.figures, *original.names, *original.others) if word}
    words |= {word[:1].upper() + word[1:] for word in words}
    return sorted(words, key=lambda word: (-len(word), word))


def _small(word: str) -> str:
    return word[:1].lower() + word[1:]
