"""The values of a goal by day: what the measure it follows says of itself, or what was checked in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from claribi.v1.goals_pb2 import GoalHistoryPoint
from claribi.v1.insights_pb2 import Evidence

from server.stores import goal_steps
from server.stores.session import Transaction

# A measure whose data hold so few days says less than what was checked in.
LEAST_MEASURED = 2


@dataclass(frozen=True)
class History:
    """Points by day, and for a measured goal the query behind each and behind the value now."""

    points: Sequence[GoalHistoryPoint]
    evidence: Sequence[Evidence] = ()

    @property
    def values(self) -> list[tuple[date, float]]:
        """Day and value, in order."""
        return [(date.fromisoformat(point.date), point.value) for point in self.points]


async def fetch_history(tx: Transaction, organization_id: str, goal_id: str) -> History:
    """The values of a goal, the earliest first."""
    measured = await goal_steps.fetch_measured(tx, organization_id, goal_id)
    if measured is not None and len(measured.history) >= LEAST_MEASURED:
        return History(measured.history, measured.evidence)
    rows = await goal_steps.fetch_history(tx, organization_id, goal_id)
    points = [GoalHistoryPoint(date=row.date, value=row.value) for row in rows]
    return History(points, () if measured is None else measured.evidence)
