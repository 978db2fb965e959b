"""The house's texture, counted: short functions, short files, few arguments, no room called utils."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = [
    path
    for room in ("server", "rest_bridge")
    for path in sorted((ROOT / room).rglob("*.py"))
    if "migrations/versions" not in path.as_posix()
]
TESTS = sorted((ROOT / "tests").rglob("*.py"))
LONGEST_FILE, LONGEST_TEST_FILE = 400, 500
LONGEST_FUNCTION, MEDIAN_FUNCTION, P95_FUNCTION = 60, 10, 40
MOST_ARGUMENTS = 6
VAGUE_NAMES = {"utils", "util", "common", "helpers", "helper", "manager", "misc"}


def _functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_short_and_its_functions_are(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= LONGEST_FILE, f"{lines} lines"
    for function in _functions(path):
        assert _length(function) <= LONGEST_FUNCTION, f"{function.name} has {_length(function)} lines"
        arguments = function.args
        own = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        count = sum(a.arg not in ("self", "cls") for a in own)
        constructor = function.name == "__init__"
        assert count <= MOST_ARGUMENTS + 2 * constructor, f"{function.name} takes {count} arguments"


def test_functions_are_short_as_a_whole() -> None:
    lengths = sorted(_length(function) for path in SOURCES for function in _functions(path))
    assert lengths[len(lengths) // 2] <= MEDIAN_FUNCTION
    assert lengths[int(len(lengths) * 0.95)] <= P95_FUNCTION


@pytest.mark.parametrize("path", TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_test_file_is_not_too_long(path: Path) -> None:
    assert path.read_text(encoding="utf-8").count("\n") <= LONGEST_TEST_FILE


def test_no_room_has_a_name_that_says_nothing() -> None:
    named = {path.stem for path in SOURCES} | {path.parent.name for path in SOURCES}
    assert not named & VAGUE_NAMES


def test_every_room_says_what_it_is() -> None:
    for path in SOURCES:
        if path.name == "__init__.py":
            assert ast.get_docstring(ast.parse(path.read_text())), (
                f"{path.relative_to(ROOT)} has no docstring"
            )


def test_every_decision_has_its_number_and_its_parts() -> None:
    for number, path in enumerate(sorted((ROOT / "docs" / "decisions").glob("*.md")), start=1):
        text = path.read_text(encoding="utf-8")
        assert path.name.startswith(f"{number:04d}-"), path.name
        for part in ("**Context.**", "**Decision.**", "**Consequences.**", "**Alternatives.**"):
            assert part in text, f"{path.name} has no {part}"


def test_every_dependency_has_its_reason() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    reasons = (ROOT / "CONTRIBUTING.md").read_text()
    optional = [d for group in project["optional-dependencies"].values() for d in group]
    for line in [*project["dependencies"], *optional]:
        name = line.split(">=")[0]
        base = name.removeprefix("grpcio")
        assert name in reasons or base in reasons, f"{name} has no reason in CONTRIBUTING.md"
