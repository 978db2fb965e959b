"""Hypotheses somebody proposed to look at first: they change the order, never what passes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from claribi.v1 import insights_pb2 as insights

from server.analysis.hypothesis import Finding, Hypothesis
from server.analysis.question import Question

MOST_FIRST = 3  # findings a proposal may bring to the front; the rest keep the engine's order


@dataclass(frozen=True)
class Focus:
    """An insight type of a measure by a dimension; no measure is a count of rows, no dimension any."""

    kind: int
    source_id: str
    table: str
    measure: str | None = None
    dimension: str | None = None

    def fits(self, hypothesis: Hypothesis) -> bool:
        """Whether the hypothesis is one of those proposed."""
        scope = hypothesis.facts.scope
        if (self.source_id, self.table, self.kind) != (scope.source_id, scope.table, hypothesis.kind):
            return False
        cut = {hypothesis.dimension.column} if hypothesis.dimension else set()
        cut |= {hypothesis.where[0].column} if hypothesis.where else set()
        measure = hypothesis.measure
        meant = measure.counts_rows if self.measure is None else self.measure in measure.columns
        return meant and (self.dimension is None or self.dimension in cut)

    def names(self, source_id: str, table: str, column: str) -> bool:
        """Whether a column of a table is part of it."""
        return (source_id, table) == (self.source_id, self.table) and column in (self.measure, self.dimension)


def read_focus(proposals: Sequence[Mapping[str, Any]]) -> tuple[Focus, ...]:
    """Proposals of a payload: {"type", "source_id", "table", "measure", "dimension"}. Raises ValueError."""
    return tuple(
        Focus(
            insights.InsightType.Value(f"INSIGHT_TYPE_{proposal['type'].upper()}"),
            proposal["source_id"],
            proposal["table"],
            proposal.get("measure"),
            proposal.get("dimension"),
        )
        for proposal in proposals
    )


def ahead(findings: Sequence[Finding], focuses: Sequence[Focus], question: Question) -> tuple[Finding, ...]:
    """The findings with the first few that were proposed in front, behind those nearer to the question."""
    proposed = [finding for finding in findings if any(f.fits(finding.hypothesis) for f in focuses)]
    first = {id(finding) for finding in proposed[:MOST_FIRST]}

    def place(finding: Finding) -> tuple[float, ...]:
        close = question.closeness(finding.hypothesis)
        return (*(-float(near) for near in close), float(id(finding) not in first))

    return tuple(sorted(findings, key=place)) if first else tuple(findings)
