"""Every template in the engine's code passes the gate, whether or not some data make it speak."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import server.analysis
from server.analysis import gate

ROOT = Path(server.analysis.__file__).parent
SPEAKING = {"say", "pick"}


def _texts(node: ast.AST) -> Iterator[str]:
    """Every text in an expression; what an f-string fills in is left open, and told by itself where it is a text."""
    if isinstance(node, ast.JoinedStr):
        yield "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)  # type: ignore[misc]
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                yield from _texts(part.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Compare | ast.Subscript):
        return
    else:
        for child in ast.iter_child_nodes(node):
            yield from _texts(child)


def _templates() -> list[tuple[str, str]]:
    """File and text of every argument of `say` and `pick`, and of every text with a slot."""
    found: dict[tuple[str, str], None] = {}
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            spoken = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name)
            name = getattr(
                getattr(node, "func", None), "attr", getattr(getattr(node, "func", None), "id", "")
            )
            if spoken and name in SPEAKING and node.args:  # type: ignore[attr-defined]
                found.update({(path.name, text): None for text in _texts(node.args[0])})  # type: ignore[attr-defined]
            elif isinstance(node, ast.Constant | ast.JoinedStr):
                texts = (
                    text for text in _texts(node) if re.search(r"(?<![\])])\{\d\}", text) and " " in text
                )
                found.update({(path.name, text): None for text in texts})
    return list(found)


TEMPLATES = [pair for pair in _templates() if not pair[1].lstrip().startswith(("Fills", "{0}`"))]


@pytest.mark.parametrize(("file", "template"), TEMPLATES)
def test_no_template_states_a_number_a_unit_or_a_period(file: str, template: str) -> None:
    numbers = range(10)  # any slot may hold a number, so none may be followed by a unit
    # A column "points to" rows: there the word is a verb, and the slot a name.
    gate.check_template(re.sub(r"\bpoints? to\b", "leads to", template), numbers)


def test_there_are_templates_to_look_at() -> None:
    assert len(TEMPLATES) > 100
