"""What of a table a question may name (measures, dimensions, members, its rows), and where it names them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from server.analysis import formats
from server.analysis.asking import lexicon
from server.analysis.asking.words import IDEOGRAPHS, Token, fold, is_slip, key, name_keys
from server.analysis.columns import Dimension, Measure, row_count
from server.analysis.facts import Facts

LONGEST = 6  # words of a name looked for in a row
# How a name is met, best first: in full, by the words that are said of it, by one of them, by a likeness, by a slip.
FULL, SAID, PART, ALIKE, SLIP = range(5)
_DURATIONS = (
    "duration",
    "resolution time",
    "handling time",
    "turnaround time",
    "time taken",
    "how long",
    "lead time",
    "length of stay",
)


@dataclass(frozen=True)
class Entry:
    """Something that can be named: a measure, a dimension, one of its members, or the rows themselves."""

    name: str
    measure: Measure | None = None
    dimension: Dimension | None = None
    member: str | None = None

    @cached_property
    def full(self) -> tuple[str, ...]:
        """All words of the name as they are compared."""
        return name_keys(self.name)

    @cached_property
    def said(self) -> tuple[str, ...]:
        """The words people say of it."""
        return tuple(word for word in self.full if word not in lexicon.UNSAID) or self.full

    @cached_property
    def aliases(self) -> frozenset[tuple[str, ...]]:
        """Other words it goes by: the time to close, a profit margin."""
        measure = self.measure
        if measure is not None and measure.is_duration:
            end = tuple(word for word in name_keys(measure.uses[1]) if word not in lexicon.UNSAID)
            spoken = [("time", "to", *end), ("time", *end), (*end, "time"), *map(name_keys, _DURATIONS)]
            return frozenset(spoken)
        if measure is not None and measure.aggregation == "ratio":
            top = tuple(word for word in name_keys(measure.uses[0]) if word not in lexicon.UNSAID)
            return frozenset({(*top, *self.full)})
        return frozenset()

    @property
    def is_member(self) -> bool:
        """Whether it is one value of a dimension."""
        return self.member is not None

    @property
    def is_dimension(self) -> bool:
        """Whether it is a column of categories."""
        return self.dimension is not None and self.member is None


@dataclass(frozen=True)
class Match:
    """Words from `start` to before `end` that name one thing, or several equally well."""

    start: int
    end: int
    grade: int
    entries: tuple[Entry, ...]
    written: str = ""  # with a slip of the keyboard


def entries_of(facts: Facts) -> list[Entry]:
    """Everything of a table that a question may name, measures first."""
    found = [Entry(measure.column or measure.label, measure=measure) for measure in facts.measures]
    found += [Entry(facts.scope.table, measure=row_count(facts.scope.table))]
    for breakdown in facts.breakdowns:
        found.append(Entry(breakdown.dimension.column, dimension=breakdown.dimension))
        found += [Entry(member, dimension=breakdown.dimension, member=member) for member in breakdown.members]
    found += [Entry(dimension.column, dimension=dimension) for dimension in facts.plan.ranked]
    for cut in facts.cuts:
        if cut.dimension.made.startswith("contains("):
            word = cut.dimension.made.rpartition(", ")[2].strip("')")
            found.append(Entry(word, dimension=cut.dimension, member="yes"))
    return found


def find_names(tokens: Sequence[Token], facts: Facts, taken: frozenset[int]) -> list[Match]:
    """Where the question names things, without overlaps; words in `taken` say something else already.

    Names met in full come before those met in part, and longer ones before shorter ones.
    """
    entries = entries_of(facts)
    free = [index for index in range(len(tokens)) if index not in taken]
    found = [*_in_a_row(tokens, entries, taken), *_single(tokens, free, entries)]
    found.sort(key=lambda match: (match.grade, match.start - match.end, match.start))
    kept: list[Match] = []
    for match in found:
        if all(match.end <= other.start or other.end <= match.start for other in kept):
            kept.append(match)
    return sorted(_with_slips(tokens, free, entries, kept), key=lambda match: match.start)


def _in_a_row(tokens: Sequence[Token], entries: Sequence[Entry], taken: frozenset[int]) -> Iterator[Match]:
    """Names whose words, all or those that are said, stand one after another."""
    keys = [token.key for token in tokens]
    for start in range(len(tokens)):
        for end in range(start + 1, min(start + LONGEST, len(tokens)) + 1):
            # A name of several words is a name even where one of them could be a time.
            if end - start == 1 and start in taken:
                continue
            run = tuple(keys[start:end])
            full = tuple(
                e for e in entries if (run == e.full or run in e.aliases) and _is_meant(e, tokens, start, end)
            )
            if full:
                yield Match(start, end, FULL, full)
            elif end - start > 1 or not lexicon.is_empty(run[0]):
                said = tuple(e for e in entries if not e.is_member and set(run) == set(e.said))
                if said and not set(range(start, end)) & taken:
                    yield Match(start, end, SAID, said)


def _is_meant(entry: Entry, tokens: Sequence[Token], start: int, end: int) -> bool:
    """Whether a name met in full is not just a number or a small word of the question: the 5 of "top 5", "not"."""
    token = tokens[start]
    if end - start > 1 or not entry.is_member:
        return True
    if token.word.isdecimal():
        beside = {other.key for other in (*tokens[max(start - 2, 0) : start], *tokens[end : end + 1])}
        return entry.dimension is not None and bool(beside & set(name_keys(entry.dimension.column)))
    # "Share" asks for a share, and "closing tickets" is not about those in state Closed: members are named as they are.
    if not _is_said(token, entry.name):
        return False
    return not lexicon.is_empty(token.key) or (start > 0 and token.text[0].isupper())


def _single(tokens: Sequence[Token], free: Sequence[int], entries: Sequence[Entry]) -> Iterator[Match]:
    """Names met by one word of theirs, or by a word that means the same; of those the ones with fewest other words."""
    for index in free:
        word = tokens[index].key
        if IDEOGRAPHS.search(word):
            whole = tuple(
                entry for entry in entries if entry.name.strip() and entry.name.strip() in tokens[index].text
            )
            for entry in whole:
                yield Match(index, index + 1, FULL, (entry,))
            continue
        if word in lexicon.ROWS:
            yield Match(
                index, index + 1, ALIKE, tuple(e for e in entries if e.measure and e.measure.counts_rows)[-1:]
            )
        if lexicon.is_empty(word) or len(word) < 3:
            continue
        known = lexicon.is_known(word)
        part = _nearest(
            e
            for e in entries
            if word in e.said
            and not (known and (e.is_member or e.measure is None))
            and (not _is_of_state(e) or _is_said(tokens[index], e.name))
        )
        if part:
            yield Match(index, index + 1, PART, part)
        alike = _nearest(e for e in entries if not e.is_member and _same(word) & set(e.said))
        if alike and not known:
            yield Match(index, index + 1, ALIKE, alike)


def _is_of_state(entry: Entry) -> bool:
    """Whether it is the share of one state, which is named as its members are."""
    return entry.measure is not None and entry.measure.is_share and bool(entry.measure.made)


def _is_said(token: Token, name: str) -> bool:
    """Whether the word stands in the name as it is written, number aside: "closing" is not "Closed"."""
    words = {fold(word).removesuffix("s") for word in name.split()}
    return not name.isascii() or fold(token.word).removesuffix("s") in words


def _nearest(entries: Iterator[Entry]) -> tuple[Entry, ...]:
    """Columns before members, and among each the names with the fewest words."""
    found = list(entries)
    columns = [entry for entry in found if not entry.is_member]
    chosen = columns or found
    fewest = min((len(entry.said) for entry in chosen), default=0)
    return tuple(entry for entry in chosen if len(entry.said) == fewest)


def _same(word: str) -> frozenset[str]:
    """The words that may stand for a word."""
    return frozenset().union(*(same for same in _SAME if word in same)) - {word}


_SAME = tuple(frozenset(map(key, same)) for same in lexicon.SAME)


def _with_slips(
    tokens: Sequence[Token], free: Sequence[int], entries: Sequence[Entry], kept: Sequence[Match]
) -> list[Match]:
    """The matches, with those of words that only a slip of the keyboard keeps from being a name."""
    found = list(kept)
    for index in free:
        token = tokens[index]
        read = any(match.start <= index < match.end for match in kept)
        if read or lexicon.is_known(token.key) or IDEOGRAPHS.search(token.word):
            continue
        meant = tuple(entry for entry in entries if any(is_slip(token.key, word) for word in entry.said))
        nearest = _nearest(iter(meant))
        if nearest and len({entry.name for entry in nearest}) == 1:
            found.append(Match(index, index + 1, SLIP, nearest, token.text))
    return found


def label_of(entry: Entry) -> str:
    """What the report calls it."""
    if entry.dimension is not None and entry.dimension.made.startswith("contains("):
        return entry.dimension.label
    if entry.member is not None:
        return entry.member
    if entry.measure is not None:
        return entry.measure.label
    return entry.dimension.label if entry.dimension is not None else formats.label(entry.name)
