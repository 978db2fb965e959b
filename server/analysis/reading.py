"""How a question was read against the data, said to the one who asked."""

from collections.abc import Sequence
from enum import Enum

from server.analysis.asking.reading import Goal, Reading
from server.analysis.evidence import Ledger, Name, Text, join
from server.analysis.facts import Facts
from server.analysis.hypothesis import member_name
from server.analysis.material import Asked


class Outcome(Enum):
    """How much of an answer the findings are: of the kind asked for, of another kind, or none."""

    FULL = "full"
    PART = "part"
    NONE = "none"


_OUTCOMES = {
    Outcome.FULL: "What answers it comes first.",
    Outcome.PART: "Nothing of that kind stands out from chance; what else was found about it comes first.",
    Outcome.NONE: "Nothing about it stands out from chance.",
}
_BESIDE_AN_ANSWER = {
    Outcome.FULL: "The findings that bear on it come first.",
    Outcome.PART: "Nothing of that kind stands out from chance; what else was found about it comes first.",
    Outcome.NONE: "Beyond that answer, nothing about it stands out from chance.",
}
_WANTED = {
    Goal.RANKING: "who comes first",
    Goal.WHY: "what is behind the move",
    Goal.CHANGE: "how it moved",
    Goal.DEVELOPMENT: "how it developed",
    Goal.COMPARISON: "whether it differs",
    Goal.RELATION: "whether they go together",
    Goal.FORECAST: "where it is heading",
    Goal.OUTLIERS: "what was unusual",
    Goal.CONCENTRATION: "what it depends on",
    Goal.QUALITY: "how good the data are",
}
NAMED = 4  # things a question is said to be about
LISTED = 8  # columns named to one who asked for something else
QUOTED = 3


def understood(asked: Asked, ledger: Ledger, *, outcome: Outcome) -> Text:
    """How the question was read, and whether something was found about it."""
    reading, intents = asked.reading, " and ".join(intent.spoken for intent in asked.question.intents[:2])
    if reading is not None and reading.goal is Goal.QUALITY:
        return ledger.say("Your question was read as one about how good the data are.")
    if reading is None or not reading.known:
        start = "None of the words of your question name a column or a value in the data"
        if not intents:
            return ledger.say(f"{start}, so findings are ranked by how much they matter in general.")
        return ledger.say(f"{start}; it was read as asking {intents}.")
    about = Name(", ".join(member_name(name) for name in reading.named[:NAMED]))
    wanted = _WANTED.get(reading.goal, intents if reading.goal is Goal.FINDINGS else "")
    told = _OUTCOMES if asked.answer is None else _BESIDE_AN_ANSWER
    when = Name(f", {reading.period.name}" if reading.period is not None and not reading.undated else "")
    return ledger.say(
        f"Your question was read as one about {{0}}{{1}}{f': {wanted}' if wanted else ''}. {told[outcome]}",
        about,
        when,
    )


def misread(reading: Reading | None, tables: Sequence[Facts], ledger: Ledger) -> Text:
    """What of the question was not understood, was taken for something else, or fits several things."""
    if reading is None:
        return Text("")
    said = [
        ledger.say("“{0}” was taken for {1}.", Name(word), Name(name))
        for word, name in reading.slips[:QUOTED]
    ]
    for word, names in reading.ambiguous[:QUOTED]:
        said.append(ledger.say("“{0}” fits {1}.", Name(word), Name(" as well as ".join(names[:QUOTED]))))
    if reading.undated:
        said.append(
            ledger.say("The data have no dates, so “{0}” could not be applied.", Name(reading.undated))
        )
    if reading.unread and reading.known:
        quoted = Name(", ".join(f"“{word}”" for word in reading.unread[:QUOTED]))
        said.append(ledger.say("Of your question, {0} could not be matched to anything in the data.", quoted))
    if reading.unread or not reading.known:
        said.append(_columns(reading, tables, ledger))
    return join(said)


def _columns(reading: Reading, tables: Sequence[Facts], ledger: Ledger) -> Text:
    """What the data could be asked for instead."""
    if reading.goal is not Goal.FINDINGS and not reading.unread:
        return Text("")
    facts = reading.facts if reading.known else next(iter(tables), reading.facts)
    measures = [measure.label for measure in facts.measures if not measure.counts_rows]
    dimensions = [found.dimension.label for found in facts.breakdowns]
    if not measures or not (reading.unread or reading.known):
        return Text("")
    numbers = Name(", ".join(dict.fromkeys(measures[:LISTED])))
    if not dimensions:
        return ledger.say("The data could be asked about {0}.", numbers)
    return ledger.say(
        "The data could be asked about {0}, by {1}.", numbers, Name(", ".join(dimensions[:LISTED]))
    )
