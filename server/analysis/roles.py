"""What a column is for, by rules one can explain: its name, its type, and how many different values it has."""

import math
import re
from dataclasses import dataclass
from typing import Any

from claribi.v1 import data_sources_pb2 as sources


def word_set(words: str) -> frozenset[str]:
    """The words of a list in one string."""
    return frozenset(words.split())


_IDENTIFIERS = word_set(
    "id ids uuid guid key pk fk sku isbn ean iban hash token serial imei ssn vin barcode email phone"
)
_CODES = word_set("code zip zipcode postcode postal plz nr no number num account ref reference")
_CALENDAR = word_set("year yr month quarter week weekday day dow hour minute fiscal")
_PLACES = word_set("lat latitude lon lng long longitude")
_MEASURES = word_set(
    "amount price revenue sales cost costs total sum quantity qty units count value score rating age duration "
    "minutes hours days seconds weight height length width distance balance profit margin discount rate ratio "
    "percent pct share tax fee salary income budget spend spent stock volume temperature population size paid "
    "orders visits clicks views tickets items"
)
_NUMBERS = ("nummer", "numéro", "número", "numero")
_FEW = 5
"""So few different whole numbers without the name of a measure are a code."""
_LONG_TEXT = 60
"""Mean length in characters from which text is prose."""
_UNIQUE = 0.95
"""Share of different values from which a column tells rows apart."""
_REPEATED = 0.5
"""Share of different values below which text is a category."""
_NUMBERED = 0.9
"""Share of different values from which whole numbers may number the rows."""
_DENSE = 0.5
"""Values over the numbers in their range from which they may; a level that rises slowly differs every day too."""
_BEYOND_CHANCE = 0.12
"""How much that share lies above what chance gives, for them to do so; estimates of it are some hundredths off."""
_LEAST_ROWS = 20
"""Below this many values uniqueness says nothing."""
_SPACED = 0.2
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")


@dataclass(frozen=True)
class RoleFacts:
    """What the rules look at; `length` is the mean length of text, `spaced` the share of text with spaces."""

    name: str
    type: int
    values: int
    distinct: int
    low: Any
    high: Any
    length: float
    spaced: float

    @property
    def unique(self) -> float:
        """Different values over values."""
        return self.distinct / self.values if self.values else 0.0


def name_words(name: str) -> list[str]:
    """The words of a column name, in small letters: `orderID`, `order_id` and `Order Id` give the same."""
    return [word.lower() for word in _WORD.findall(name)]


def role_of(facts: RoleFacts) -> sources.ColumnRole:
    """The role of a column.

    Dates are time; truth is a dimension; numbers are measures unless they are identifiers, codes, years or
    parts of the calendar; text is an identifier, a dimension or prose.
    """
    if facts.type in (sources.COLUMN_TYPE_DATE, sources.COLUMN_TYPE_TIMESTAMP):
        return sources.COLUMN_ROLE_TIME
    if facts.type == sources.COLUMN_TYPE_BOOLEAN:
        return sources.COLUMN_ROLE_DIMENSION
    words = name_words(facts.name)
    if facts.type in (sources.COLUMN_TYPE_INTEGER, sources.COLUMN_TYPE_NUMBER):
        return _number_role(facts, words)
    return _text_role(facts, words)


def _text_role(facts: RoleFacts, words: list[str]) -> sources.ColumnRole:
    if facts.length >= _LONG_TEXT:
        return sources.COLUMN_ROLE_TEXT
    many = facts.distinct > _LEAST_ROWS
    if _IDENTIFIERS & set(words[-1:]) and many:
        return sources.COLUMN_ROLE_IDENTIFIER
    if facts.values >= _LEAST_ROWS and facts.unique >= _UNIQUE:
        spaced = facts.spaced >= _SPACED
        return sources.COLUMN_ROLE_TEXT if spaced else sources.COLUMN_ROLE_IDENTIFIER
    if facts.unique < _REPEATED or facts.values < _LEAST_ROWS:
        return sources.COLUMN_ROLE_DIMENSION
    return sources.COLUMN_ROLE_TEXT


def _number_role(facts: RoleFacts, words: list[str]) -> sources.ColumnRole:
    named = set(words)
    whole = facts.type == sources.COLUMN_TYPE_INTEGER
    if _IDENTIFIERS & set(words[-1:] + words[:1]) or (whole and _is_code_name(facts.name, words)):
        few = facts.distinct <= _LEAST_ROWS and facts.unique < _REPEATED
        return sources.COLUMN_ROLE_DIMENSION if few else sources.COLUMN_ROLE_IDENTIFIER
    if _PLACES & named:
        return sources.COLUMN_ROLE_DIMENSION
    if whole and _is_calendar(facts, words):
        return sources.COLUMN_ROLE_DIMENSION
    if _MEASURES & named:
        return sources.COLUMN_ROLE_MEASURE
    if whole and _is_row_number(facts):
        return sources.COLUMN_ROLE_IDENTIFIER
    if whole and facts.distinct <= _FEW and facts.values >= _LEAST_ROWS:
        return sources.COLUMN_ROLE_DIMENSION
    return sources.COLUMN_ROLE_MEASURE


def _is_code_name(name: str, words: list[str]) -> bool:
    """ "account number" and "Order #" are codes, "number of items", "# items" and "Items #" count."""
    several = bool(words) and words[-1].endswith("s") and not words[-1].endswith("ss")
    if "№" in name or (words and words[-1].endswith(_NUMBERS)):
        return True
    if name.rstrip().endswith("#") and not several:
        return True
    if words[:2] in (["number", "of"], ["no", "of"], ["num", "of"]):
        return False
    return bool(_CODES & set(words[-1:])) or bool({"zip", "postal", "postcode"} & set(words))


def _is_calendar(facts: RoleFacts, words: list[str]) -> bool:
    if not _CALENDAR & set(words) or facts.low is None:
        return False
    if {"year", "yr", "fiscal"} & set(words):
        return bool(facts.low >= 1800 and facts.high <= 2200)
    return bool(facts.low >= 0 and facts.high <= 60)


def _is_row_number(facts: RoleFacts) -> bool:
    """Values that number the rows, with gaps and copies: more of them differ than of so many that come by chance.

    Of n whole numbers drawn from a range of n / d, the part (1 - exp(-d)) / d differs (Feller 1968, "An Introduction to
    Probability Theory", section IV.2). The count of different values may be an estimate.
    """
    if facts.values < _LEAST_ROWS or facts.low is None:
        return False
    density = facts.values / (float(facts.high) - float(facts.low) + 1.0)
    by_chance = -math.expm1(-density) / density
    return density >= _DENSE and facts.unique >= max(_NUMBERED, by_chance + _BEYOND_CHANCE)
