"""Words of questions and names, brought to forms that can be compared."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

LEAST_STEM = 4  # letters left when an ending is taken off
TYPO_LETTERS = (5, 8)  # from so many letters on one slip is forgiven, and from so many two
IDEOGRAPHS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_TOKEN = re.compile(r"\d{4}-\d{2}(?:-\d{2})?|[^\W_]+")
_POSSESSIVE = re.compile(r"(?<=\w)['’]s\b")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True)
class Token:
    """A word of the question as written, in small letters, and as it is compared."""

    text: str
    word: str
    key: str


def tokens(text: str) -> list[Token]:
    """The words of a question, in order."""
    found = _TOKEN.findall(_POSSESSIVE.sub("", unicodedata.normalize("NFC", text)))
    return [Token(word, word.lower(), key(word)) for word in found]


def name_keys(name: str) -> tuple[str, ...]:
    """The words of a name as they are compared: `orderID` and `order_id` give the same."""
    return tuple(key(word) for word in _TOKEN.findall(_HUMP.sub(" ", unicodedata.normalize("NFC", name))))


# Nouns that share no stem with the verb a column is named by.
_NOUNS = {
    "conversion": "convert",
    "admission": "admit",
    "readmission": "readmit",
    "cancellation": "cancel",
    "cancelation": "cancel",
    "delivery": "deliver",
    "subscription": "subscribe",
    "completion": "complete",
}


@lru_cache(maxsize=8192)
def key(word: str) -> str:
    """The word without accents and endings: `Returned` and `returns` give the same, `Müller` gives `muller`."""
    folded = fold(word)
    return stem(_NOUNS.get(folded.removesuffix("s"), folded))


def fold(word: str) -> str:
    """In small letters, without accents; the two spellings of an umlaut give the same."""
    plain = unicodedata.normalize("NFKD", word.lower().replace("ß", "ss"))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return unicodedata.normalize("NFC", plain.replace("ae", "a").replace("oe", "o").replace("ue", "u"))


def stem(word: str) -> str:
    """The word without the endings of number and tense: `returned`, `returns` and `return` are one."""
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith(("sses", "xes", "ches", "shes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith("ss") and len(word) > 3:
        word = word[:-1]
    for ending in ("ing", "ed", "y"):
        if word.endswith(ending) and len(word) - len(ending) >= LEAST_STEM + (ending == "y"):
            word = word[: -len(ending)]
            break
    if len(word) > LEAST_STEM and word[-1] == word[-2]:
        word = word[:-1]
    return word[:-1] if word.endswith("e") and len(word) > LEAST_STEM else word


def is_slip(written: str, meant: str) -> bool:
    """Whether a word is another one with a slip of the keyboard; short words and first letters are not forgiven."""
    shorter = min(len(written), len(meant))
    allowed = sum(shorter >= least for least in TYPO_LETTERS)
    if not allowed or written[:1] != meant[:1] or abs(len(written) - len(meant)) > allowed:
        return False
    return 0 < _distance(written, meant) <= allowed


def _distance(a: str, b: str) -> int:
    """Letters added, left out, changed or swapped with a neighbour (Damerau 1964, Comm. ACM 7)."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        older, before, row = before, row, [i]
        for j, other in enumerate(b, 1):
            cost = min(before[j] + 1, row[-1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]
