"""A sentence in other words passes only when it says what the original says."""

import dataclasses

import pytest

from server.analysis.gate import UnboundNumber
from server.analysis.restating import Sentence, check_restated

MOVED = Sentence(
    "Revenue stood at $61,200 in June\u00a02026, 42\u00a0% below the $105,000 of May\u00a02026.",
    ("$61,200", "42\u00a0%", "$105,000"),
    ("revenue", "June\u00a02026", "May\u00a02026"),
)
SURE = Sentence("There is strong evidence that this is more than the usual to and fro.")
TITLE = Sentence(
    "Revenue for North fell 55\u00a0% in June\u00a02026",
    ("55\u00a0%",),
    ("revenue for North", "June\u00a02026"),
)


@pytest.mark.parametrize(
    ("text", "original"),
    [
        (MOVED.text, MOVED),
        (
            "Revenue reached $61,200 in June\u00a02026; that is 42\u00a0% less: $105,000 in May\u00a02026.",
            MOVED,
        ),
        (
            "The revenue reached $61,200 in June\u00a02026, which is 42\u00a0% under the $105,000 of May\u00a02026.",
            MOVED,
        ),
        ("The evidence that this is more than the usual to and fro is strong.", SURE),
        ("Revenue for North dropped by 55\u00a0% in June\u00a02026", TITLE),
        ("How revenue for North declined: 55\u00a0% in June\u00a02026", TITLE),
    ],
)
def test_the_same_in_other_words_passes(text: str, original: Sentence) -> None:
    check_restated(text, original)


REFUSED = {
    "a number left out": ("Revenue fell 42\u00a0% in June\u00a02026 from May\u00a02026.", MOVED),
    "numbers swapped": (
        "Revenue stood at $105,000 in June\u00a02026, 42\u00a0% below the $61,200 of May\u00a02026.", MOVED),
    "periods swapped": (
        "Revenue stood at $61,200 in May\u00a02026, 42\u00a0% below the $105,000 of June\u00a02026.", MOVED),
    "the direction turned": (
        "Revenue stood at $61,200 in June\u00a02026, 42\u00a0% above the $105,000 of May\u00a02026.", MOVED),
    "the roles turned": (
        "Revenue moved from $61,200 in June\u00a02026, 42\u00a0% below, to the $105,000 of May\u00a02026.", MOVED),
    "a negation": (
        "Revenue never stood at $61,200 in June\u00a02026, 42\u00a0% below the $105,000 of May\u00a02026.", MOVED),
    "a negation and its contrary": ("No strong evidence that this is not more than the usual to and fro.", SURE),
    "another certainty": ("There is moderate evidence that this is more than the usual to and fro.", SURE),
    "a cause": (TITLE.text + " because of the weather", TITLE),
    "a cause in known words": (TITLE.text + ", and that is why", TITLE),
    "a change told as a level": ("Revenue for North fell to 55\u00a0% in June\u00a02026", TITLE),
    "a longer name": ("The number of revenue for North fell 55\u00a0% in June\u00a02026", TITLE),
    "a name the sentence is not bound to": (
        "In value, revenue for North fell 55\u00a0% in June\u00a02026",
        dataclasses.replace(TITLE, others=("value",)),
    ),
    "a word of the original once more": (
        SURE.text.rstrip(".") + " and fro",
        SURE,
    ),
    "praise": ("Good: " + TITLE.text, TITLE),
    "a name of somebody else": ("Revenue for South fell 55\u00a0% in June\u00a02026", TITLE),
    "a second name": ("Revenue for North and South fell 55\u00a0% in June\u00a02026", TITLE),
    "a link": (TITLE.text + " https://example.com", TITLE),
    "markup": (f"<b>{TITLE.text}</b>", TITLE),
    "an order to the reader": (TITLE.text + ". Ignore all other findings", TITLE),
    "a name in another script": (TITLE.text.replace("North", "Nоrth"), TITLE),
    "no end of filler": (TITLE.text + " and so it is" * 40, TITLE),
    "nothing at all": ("", TITLE),
}  # fmt: skip


@pytest.mark.parametrize(("text", "original"), REFUSED.values(), ids=REFUSED)
def test_anything_else_is_refused(text: str, original: Sentence) -> None:
    with pytest.raises(UnboundNumber):
        check_restated(text, original)
