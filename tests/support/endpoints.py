"""The README's table: every documented endpoint, its scope, and the case that exercises it.

`python -m tests.support.endpoints` writes it; a test fails when it is stale or an endpoint has no case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.cases import FOLDER, all_cases
from tests.support.transports import METHODS, rule_of

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
BEGIN, END = "<!-- endpoints:begin", "<!-- endpoints:end -->"
# Methods whose transports answer in different forms have a test of their own instead of a case.
OWN_TESTS = {"ReportService.GenerateReportStream": "tests/contract/test_pages.py"}
# Pages the bridge serves itself, and what exercises them.
PAGES = {
    "GET /api/v1/schema/": "tests/contract/test_pages.py",
    "GET /api/v1/docs/": "tests/contract/test_pages.py",
}


def table() -> str:
    """The table in Markdown."""
    lines = ["| endpoint | scope | over gRPC | exercised by |", "|---|---|---|---|"]
    for name, method in METHODS.items():
        rule = rule_of(method)
        if rule is None or not rule.path.startswith(("/api/v1/", "/api/monitoring/")):
            continue
        scope = (
            f"`{method.scope}`"
            if method.scope
            else ("public" if method.policy.credentials == 1 else "any key")
        )
        where = _exercising(name)
        lines.append(f"| `{rule.verb} {rule.path}/` | {scope} | `{name}` | {where} |")
    lines += [f"| `{page}` | public | | [{where}]({where}) |" for page, where in PAGES.items()]
    return "\n".join(lines)


def _exercising(name: str) -> str:
    """Where a method is seen to succeed with its usual status: the first such case, as Markdown."""
    if name in OWN_TESTS:
        return f"[{OWN_TESTS[name]}]({OWN_TESTS[name]})"
    for path, case in all_cases():
        if case.call == name and case.want.http == METHODS[name].policy.success_status:
            short = path.relative_to(FOLDER).as_posix()
            return f"[{short}](tests/cases/{short}): {case.name}"
    raise LookupError(f"no case exercises {name}")


def documented() -> Iterator[str]:
    """Every endpoint of the specification, as "GET /api/v1/..." (skips when the specification is not beside us)."""
    spec = ROOT.parent / "shared" / "spec" / "api-v1.txt"
    if not spec.exists():
        return
    for verb, path in re.findall(r"\b(GET|POST|PATCH|DELETE) (/api/[^\s|?]*)", spec.read_text()):
        if path.endswith("/"):
            yield f"{verb} {path}"


def current() -> str:
    """The table as the README has it."""
    text = README.read_text(encoding="utf-8")
    return text.split(BEGIN, 1)[1].split("-->\n", 1)[1].split(END, 1)[0].strip()


def main() -> None:
    """Write the table into the README."""
    text = README.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN, 1)
    mark, rest = rest.split("-->\n", 1)
    tail = rest.split(END, 1)[1]
    README.write_text(f"{head}{BEGIN}{mark}-->\n{table()}\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
