"""What a question in words is about: columns and members it names, and what it wants to know of them."""

from dataclasses import dataclass, replace
from functools import cache, lru_cache

from claribi.v1 import insights_pb2 as insights

from server.analysis import formats
from server.analysis.asking.lexicon import SAME, STOP_WORDS
from server.analysis.asking.reading import Reading
from server.analysis.asking.words import IDEOGRAPHS, key
from server.analysis.hypothesis import Hypothesis
from server.analysis.roles import word_set

LEAST_WORD = 3  # letters; shorter words name too much


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
    measures: frozenset[str] = frozenset()  # expressions of the measures it was read to be about

    def focused(self, reading: Reading | None) -> "Question":
        """The question with the measures that reading it against the data found it to be about."""
        if reading is None or reading.few:
            return self
        return replace(self, measures=frozenset(q.measure.expression for q in reading.quantities))

    def names(self, name: str) -> bool:
        """Whether a word of the name, or one that means the same, occurs in the question."""
        if IDEOGRAPHS.search(name):
            return name.strip() in self.text
        stems = _stems(name)
        return bool(self.stems & (stems - _TIME_STEMS or stems))

    def names_measure(self, hypothesis: Hypothesis) -> bool:
        """Whether the question names the measure."""
        measure = hypothesis.measure
        return (
            measure.expression in self.measures
            if self.measures
            else self.names(measure.column or measure.label)
        )

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
        slices answer and what drove it, not the places whose levels differ.
        """
        if PLACE in self.intents and hypothesis.kind == insights.INSIGHT_TYPE_DRIVER:
            return True
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


def read_question(text: str) -> Question:
    """A question ready to be compared with names."""
    spoken = formats.words(text)
    line = f" {' '.join(spoken)} "
    intents = tuple(
        intent
        for intent in INTENTS
        if _stem_set(intent) & {key(word) for word in spoken}
        or any(f" {phrase} " in line for phrase in intent.phrases)
    )
    return Question(text.strip(), _stems(text), intents)


@cache
def _stem_set(intent: Intent) -> frozenset[str]:
    return frozenset(key(word) for word in intent.words)


@lru_cache(maxsize=4096)
def _stems(text: str) -> frozenset[str]:
    stems = {key(word) for word in formats.words(text) if len(word) >= LEAST_WORD and word not in STOP_WORDS}
    return frozenset(stems.union(*(same for same in _SAME_STEMS if same & stems)))


_TIME_STEMS = frozenset(map(key, ("day", "week", "month", "quarter", "year", "hour", "minute")))
_SAME_STEMS = tuple(frozenset(map(key, same)) for same in SAME)
