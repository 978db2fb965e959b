"""The sentences of a report's findings with what they are bound to, for those who would say them in other words."""

from collections.abc import Iterable

from server.analysis.engine import Written
from server.analysis.evidence import Figure, Name, Text
from server.analysis.restating import Sentence


def sentences(written: Written) -> list[Sentence]:
    """Titles and the sentences of narratives, in the order of the findings, each once."""
    texts = (
        text
        for told in written.findings.told
        for text in (told.title, *(told.narrative.sentences or (told.narrative,)))
    )
    return list({text.text: sentence_of(text) for text in texts if text.text}.values())


def sentence_of(text: Text) -> Sentence:
    """The text with the numbers and the names that stand in it."""
    return Sentence(
        text.text,
        tuple(_printed(text, (_said(leaf) for leaf in text.leaves if not isinstance(leaf, Name)))),
        tuple(_printed(text, (leaf.text for leaf in text.leaves if isinstance(leaf, Name)))),
    )


def _said(leaf: object) -> str:
    return leaf.display if isinstance(leaf, Figure) else str(getattr(leaf, "text", ""))


def _printed(text: Text, words: Iterable[str]) -> Iterable[str]:
    lower = text.text.lower()
    return dict.fromkeys(word for word in words if word and word.lower() in lower)
