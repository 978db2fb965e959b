"""Reads a question against a table, by rules one can explain."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from server.analysis import formats
from server.analysis.asking import lexicon
from server.analysis.asking.goals import goal_of
from server.analysis.asking.names import FULL, PART, SAID, SLIP, Entry, Match, find_names, label_of
from server.analysis.asking.quantity import Quantity, distinct_of, quantity_of, share_of
from server.analysis.asking.reading import Filter, Goal, Reading, best_reading
from server.analysis.asking.times import WEEKDAYS, Times, read_times
from server.analysis.asking.words import IDEOGRAPHS, Token, name_keys, tokens
from server.analysis.columns import Dimension, Measure, row_count
from server.analysis.facts import Facts
from server.analysis.holdings import is_worth

LEAST_WORD = 3  # letters; a shorter word that was not understood is not worth a complaint
MOST_WORDS = 100  # of a question; what comes after is no question any more
MOST_MEASURES = 3
MOST_LIMIT = 50
_GROUPING = frozenset(
    ["by", "per", "each", "every", "which", "what", "across", "between", "among", "whose", "who"]
)
_DEFAULT_LIMIT = {Goal.RANKING: 5, Goal.GROWTH: 5}
_GRADES = {FULL: 1.0, SAID: 1.0, PART: 0.7, SLIP: 0.6}
_HINT = 0.4  # what a word weighs that names nothing, but speaks of something


def read_against(text: str, tables: Sequence[Facts]) -> Reading | None:
    """The question read against the table that answers to most of it; None without tables or question."""
    if not text.strip():
        return None
    words = tokens(text)[:MOST_WORDS]
    return best_reading([_Reader(words, facts).reading() for facts in tables if facts.rows])


@dataclass
class _Reader:
    """One question and one table."""

    tokens: list[Token]
    facts: Facts
    ambiguous: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    @cached_property
    def times(self) -> Times:
        return read_times(self.tokens, self.facts.timeline, self.facts.now)

    @cached_property
    def matches(self) -> list[Match]:
        return find_names(self.tokens, self.facts, self.times.used)

    @cached_property
    def words(self) -> list[str]:
        return [token.word for token in self.tokens]

    @cached_property
    def free(self) -> list[int]:
        """The places of words that neither name something nor tell a time."""
        named = {index for match in self.matches for index in range(match.start, match.end)}
        return [i for i in range(len(self.tokens)) if i not in named and i not in self.times.used]

    def reading(self) -> Reading:
        """The whole reading."""
        filters = self._filters()
        shared = self._shared(filters)
        counted = self._counted() if self._statistic() == "count" and not self._measures() else None
        cut = {chosen.dimension for chosen in filters if len(chosen.members) == 1}
        by = tuple(dimension for dimension in self._by() if dimension != counted and dimension not in cut)
        read = Reading(
            self.facts,
            Goal.FINDINGS,
            quantities=self._quantities(by, filters),
            by=by or self._calendar(),
            grain=self.times.grain,
            filters=(*(chosen for chosen in filters if chosen is not shared), *self._weekdays()),
            period=self.times.period,
            against=self.times.against,
            ahead=self.times.ahead,
            undated=self._undated(),
            shared=self._statistic() == "share" and bool(self._measures()),
            slips=tuple((m.written, label_of(m.entries[0])) for m in self.matches if m.grade == SLIP),
            weight=sum(_GRADES.get(match.grade, 0.5) * (match.end - match.start) for match in self.matches)
            + _HINT * self._hints(),
        )
        read = goal_of(read, [self.tokens[index] for index in self.free], self.words)
        fares = bool(lexicon.FARES & set(self.words)) and bool(filters)
        if read.goal in {Goal.RANKING, Goal.CONCENTRATION, Goal.GROWTH} or fares or not self.matches:
            read = self._ranked(read)
        limit = self._limit() or _DEFAULT_LIMIT.get(read.goal, 0)
        few = not self._measures() and not self._spoken_of() and self._worth_of_rows() is None
        return replace(
            read,
            limit=limit,
            few=few,
            named=self._named(read, few),
            unread=tuple(self._unread()),
            ambiguous=tuple(self.ambiguous),
        )

    def _named(self, read: Reading, few: bool) -> tuple[str, ...]:
        """What is named, measures first; the rows only where nothing else is."""
        measures = [] if few else [quantity.measure.label for quantity in read.quantities]
        groups = [dimension.label for dimension in read.by]
        others = [label_of(entry) for _, entry in self.roles if entry.measure is None]
        rows = [] if measures else [label_of(entry) for _, entry in self.roles if entry.measure is not None]
        return tuple(dict.fromkeys((*measures, *rows, *groups, *others)))

    def _role(self, match: Match) -> tuple[Entry, ...]:
        """What a match stands for where it could be several things: a column of categories after "by" or "which"."""
        before = [
            word for word in self.words[max(match.start - 2, 0) : match.start] if word not in {"the", "of"}
        ]
        grouping = bool(before) and (before[-1] in _GROUPING or self._is_rank(match.start))
        groups = [entry for entry in match.entries if entry.is_dimension]
        others = [entry for entry in match.entries if not entry.is_dimension]
        members = [entry for entry in others if entry.is_member]
        measures = [entry for entry in others if entry.measure is not None]
        if groups and ((grouping and not (measures and self._is_measured(match))) or not others):
            return (groups[0],)
        chosen = measures or members or groups
        labels = tuple(dict.fromkeys(_said(entry) for entry in chosen))
        if len(labels) > 1:
            word = " ".join(token.text for token in self.tokens[match.start : match.end])
            if (word, labels) not in self.ambiguous:
                self.ambiguous.append((word, labels))
        return tuple(chosen[:MOST_MEASURES] if measures else chosen[:1])

    def _is_measured(self, match: Match) -> bool:
        """Whether the word stands for what others are ranked by: "worst products by returns", "highest return rate"."""
        start, after = match.start, self.tokens[match.end : match.end + 1]
        if after and lexicon.STATISTICS.get(after[0].key) == "share":
            return True
        ranks = lexicon.HIGH_RANKS | lexicon.LOW_RANKS
        earlier = any(m.end <= start and any(e.is_dimension for e in m.entries) for m in self.matches)
        return earlier and any(token.key in ranks for token in self.tokens[:start])

    def _is_rank(self, start: int) -> bool:
        before = self.tokens[max(start - 3, 0) : start]
        return any(token.key in lexicon.HIGH_RANKS | lexicon.LOW_RANKS for token in before)

    @cached_property
    def roles(self) -> list[tuple[Match, Entry]]:
        """Each match with what it stands for."""
        return [(match, entry) for match in self.matches for entry in self._role(match)]

    def _filters(self) -> tuple[Filter, ...]:
        found: dict[tuple[Dimension, bool], list[str]] = {}
        for match, entry in self.roles:
            if entry.dimension is not None and entry.member is not None:
                before = self.words[max(match.start - 2, 0) : match.start]
                negated = bool(lexicon.NEGATES & set(before)) or before[-2:] == ["other", "than"]
                found.setdefault((entry.dimension, negated), []).append(entry.member)
        return tuple(Filter(d, tuple(dict.fromkeys(m)), negated) for (d, negated), m in found.items())

    def _by(self) -> tuple[Dimension, ...]:
        found = [entry.dimension for _, entry in self.roles if entry.is_dimension and entry.dimension]
        return tuple(dict.fromkeys(found))[:2]

    def _calendar(self) -> tuple[Dimension, ...]:
        time = self.facts.scope.time
        if not self.times.calendar or time is None:
            return ()
        made = f"{self.times.calendar}({time.column})"
        for cut in self.facts.cuts:
            if cut.dimension.made == made:
                return (cut.dimension,)
        sql = {"weekday": "dayname({})", "hour": "strftime({}, '%H:00')", "month": "monthname({})"}
        value = sql[self.times.calendar].format(time.value)
        many = {"weekday": 7, "hour": 24, "month": 12}[self.times.calendar]
        label = f"{self.times.calendar} of {formats.label(time.column)}"
        return (Dimension(time.column, value, label, many, made=made, is_calendar=True),)

    def _weekdays(self) -> tuple[Filter, ...]:
        time = self.facts.scope.time
        if not self.times.weekdays or time is None:
            return ()
        days = tuple(sorted(dict.fromkeys(self.times.weekdays), key=WEEKDAYS.index))
        label = f"weekday of {formats.label(time.column)}"
        made = f"weekday({time.column})"
        dimension = Dimension(time.column, f"dayname({time.value})", label, 7, made=made, is_calendar=True)
        return (Filter(dimension, days),)

    def _undated(self) -> str:
        """The words of a time that a table without one cannot be cut by."""
        if self.facts.timeline is not None:
            return ""
        return " ".join(self.tokens[index].text for index in sorted(self.times.used))

    def _hints(self) -> bool:
        """Whether something is asked for without a name: selling, baskets, what happened in May, the best month."""
        keys = {token.key for token in self.tokens}
        dated = self.times.period is not None and bool(keys & lexicon.MOVES or self._statistic())
        ranked = bool(self.times.grain and keys & (lexicon.HIGH_RANKS | lexicon.LOW_RANKS))
        return dated or ranked or bool(self._spoken_of()) or self._worth_of_rows() is not None

    def _ranked(self, read: Reading) -> Reading:
        """With what is left unsaid: whose ("who are the biggest"), which periods ("when"), money for a measure."""
        if not read.by and "who" in self.words:
            read = replace(read, by=self.facts.plan.ranked[:1])
        ranked = read.goal is Goal.RANKING and not read.by
        if ranked and not read.grain and "when" in self.words and self.facts.report_grain:
            read = replace(read, grain=self.facts.report_grain)
        if (
            not self._measures()
            and not self._spoken_of()
            and not self._names_rows()
            and not self._worth_of_rows()
        ):
            money = [m for m in self.facts.measures if m.additive and is_worth(m)]
            read = replace(read, quantities=tuple(map(quantity_of, money[:1])) or read.quantities)
        return read

    def _names_rows(self) -> bool:
        return any(entry.measure is not None and entry.measure.counts_rows for _, entry in self.roles)

    def _measures(self) -> list[Measure]:
        """The measures named; none where "most tickets" asks for their number, whatever else is named."""
        rows = [match.start for match, e in self.roles if e.measure is not None and e.measure.counts_rows]
        if any(self.words[start - 1] in {"most", "fewest"} for start in rows if start):
            return []
        return [e.measure for _, e in self.roles if e.measure is not None and not e.measure.counts_rows]

    def _statistic(self) -> str:
        said = " ".join(self.words)
        found = [lexicon.STATISTICS[token.key] for token in self.tokens if token.key in lexicon.STATISTICS]
        if "how many" in said or "number of" in said:
            return "count"
        return found[0] if found else ""

    def _quantities(self, by: tuple[Dimension, ...], filters: tuple[Filter, ...]) -> tuple[Quantity, ...]:
        """What is measured: the measures named, those the adjectives speak of, or the rows."""
        statistic = self._statistic()
        measures = self._measures() or self._spoken_of()
        if not measures and statistic == "share" and (shared := self._shared(filters)) is not None:
            return (share_of(shared.dimension, shared.members[0]),)
        if not measures and statistic == "count" and (counted := self._counted()) is not None:
            return (distinct_of(counted),)
        if not measures and (worth := self._worth_of_rows()) is not None:
            return (quantity_of(worth, statistic or "average"),)
        if not measures:
            return (quantity_of(row_count(self.facts.scope.table)),)
        own = "" if statistic in {"count", "share"} and not any(m.is_share for m in measures) else statistic
        if statistic == "count":
            # How many were admitted is no question of how long they stayed.
            measures = [m for m in measures if m.is_share or m.aggregation == "sum"]
            if not measures:
                return (quantity_of(row_count(self.facts.scope.table)),)
        described = not self._measures() and any(token.key in lexicon.DESCRIBES for token in self.tokens)
        own = own or ("average" if described or self._per_row() else "")
        own = own or ("" if by or self.times.grain or self.times.calendar else self._extreme())
        return tuple(quantity_of(measure, own) for measure in dict.fromkeys(measures))[:MOST_MEASURES]

    def _per_row(self) -> bool:
        """Whether what one row has is asked for: "page views per session"."""
        rows = [match.start for match, e in self.roles if e.measure is not None and e.measure.counts_rows]
        return any(self.words[start - 1] in {"per", "each", "every"} for start in rows if start)

    def _extreme(self) -> str:
        """The statistic that "the highest salary" asks for, where nobody asks whose."""
        whose = {"who", "when", "which", "where"} & set(self.words)
        said = [lexicon.EXTREMES[t.key] for t in self.tokens if t.key in lexicon.EXTREMES]
        return said[0] if said and not whose else ""

    def _shared(self, filters: tuple[Filter, ...]) -> Filter | None:
        """The member whose share is asked for: "share of reopened tickets"."""
        last = filters[-1] if filters and self._statistic() == "share" and not self._measures() else None
        return last if last is not None and len(last.members) == 1 and not last.negated else None

    def _worth_of_rows(self) -> Measure | None:
        """The money a row brings: "average order value", "basket size"."""
        after = {match.end for match, entry in self.roles if entry.measure and entry.measure.counts_rows}
        worth = any(self.tokens[place].key in lexicon.WORTH for place in after if place < len(self.tokens))
        if not worth and not lexicon.BASKETS & set(self.words):
            return None
        return next((m for m in self.facts.measures if m.additive and is_worth(m)), None)

    def _counted(self) -> Dimension | None:
        """The column whose different values "how many" asks for: "how many customers"."""
        for match, entry in self.roles:
            before = self.words[max(match.start - 3, 0) : match.start]
            if entry.is_dimension and {"many", "number"} & set(before):
                return entry.dimension
        return None

    def _spoken_of(self) -> list[Measure]:
        """The measure an adjective or verb speaks of: durations for "slower", prices for "cheaper"."""
        wanted = [
            lexicon.SPEAKS_OF[self.tokens[i].key]
            for i in self.free
            if self.tokens[i].key in lexicon.SPEAKS_OF
        ]
        for words in wanted:
            for word in words.split():
                found = [m for m in self.facts.measures if _speaks_of(m, word)]
                if found:
                    return found[:1]
        return []

    @cached_property
    def _speaks_in_vain(self) -> bool:
        """Whether an adjective speaks of a measure that is not there: "expensive" where nothing costs anything."""
        return not self._measures() and not self._spoken_of()

    def _limit(self) -> int:
        """The number after "top" or "worst", or before it."""
        ranks = [
            i for i, token in enumerate(self.tokens) if token.key in lexicon.HIGH_RANKS | lexicon.LOW_RANKS
        ]
        for place in ranks:
            for word in (*self.words[place + 1 : place + 2], *self.words[max(place - 1, 0) : place]):
                number = int(word) if word.isdecimal() else lexicon.NUMBERS.get(word, 0)
                if 0 < number <= MOST_LIMIT:
                    return number
        return 0

    def _unread(self) -> list[str]:
        """The words that nothing was made of, in order."""
        limit = str(self._limit())
        own = {key for d in (*self._by(), *self._calendar()) for key in name_keys(d.label)}
        found = []
        for index in self.free:
            token = self.tokens[index]
            long = len(token.word) >= LEAST_WORD or token.word.isdecimal()
            lost = token.key in lexicon.SPEAKS_OF and not lexicon.is_empty(token.key) and self._speaks_in_vain
            read = (lexicon.is_known(token.key) and not lost) or token.word == limit or token.key in own
            # A sentence written without spaces cannot be told word by word.
            if long and not read and not IDEOGRAPHS.search(token.word):
                found.append(token.text)
        return list(dict.fromkeys(found))


def _said(entry: Entry) -> str:
    """The name with its column where it is a member: two columns may hold the same."""
    if entry.member is not None and entry.dimension is not None:
        return f"{entry.dimension.label} {entry.member}"
    return label_of(entry)


def _speaks_of(measure: Measure, word: str) -> bool:
    if word == "duration":
        return measure.unit in lexicon.DURATION_UNITS or "duration" in name_keys(measure.label)
    if word == "rows":
        return measure.counts_rows
    return word in formats.words(measure.column or measure.label)
