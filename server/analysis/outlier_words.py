"""The sentences an outlier is told with."""

from dataclasses import dataclass

from server.analysis.evidence import Figure, Name, Text
from server.analysis.hypothesis import Writer


@dataclass(frozen=True)
class Words:
    """The parts an outlier is told with."""

    subject: Name
    when: Name
    value: Figure
    usual: Figure
    apart: Figure | None
    high: bool


def sentence(words: Words, like: str, on: str, writer: Writer) -> Text:
    """The value beside what was to be expected."""
    side = "above" if words.high else "below"
    parts = (words.subject, words.when, words.value, words.usual)
    if words.apart is None:
        return writer.ledger.say(f"For {like}, {{0}} is usually {{3}}; {on} {{1}} it was {{2}}.", *parts)
    template = writer.pick(
        (
            f"For {like}, {{0}} is usually {{3}}; {on} {{1}} it was {{2}}, {{4}} {side}.",
            f"Going by {like}, about {{3}} was to be expected of {{0}} {on} {{1}}; it was {{2}}, {{4}} {side}.",
            f"{{0}} {on} {{1}} was {{2}}, which is {{4}} {side} the {{3}} that {like} would lead one to expect.",
        )
    )
    return writer.ledger.say(template, *parts, words.apart)


def caveats(writer: Writer) -> tuple[Text, ...]:
    """What the test does not say."""
    return (
        writer.ledger.say("The test says that the value is unusual, not whether it is an event or an error."),
    )


def advice(words: Words, on: str, writer: Writer) -> Text:
    """What to do next."""
    templates = (
        (
            "Open the rows of {1} first: a bulk booking, a duplicate load or a one-off would each look like this.",
            "Ask who remembers {1}. If {0} was real, keep it out of averages and plans; if not, correct it.",
        )
        if words.high
        else (
            "Check whether the data of {1} are all there; a late or broken load is the commonest cause of such a gap.",
            f"Ask what stopped {on} {{1}}: an outage or a closure would explain {{0}} of {{2}}, so would missing rows.",
        )
    )
    return writer.ledger.say(writer.pick(templates), words.subject, words.when, words.value)
