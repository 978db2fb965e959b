"""Times a question names, resolved against the moments the data hold."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from server.analysis import periods
from server.analysis.asking.lexicon import NUMBERS, RANK_WORDS
from server.analysis.asking.words import Token
from server.analysis.facts import Timeline, complete_starts
from server.analysis.periods import Span, one_period
from server.analysis.roles import word_set

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec)"
)
_YEAR = r"(?:1[89]|20|21)\d\d"
_GRAIN = r"(?:hour|day|week|month|quarter|year)"
_LAST = r"(?:last|previous|past|prior|preceding)"
_COUNT = r"(?:\d{1,3}|two|three|four|five|six|seven|eight|nine|ten|twelve)"
_POINT = "|".join(
    (
        rf"{_YEAR}-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?",
        rf"\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{_MONTH}(?: {_YEAR})?",
        rf"{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?: {_YEAR})?(?! ?\d)",
        rf"(?:{_LAST} |this )?{_MONTH}(?: (?:of )?(?:{_YEAR}|(?:last|this) year))?",
        rf"q[1-4](?: (?:of )?(?:{_YEAR}|(?:last|this) year))?",
        rf"{_YEAR} q[1-4]",
        rf"(?:first|second|third|fourth) quarter(?: (?:of )?{_YEAR})?",
        rf"h[12](?: {_YEAR})?",
        rf"(?:first|second) half(?: (?:of )?{_YEAR})?",
        rf"(?:the )?(?:year )?{_YEAR}",
        rf"(?:the )?(?:{_LAST}|this|current) (?:{_COUNT} )?{_GRAIN}s?",
        r"today|yesterday|ytd|(?:year|quarter|month) to date",
    )
)
_VERSUS = r"(?:vs|versus|against|compare[sd]? (?:to|with)|than in|than|relative to|over)"
_RANK = "|".join(sorted(RANK_WORDS))
_OVER = {"yoy": "year", "qoq": "quarter", "mom": "month", "wow": "week"}
_NUMBER = {name: number for name, number in NUMBERS.items() if number > 1}
_BEFORE_MONTH = word_set(
    "in since from between of last this by until till and for during vs versus to through before after previous per "
    "than or compare"
)


@dataclass(frozen=True)
class Clock:
    """The first and last moment of the data, and the end of its last complete day; all naive."""

    first: datetime
    last: datetime
    anchor: datetime

    def ended(self, grain: str, back: int = 1) -> datetime:
        """The start of the last complete period, or of one further back."""
        return periods.shift(periods.floor(self.anchor, grain), grain, -back)


def clock(timeline: Timeline, now: datetime) -> Clock:
    """What "last month" and the like are relative to."""
    days = complete_starts(timeline, "day", now)
    anchor = periods.shift(days[-1], "day", 1) if days else timeline.last
    return Clock(timeline.first, timeline.last, anchor)


@dataclass(frozen=True)
class Times:
    """What a question says of time; `used` are the places of the words that say it."""

    period: Span | None = None
    against: Span | None = None
    shifted: str = ""  # compared with the period this grain earlier
    so_far: bool = False  # the one compared is the newest, over or not
    preceding: bool = False  # compared with as long a time just before
    grain: str = ""  # by this grain
    calendar: str = ""  # by weekday, hour or month of the year
    weekdays: tuple[str, ...] = ()
    ahead: str = ""  # the grain of the future asked about
    used: frozenset[int] = field(default=frozenset())


@dataclass
class _Line:
    """The question in small letters, with what was read of it blanked."""

    text: str
    starts: list[int]
    used: set[int] = field(default_factory=set)

    def take(self, pattern: str) -> re.Match[str] | None:
        """The first match, whose words then count as read."""
        found = re.search(rf"(?<!\S)(?:{pattern})(?!\S)", self.text)
        if found is not None:
            start, end = found.span()
            self.used |= {i for i, place in enumerate(self.starts) if start <= place < end}
            self.text = self.text[:start] + "#" * (end - start) + self.text[end:]
        return found


def read_times(tokens: Sequence[Token], timeline: Timeline | None, now: datetime) -> Times:
    """The times of a question; relative ones need a timeline and are otherwise read without being resolved."""
    line = _line(tokens)
    times = _cycles(line, Times())
    if timeline is None:
        line.take(rf"(?:in |since |from |during |for )?(?:the )?(?:{_POINT})")
        return replace(times, used=frozenset(line.used))
    told = clock(timeline, now)
    for read in (_compared, _ranged, _open_ended, _single):
        times = read(line, times, told)
    times = _shifted(times, told)
    return replace(times, used=frozenset(line.used))


def _line(tokens: Sequence[Token]) -> _Line:
    words, starts, at = [], [], 0
    for index, token in enumerate(tokens):
        word = token.word
        if word in {"may", "march", "mar", "dec", "jan", "oct", "sun"} and not _is_month(tokens, index):
            word = "_" * len(word)
        words.append(word)
        starts.append(at)
        at += len(word) + 1
    return _Line(" ".join(words), starts)


def _is_month(tokens: Sequence[Token], index: int) -> bool:
    """Whether "may" or "march" is the month: after a preposition, before a year, or written with a capital inside."""
    before = tokens[index - 1].word if index else ""
    after = tokens[index + 1].word if index + 1 < len(tokens) else ""
    return (
        before in _BEFORE_MONTH
        or bool(re.fullmatch(_YEAR, after))
        or (index > 0 and tokens[index].text[0].isupper())
    )


def _cycles(line: _Line, times: Times) -> Times:
    """Grains, days of the week and the future, which need no clock."""
    if found := line.take(rf"next (?:{_COUNT} )?({_GRAIN})s?|coming ({_GRAIN})s?|tomorrow"):
        times = replace(times, ahead=next((g for g in found.groups() if g), "day"))
    calendar = (
        (r"(?:by |per |each |which |what |on which )?(?:weekdays?|days? of (?:the )?week)", "weekday"),
        (
            r"(?:by |per |each |which |what |at which |at what )?(?:hours? of (?:the )?day|time of (?:the )?day)",
            "hour",
        ),
        (r"(?:by |per |each |which |what )?(?:months? of (?:the )?year|calendar months?)", "month"),
    )
    for pattern, name in calendar:
        if line.take(pattern):
            times = replace(times, calendar=name)
    days = "|".join(day.lower() for day in WEEKDAYS)
    while found := line.take(rf"(?:on |at )?(?:the )?({days})s?|(?:on |at )?(?:the )?(weekends?)"):
        named = ("Saturday", "Sunday") if found.group(2) else (found.group(1).capitalize(),)
        times = replace(times, weekdays=(*times.weekdays, *named))
    grains = rf"(?:by|per|each|every|for each|which|in which|what) ({_GRAIN})s?|({_GRAIN}) by {_GRAIN}"
    if found := line.take(grains):
        times = replace(times, grain=found.group(1) or found.group(2))
    # The word of the rank stays, to be read as one: "the best month".
    if found := re.search(rf"(?<!\S)(?:{_RANK}) (?:{_COUNT} )?({_GRAIN})s?(?!\S)", line.text):
        line.take(rf"{found.group(1)}s?")
        # Of hours those of the day are meant: which of all hours was busiest nobody asks.
        hour = found.group(1) == "hour"
        times = replace(times, calendar="hour") if hour else replace(times, grain=found.group(1))
    names = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter"}
    names |= dict.fromkeys(("yearly", "annual", "annually"), "year")
    if found := line.take("|".join(names)):
        times = replace(times, grain=names[found.group()])
    line.take("over time")
    return times


def _compared(line: _Line, times: Times, told: Clock) -> Times:
    """Two times set against one another, or a time against the one before."""
    over = rf"yoy|qoq|mom|wow|({_GRAIN}) (?:over|on) {_GRAIN}"
    if found := line.take(over):
        return replace(times, shifted=found.group(1) or _OVER[found.group()])
    if line.take(
        rf"{_VERSUS} (?:the )?same (?:{_GRAIN}|period|time) (?:of )?(?:the )?{_LAST} year|a year (?:ago|earlier)"
    ):
        return replace(times, shifted="year")
    pairs = (
        rf"(?:in )?(?:the )?({_POINT}) (?:is |was |were )?(?:\S+ )?{_VERSUS} (?:in )?(?:the )?({_POINT})",
        rf"compare (?:the )?({_POINT}) (?:and|to|with) (?:the )?({_POINT})",
        rf"(?:differ|difference|change|changed|changes) (?:between|from) ({_POINT}) (?:and|to) ({_POINT})",
    )
    for pattern in pairs:
        if found := line.take(pattern):
            one, two = (_span(text, told) for text in found.groups())
            earlier_by = re.fullmatch(rf"{_LAST} ({_GRAIN})", found.group(2))
            if earlier_by and one.grain != two.grain:
                return replace(times, period=one, against=_earlier(one, earlier_by.group(1)))
            later, earlier = (one, two) if one.start >= two.start else (two, one)
            if earlier == later:
                earlier = _earlier(later, later.grain)
            return replace(times, period=later, against=earlier)
    stretch = rf"(?:{_LAST} )?(?:{_COUNT} )?{_GRAIN}s?"
    just = rf"(?:{stretch}|period|one|time) (?:before|earlier|prior)"
    if line.take(rf"{_VERSUS} (?:the )?(?:{just}|{_LAST} (?:period|one))"):
        return replace(times, preceding=True)
    if found := line.take(rf"{_VERSUS} (?:the )?{_LAST} ({_GRAIN})"):
        return replace(times, shifted=found.group(1), so_far=True)
    if found := line.take(rf"{_VERSUS} (?:in )?(?:the )?({_POINT})"):
        return replace(times, against=_span(found.group(1), told))
    return times


def _ranged(line: _Line, times: Times, told: Clock) -> Times:
    found = line.take(
        rf"(?:between|from) (?:the )?({_POINT}) (?:and|to|until|till|through) (?:the )?({_POINT})"
    )
    found = found or line.take(rf"({_POINT}) (?:to|until|till|through) ({_POINT})")
    if not found:
        return times
    last = _span(found.group(2), told)
    # The year is often said once: "between January and March 2026".
    first = _span(found.group(1), told, year=last.start.year if re.search(_YEAR, found.group(2)) else None)
    if first.start > last.start and not re.search(_YEAR, found.group(1)):
        first = _earlier(first, "year")
    grain = first.grain if first.grain == last.grain else "day"
    return replace(times, period=Span(first.start, max(last.end, first.end), grain))


def _open_ended(line: _Line, times: Times, told: Clock) -> Times:
    if times.period is not None:
        return times
    edges: tuple[tuple[str, Callable[[Span], Span]], ...] = (
        (rf"since (?:the )?({_POINT})", lambda span: _until_now(span.start, told)),
        (rf"after (?:the )?({_POINT})", lambda span: _until_now(span.end, told)),
        (rf"before (?:the )?({_POINT})", lambda span: _days(told.first, span.start)),
        (rf"(?:until|till|up to) (?:the )?({_POINT})", lambda span: _days(told.first, span.end)),
    )
    for pattern, made in edges:
        if found := line.take(pattern):
            return replace(times, period=made(_span(found.group(1), told)))
    return times


def _single(line: _Line, times: Times, told: Clock) -> Times:
    if times.period is not None:
        return times
    found = line.take(rf"(?:in |of |for |during |on |over |within )?(?:the )?({_POINT})")
    return replace(times, period=_span(found.group(1), told)) if found else times


def _shifted(times: Times, told: Clock) -> Times:
    """A comparison with the period before, spelt out."""
    if times.preceding and times.period is not None:
        return replace(times, against=just_before(times.period))
    if not times.shifted:
        if times.against is not None and times.period is None:
            return replace(times, period=one_period(told.ended(times.against.grain), times.against.grain))
        return times
    period = times.period
    if period is None and times.so_far:
        period = one_period(periods.floor(told.last, times.shifted), times.shifted)
    elif period is None:
        grain = times.shifted
        if grain == "year" and told.ended("year", 2) < periods.floor(told.first, "day"):
            grain = "month"  # without two whole years a year is seen by its months
        period = one_period(told.ended(grain), grain)
    return replace(times, period=period, against=_earlier(period, times.shifted))


def _earlier(span: Span, grain: str) -> Span:
    """The same span one period of the grain earlier."""
    if grain in {"hour", "day", "week"}:
        return Span(periods.shift(span.start, grain, -1), periods.shift(span.end, grain, -1), span.grain)
    back = {"month": 1, "quarter": 3, "year": 12}[grain]
    return Span(months_back(span.start, back), months_back(span.end, back), span.grain)


def just_before(span: Span) -> Span:
    """As many periods, ending where the span begins."""
    steps, start = 0, span.start
    while start < span.end:
        start = periods.shift(start, span.grain, 1)
        steps += 1
    return Span(periods.shift(span.start, span.grain, -max(steps, 1)), span.start, span.grain)


def months_back(moment: datetime, months: int) -> datetime:
    """The same day so many months earlier, or the last of a shorter month."""
    first = periods.shift(moment.replace(day=1), "month", -months)
    days = int(periods.days_in(first, "month"))
    return first.replace(day=min(moment.day, days))


def _until_now(start: datetime, told: Clock) -> Span:
    """From the start to the end of the data, in months where both ends are those of months."""
    end = told.anchor if told.anchor > start else periods.shift(start, "day", 1)
    return _days(start, end)


def _days(start: datetime, end: datetime) -> Span:
    start = periods.floor(start, "day")
    end = max(end, periods.shift(start, "day", 1))
    whole = start == periods.floor(start, "month") and end == periods.floor(end, "month")
    return Span(start, end, "month" if whole else "day")


def _span(text: str, told: Clock, year: int | None = None) -> Span:
    """The span of one expression of time; without a year the latest one the data reach."""
    text = re.sub(r"\b(the|of) ", "", text)
    if relative := _relative(text, told):
        return relative
    written = re.search(rf"(?<!\d){_YEAR}(?!\d)", text)
    last_year = periods.shift(periods.floor(told.last, "year"), "year", -1).year
    year = int(written.group()) if written else last_year if "last year" in text else year
    if iso := re.fullmatch(r"(\d{4})-(\d{2})(?:-(\d{2}))?", text):
        return _dated(int(iso.group(2)), int(iso.group(3) or 0) or None, told, int(iso.group(1)))
    if month := re.search(_MONTH, text):
        number = _MONTHS.index(month.group()[:3]) + 1
        day = re.search(r"(?<!\d)(\d{1,2})(?:st|nd|rd|th)?(?!\d)", text)
        return _dated(number, int(day.group(1)) if day else None, told, year)
    text = text.replace("first half", "h1").replace("second half", "h2")
    quarter = re.search(r"q([1-4])", text)
    ordinal = next(
        (i + 1 for i, word in enumerate(("first", "second", "third", "fourth")) if word in text), 0
    )
    if quarter or ordinal:
        number = int(quarter.group(1)) if quarter else ordinal
        return one_period(_latest(3 * number - 2, told, year), "quarter")
    if half := re.search(r"h([12])(?!\S)", text):
        start = _latest(6 * int(half.group(1)) - 5, told, year)
        return Span(start, periods.shift(start, "quarter", 2), "quarter")
    return one_period(datetime(year or told.last.year, 1, 1), "year")


def _relative(text: str, told: Clock) -> Span | None:
    if text in {"today", "yesterday"}:
        return one_period(told.ended("day", 1 if text == "today" else 2), "day")
    if text == "ytd" or text.endswith("to date"):
        start = periods.floor(told.last, "year" if text == "ytd" else text.split(maxsplit=1)[0])
        return _days(start, told.anchor)
    found = re.fullmatch(rf"({_LAST}|this|current) (?:({_COUNT}) )?({_GRAIN})s?", text)
    if not found:
        return None
    which, counted, grain = found.groups()
    if which in {"this", "current"}:
        return one_period(periods.floor(told.last, grain), grain)
    many = 1 if counted is None else _NUMBER.get(counted) or max(int(counted), 1)
    start = told.ended(grain, many)
    return Span(start, periods.shift(start, grain, many), grain)


def _dated(month: int, day: int | None, told: Clock, year: int | None) -> Span:
    start = _latest(month, told, year)
    if day is None or not 1 <= day <= periods.days_in(start, "month"):
        return one_period(start, "month")
    return one_period(start.replace(day=day), "day")


def _latest(month: int, told: Clock, year: int | None) -> datetime:
    """The first of the month in the year, or in the latest year the data reach it."""
    if year is not None:
        return datetime(year, month, 1)
    start = datetime(told.last.year, month, 1)
    return start if start <= told.last else datetime(told.last.year - 1, month, 1)
