"""Which columns and members a question in words is about."""

import re
from dataclasses import dataclass

from server.analysis import formats
from server.analysis.hypothesis import Hypothesis
from server.analysis.roles import word_set

LEAST_WORD = 3  # letters; shorter words name too much
_IDEOGRAPHS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_STOP_WORDS = word_set(
    "the and for with what which who how why when where did does was were are our from that this has have had can "
    "could should would per not all any most more less than over into about between much many"
)


@dataclass(frozen=True)
class Question:
    """The question's words, and the question itself for names written without spaces."""

    text: str
    stems: frozenset[str]

    def names(self, name: str) -> bool:
        """Whether a word of the name occurs in the question."""
        if _IDEOGRAPHS.search(name):
            return name.strip() in self.text
        return bool(self.stems & _stems(name))

    def matches(self, hypothesis: Hypothesis) -> int:
        """How many parts of the subject the question names: measure, dimension, slice, members."""
        if not self.stems and not self.text:
            return 0
        measure = hypothesis.measure.column or hypothesis.measure.label
        parts = [measure]
        if hypothesis.dimension is not None:
            parts.append(hypothesis.dimension.column)
        if hypothesis.where is not None:
            parts += [hypothesis.where[0].column, hypothesis.where[1]]
        parts += hypothesis.members[:3]
        return sum(self.names(part) for part in parts)


def read_question(text: str) -> Question:
    """A question ready to be compared with names."""
    return Question(text.strip(), _stems(text))


def _stems(text: str) -> frozenset[str]:
    return frozenset(
        _stem(word) for word in formats.words(text) if len(word) >= LEAST_WORD and word not in _STOP_WORDS
    )


def _stem(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("s") and not word.endswith("ss") and len(word) > 3:
        return word[:-1]
    return word
