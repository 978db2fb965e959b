"""What a question wants, by the words that ask for it."""

from collections.abc import Sequence
from dataclasses import replace

from server.analysis.asking import lexicon
from server.analysis.asking.reading import Goal, Reading
from server.analysis.asking.words import Token
from server.analysis.burdens import is_burden
from server.analysis.columns import Dimension

_ASKS_NUMBER = (
    "how many",
    "how much",
    "number of",
    "what is",
    "what was",
    "what were",
    "what are",
    "how high",
)
_FEW_HOLD = ("depend on", "depends on", "few ", "share of the top", "share do the top")


def goal_of(reading: Reading, free: Sequence[Token], words: Sequence[str]) -> Reading:
    """The reading with its goal and direction; `free` are the words that name nothing, `words` all of them."""
    keys, line = {token.key for token in free}, f"{' '.join(words)} "
    rising = bool(keys & lexicon.UP) - bool(keys & lexicon.DOWN)
    higher = bool(keys & lexicon.COMPARATIVES_UP) - bool(keys & lexicon.COMPARATIVES_DOWN)
    goal = _first(reading, keys, line, rising=rising, higher=higher)
    several = _several(reading)
    if goal is Goal.BREAKDOWN and not reading.by and not reading.grain and several is not None:
        reading = replace(reading, by=(several,))
    lowest = bool(keys & lexicon.LOW_RANKS)
    if keys & lexicon.JUDGES and reading.quantities and is_burden(reading.quantity.measure):
        lowest = not lowest
    return replace(reading, goal=goal, rising=rising or higher, lowest=lowest)


def _first(reading: Reading, keys: set[str], line: str, *, rising: int, higher: int) -> Goal:
    """The first goal whose words are there, the special before the general."""
    if _asks_quality(keys, line):
        return Goal.QUALITY
    if reading.ahead or keys & lexicon.AHEAD:
        return Goal.FORECAST
    if keys & lexicon.UNUSUAL:
        return Goal.OUTLIERS
    timed = reading.period is not None or reading.against is not None
    moves = rising or keys & lexicon.MOVES
    if keys & lexicon.CAUSES and (moves or timed):
        return Goal.WHY
    if len(reading.quantities) > 1 and "depend" in keys:
        return Goal.RELATION
    if higher and keys & lexicon.BECOMES and reading.facts.timeline is not None:
        return Goal.DEVELOPMENT
    if keys & lexicon.RELATES and (len(reading.quantities) > 1 or reading.by):
        return Goal.RELATION if len(reading.quantities) > 1 else Goal.COMPARISON
    if keys & lexicon.HELD or any(phrase in line for phrase in _FEW_HOLD):
        return Goal.CONCENTRATION
    if _compares(reading, keys, higher):
        return Goal.COMPARISON
    ranks = keys & (lexicon.HIGH_RANKS | lexicon.LOW_RANKS)
    if rising and reading.by and not reading.by[0].is_calendar:
        return Goal.FINDINGS if reading.facts.timeline is None else Goal.GROWTH
    if ranks and (reading.by or reading.grain or {"who", "when"} & set(line.split())):
        return Goal.RANKING
    if reading.against is not None or (moves and timed and not reading.by):
        return Goal.CHANGE
    return _plain(reading, keys, line, moves=bool(moves))


def _plain(reading: Reading, keys: set[str], line: str, *, moves: bool) -> Goal:
    """Goals that need no word of their own."""
    develops = (
        keys & lexicon.DEVELOPS
        or moves
        or "over time" in line
        or line.startswith(("how is", "how are", "how was"))
    )
    if reading.by or reading.grain:
        return Goal.BREAKDOWN
    if develops and reading.facts.timeline is not None:
        return Goal.DEVELOPMENT if reading.known else Goal.FINDINGS
    if _several(reading) is not None:
        return Goal.BREAKDOWN
    if any(phrase in line for phrase in _ASKS_NUMBER) or reading.known:
        return Goal.NUMBER if reading.known and not keys & lexicon.CAUSES else Goal.FINDINGS
    return Goal.FINDINGS


def _several(reading: Reading) -> Dimension | None:
    """The column of which several members are named: "revenue of North and South" is that of each."""
    found = [c.dimension for c in reading.filters if len(c.members) > 1 and not c.dimension.is_calendar]
    return found[0] if found else None


def _asks_quality(keys: set[str], line: str) -> bool:
    return bool(keys & lexicon.FAULTS) or any(
        p in line for p in ("data quality", "quality of the data", "clean ")
    )


def _compares(reading: Reading, keys: set[str], higher: int) -> bool:
    """Whether parts are set against one another: "slower on Mondays", "does it differ by region", "North vs South"."""
    asked = bool(higher or keys & lexicon.DIFFERS or keys & lexicon.RELATES)
    pair = any(len(chosen.members) == 2 and not chosen.negated for chosen in reading.filters)
    versus = bool(keys & {"vs", "versus", "than"}) and pair
    if reading.against is not None:
        return False
    return (asked and bool(reading.filters or reading.by)) or versus
