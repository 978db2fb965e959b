"""A part of the gate mutation figures: every changed sentence is refused, every unchanged one passes."""

import re
from pathlib import Path

from server.analysis.restating import template_of
from server.cli.shop import shop_files
from tests.quality.gate_mutations import csv_source, spoken, tally

SLOT = re.compile(r"\{\d+\}")
KINDS = {
    "certainty",
    "claim added",
    "digit",
    "direction",
    "name",
    "period",
    "sign",
    "swapped figures",
    "unit",
}


def test_every_sentence_with_one_thing_changed_is_refused(tmp_path: Path) -> None:
    source = csv_source(tmp_path / "shop", shop_files(), "shop")
    sentences = spoken([source], question="Why did revenue fall?")
    templates = [template_of(sentence).text for sentence in sentences]
    assert [text for text in templates if any(c.isnumeric() for c in SLOT.sub("", text))] == []
    found = tally([sentences], seed=11, share=0.3)
    assert set(found.mutated) == KINDS
    assert found.passed == []
    assert found.wrongly_refused == []
    assert sum(found.mutated.values()) > 500
