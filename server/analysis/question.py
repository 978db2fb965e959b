"""What a question in words is about: columns and members it names, and what it wants to know of them."""

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from claribi.v1 import insights_pb2 as insights

from server.analysis import formats
from server.analysis.hypothesis import Hypothesis
from server.analysis.roles import word_set

LEAST_WORD = 3  # letters; shorter words name too much
LEAST_STEM = 5  # letters left when an ending is taken off
_IDEOGRAPHS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_YEAR = re.compile(r"(1[89]|20|21)\d\d")
_STOP_WORDS = word_set(
    "the and for with what which who how why when where did does was were are our from that this has have had can "
    "could should would per not all any most more less than over into about between much many number"
)
# Words of a question that ask for nothing by themselves.
_FILLERS = word_set(
    "tell show give please find look looking like want need know help see you your they them their there here "
    "its been being will shall may might just only also very really last latest recent recently current currently "
    "now today year month quarter week day date time period data number figure report review business company "
    "organisation organization firm team going doing gone make made get got let come out far well overall general "
    "generally during within since until ever still again some each every both other another thing way long short "
    "main important matter matters interesting good bad well better worse across through along against because due "
    "perform performance come comes anything something nothing everything"
)
# Words of which each may stand for the others when a column or member is looked for.
_SAME = (
    word_set("revenue sales turnover"),
    word_set("customer client buyer"),
    word_set("quantity unit volume"),
    word_set("cost expense spend spending"),
    word_set("employee staff worker headcount"),
    word_set("profit margin earnings"),
    word_set("product item article"),
    word_set("ticket case issue"),
)


@dataclass(frozen=True)
class Intent:
    """Something a question may want to know: the words that ask for it, and the insights that answer."""

    spoken: str  # ends "read as a question about revenue: ..."
    words: frozenset[str]
    kinds: frozenset[int]
    phrases: tuple[str, ...] = ()


_ALONG_TIME = frozenset(
    {
        insights.INSIGHT_TYPE_CHANGE,
        insights.INSIGHT_TYPE_TREND,
        insights.INSIGHT_TYPE_CHANGE_POINT,
        insights.INSIGHT_TYPE_OUTLIER,
        insights.INSIGHT_TYPE_SEASONALITY,
        insights.INSIGHT_TYPE_FORECAST,
    }
)
DEVELOPMENT = Intent(
    "how it developed",
    word_set(
        "develop developed developing development trend trends trending evolve evolved evolving evolution grow grows "
        "grew growing growth grown rise rises rose rising risen fall falls fell falling fallen drop drops dropped "
        "dropping decline declines declined declining decrease decreased decreasing increase increased increasing "
        "change changed changes changing shrink shrank shrinking slow slowed slowing improve improved improving worsen "
        "worsened gain gained lose lost losing loss history progress happen happened happening move moved "
        "momentum getting up down why when since"
    ),
    _ALONG_TIME,
    phrases=("over time", "how is", "how are", "how was", "how were"),
)
UNUSUAL = Intent(
    "what was unusual",
    word_set(
        "unusual outlier outliers anomaly anomalies anomalous abnormal spike spikes odd strange weird exceptional "
        "surprise surprising peak peaks suspicious irregular error errors"
    ),
    frozenset({insights.INSIGHT_TYPE_OUTLIER, insights.INSIGHT_TYPE_CHANGE}),
)
DEPENDENCE = Intent(
    "what it depends on",
    word_set(
        "concentrate concentrated concentration depend depends dependent dependence dependency rely relies reliance "
        "top biggest largest dominate dominates dominant pareto few leading contribute contributes contribution"
    ),
    frozenset({insights.INSIGHT_TYPE_CONCENTRATION}),
)
DRIVERS = Intent(
    "what goes with it",
    word_set(
        "drive driver driving driven cause caused causing reason reasons explain explains affect affects influence "
        "influences contribute contributed contributes contribution "
        "correlate correlated correlation relate related relation relationship linked"
    ),
    frozenset(
        {
            insights.INSIGHT_TYPE_DRIVER,
            insights.INSIGHT_TYPE_CORRELATION,
            insights.INSIGHT_TYPE_MIX_SHIFT,
            insights.INSIGHT_TYPE_GROUP_DIFFERENCE,
        }
    ),
)
OUTLOOK = Intent(
    "where it is heading",
    word_set("forecast predict prediction expect expected outlook next future heading"),
    frozenset({insights.INSIGHT_TYPE_FORECAST, insights.INSIGHT_TYPE_TREND}),
)
PLACE = Intent(
    "where",
    word_set(
        "where which who whom whose by compare compared comparing comparison differ differs different difference "
        "differences versus vs among best worst highest lowest most least break breakdown split per"
    ),
    frozenset(
        {
            insights.INSIGHT_TYPE_GROUP_DIFFERENCE,
            insights.INSIGHT_TYPE_CONCENTRATION,
            insights.INSIGHT_TYPE_DRIVER,
            insights.INSIGHT_TYPE_MIX_SHIFT,
        }
    ),
    phrases=("how much of",),
)
INTENTS = (DEVELOPMENT, UNUSUAL, OUTLOOK, DEPENDENCE, DRIVERS, PLACE)


@dataclass(frozen=True)
class Question:
    """The question's words, what they want to know, and the question itself for names written without spaces."""

    text: str
    stems: frozenset[str]
    intents: tuple[Intent, ...] = ()

    def names(self, name: str) -> bool:
        """Whether a word of the name, or one that means the same, occurs in the question."""
        if _IDEOGRAPHS.search(name):
            return name.strip() in self.text
        stems = _stems(name)
        return bool(self.stems & (stems - _TIME_STEMS or stems))

    def names_measure(self, hypothesis: Hypothesis) -> bool:
        """Whether the question names the measure."""
        return self.names(hypothesis.measure.column or hypothesis.measure.label)

    def matches(self, hypothesis: Hypothesis) -> int:
        """How many parts of the subject the question names: measure, dimension, slice, members."""
        if not self.stems and not self.text:
            return 0
        return self.names_measure(hypothesis) + self._named_parts(hypothesis)

    def _named_parts(self, hypothesis: Hypothesis) -> int:
        parts: list[str] = []
        if hypothesis.dimension is not None:
            parts.append(hypothesis.dimension.column)
        if hypothesis.where is not None:
            parts += [hypothesis.where[0].column, hypothesis.where[1]]
        parts += hypothesis.members[:3]
        return sum(self.names(part) for part in parts)

    def answered_by(self, hypothesis: Hypothesis) -> bool:
        """Whether the hypothesis is of a kind the question wants.

        "Where" asked together with something else, such as a development, wants to know where that is to be seen: its
        slices answer, not the places whose levels differ.
        """
        kinds = {kind for intent in self.intents if intent is not PLACE for kind in intent.kinds}
        if kinds or PLACE not in self.intents:
            return hypothesis.kind in kinds
        return hypothesis.kind in PLACE.kinds or hypothesis.where is not None

    def closeness(self, hypothesis: Hypothesis) -> tuple[bool, bool, int]:
        """How near to the question, for sorting: the asked measure in an asked way, the asked measure, the rest."""
        if not self.text:
            return False, False, 0
        named, wanted = self.names_measure(hypothesis), self.answered_by(hypothesis) or not self.intents
        return named and wanted, named, self._named_parts(hypothesis)

    def unread(self, named: set[str]) -> list[str]:
        """The words that neither ask for something known nor stand in one of the names, in order."""
        known = {stem for name in named for stem in _stems(name)}
        found = []
        for word in formats.words(self.text):
            if _IDEOGRAPHS.search(word) or _known(word):
                continue
            if (len(word) >= LEAST_WORD or _YEAR.fullmatch(word)) and not _stems(word) & known:
                found.append(word)
        return list(dict.fromkeys(found))


def read_question(text: str) -> Question:
    """A question ready to be compared with names."""
    spoken = formats.words(text)
    line = f" {' '.join(spoken)} "
    intents = tuple(
        intent
        for intent in INTENTS
        if _stem_set(intent) & {_stem(word) for word in spoken}
        or any(f" {phrase} " in line for phrase in intent.phrases)
    )
    return Question(text.strip(), _stems(text), intents)


def _known(word: str) -> bool:
    """Whether a word is one of a question's own: it asks for something, or for nothing by itself."""
    return _stem(word) in _FILLER_STEMS or any(_stem(word) in _stem_set(intent) for intent in INTENTS)


@cache
def _stem_set(intent: Intent) -> frozenset[str]:
    return frozenset(_stem(word) for word in intent.words)


@lru_cache(maxsize=4096)
def _stems(text: str) -> frozenset[str]:
    stems = {
        _stem(word) for word in formats.words(text) if len(word) >= LEAST_WORD and word not in _STOP_WORDS
    }
    return frozenset(stems.union(*(same for same in _SAME_STEMS if same & stems)))


def _stem(word: str) -> str:
    """The word without the endings of number and tense: `returned`, `returns` and `return` are one."""
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith("s") and not word.endswith("ss") and len(word) > 3:
        word = word[:-1]
    for ending in ("ing", "ed", "y"):
        if word.endswith(ending) and len(word) - len(ending) >= LEAST_STEM:
            word = word[: -len(ending)]
            break
    if len(word) > LEAST_STEM and word[-1] == word[-2]:
        word = word[:-1]
    return word[:-1] if word.endswith("e") and len(word) > LEAST_STEM else word


_TIME_STEMS = frozenset(_stem(word) for word in ("day", "week", "month", "quarter", "year", "hour", "minute"))
_SAME_STEMS = tuple(frozenset(_stem(word) for word in same) for same in _SAME)
_FILLER_STEMS = frozenset(_stem(word) for word in _FILLERS | _STOP_WORDS)
