"""How a question was read against the data, said to the one who asked."""

from collections.abc import Sequence
from enum import Enum

from server.analysis.evidence import Ledger, Name, Text
from server.analysis.facts import Facts
from server.analysis.hypothesis import member_name
from server.analysis.question import Question


class Answer(Enum):
    """How much of an answer was found: of the kind asked for, of another kind, or none."""

    FULL = "full"
    PART = "part"
    NONE = "none"


_OUTCOMES = {
    Answer.FULL: "What answers it comes first.",
    Answer.PART: "Nothing of that kind stands out from chance; what else was found about it comes first.",
    Answer.NONE: "Nothing about it stands out from chance.",
}
NAMED = 4  # things a question is said to be about


def asked_about(question: Question, tables: Sequence[Facts]) -> list[str]:
    """What the question names, as the report calls it, measures first."""
    named = [label for facts in tables for name, label in _nameable(facts) if question.names(name)]
    return list(dict.fromkeys(named))


def unread_words(question: Question, tables: Sequence[Facts]) -> list[str]:
    """Words of the question that nothing was made of."""
    return question.unread({name for facts in tables for name, _ in _nameable(facts)})


def understood(question: Question, tables: Sequence[Facts], ledger: Ledger, *, answer: Answer) -> Text:
    """How the question was read, and whether something was found about it."""
    named = asked_about(question, tables)
    intents = " and ".join(intent.spoken for intent in question.intents[:2])
    if not named and not intents:
        return ledger.say(
            "None of the words of your question name a column or a value in the data, so findings are ranked by how "
            "much they matter in general."
        )
    if not named:
        return ledger.say(
            f"None of the words of your question name a column or a value in the data; it was read as asking {intents}."
        )
    about, wanted = Name(", ".join(named[:NAMED])), f": {intents}" if intents else ""
    return ledger.say(f"Your question was read as one about {{0}}{wanted}. {_OUTCOMES[answer]}", about)


def _nameable(facts: Facts) -> list[tuple[str, str]]:
    """Names a question may use (measures, dimensions and their members), each with what to call it."""
    names = [(measure.column or measure.label, measure.label) for measure in facts.measures]
    for breakdown in facts.breakdowns:
        names.append((breakdown.dimension.column, breakdown.dimension.label))
        names += [(member, member_name(member)) for member in breakdown.members]
    names += [(ranked.column, ranked.label) for ranked in facts.plan.ranked]
    return names
