"""What a goal must be: its fields against one another, its binding against the source it follows."""

from collections.abc import Iterable, Iterator
from datetime import date

from claribi.v1.data_sources_pb2 import (
    COLUMN_TYPE_DATE,
    COLUMN_TYPE_INTEGER,
    COLUMN_TYPE_NUMBER,
    COLUMN_TYPE_TIMESTAMP,
    DataSchema,
    DataTable,
)
from claribi.v1.goals_pb2 import (
    GOAL_TYPE_COMPLETE_TASKS,
    GOAL_TYPE_DECREASE,
    GOAL_TYPE_INCREASE,
    GoalBinding,
    GoalChanges,
)
from claribi.v1.insights_pb2 import (
    AGGREGATION_AVERAGE,
    AGGREGATION_COUNT,
    AGGREGATION_MEDIAN,
    AGGREGATION_SUM,
    AGGREGATION_UNSPECIFIED,
)

from server.work.boards import UNREAD_SOURCE

REQUIRED = "This field is required."
NUMERIC = (COLUMN_TYPE_INTEGER, COLUMN_TYPE_NUMBER)
TEMPORAL = (COLUMN_TYPE_DATE, COLUMN_TYPE_TIMESTAMP)
# Without an aggregation a measure is summed.
ARITHMETIC = (AGGREGATION_UNSPECIFIED, AGGREGATION_SUM, AGGREGATION_AVERAGE, AGGREGATION_MEDIAN)
NAMES_SHOWN = 20

Problem = tuple[str, str]


def goal_problems(goal: GoalChanges) -> dict[str, list[str]]:
    """Field -> what is wrong with the goal as a whole."""
    problems: dict[str, list[str]] = {}
    for field, text in _goal_problems(goal):
        problems.setdefault(field, []).append(text)
    return problems


def _goal_problems(goal: GoalChanges) -> Iterator[Problem]:
    if not goal.name.strip():
        yield "name", REQUIRED
    for field in ("hierarchy_type", "goal_type"):
        if not getattr(goal, field):
            yield field, REQUIRED
    if goal.goal_type and goal.goal_type != GOAL_TYPE_COMPLETE_TASKS and not goal.HasField("target_value"):
        yield "target_value", REQUIRED
    if goal.start_date and goal.target_date and _reversed(goal.start_date, goal.target_date):
        yield "target_date", "Must not lie before the start date."
    if goal.HasField("baseline_value") and goal.HasField("target_value"):
        rise = goal.target_value - goal.baseline_value
        if goal.goal_type == GOAL_TYPE_INCREASE and rise < 0:
            yield (
                "target_value",
                "A goal to increase needs a target above its baseline; decrease goes the other way.",
            )
        if goal.goal_type == GOAL_TYPE_DECREASE and rise > 0:
            yield (
                "target_value",
                "A goal to decrease needs a target below its baseline; increase goes the other way.",
            )


def _reversed(start: str, end: str) -> bool:
    return date.fromisoformat(end) < date.fromisoformat(start)


def binding_problems(binding: GoalBinding, schema: DataSchema | None) -> dict[str, list[str]]:
    """Field path from `binding.` -> what is wrong with the measure; `schema` is None for a source never read."""
    if schema is None or not schema.tables:
        return {"binding.data_source_id": [UNREAD_SOURCE]}
    table = bound_table(binding, schema)
    if table is None:
        return {"binding.table": [_unknown("table", binding.table, [t.name for t in schema.tables])]}
    return {f"binding.{field}": [text] for field, text in _column_problems(binding, table)}


def bound_table(binding: GoalBinding, schema: DataSchema) -> DataTable | None:
    """The table a binding names; the first when it names none."""
    if not binding.table:
        return schema.tables[0]
    return next((table for table in schema.tables if table.name == binding.table), None)


def _column_problems(binding: GoalBinding, table: DataTable) -> Iterator[Problem]:
    columns = {column.name: column for column in table.columns}
    if binding.measure:
        column = columns.get(binding.measure)
        if column is None:
            yield "measure", _unknown("column", binding.measure, columns)
        elif binding.aggregation in ARITHMETIC and column.type not in NUMERIC:
            yield (
                "measure",
                f"Column '{binding.measure}' holds no numbers; count or distinct_count it, or take another.",
            )
    elif binding.aggregation not in (AGGREGATION_UNSPECIFIED, AGGREGATION_COUNT):
        yield "measure", "Name the column to aggregate, or leave the aggregation out to count rows."
    if binding.time_column:
        column = columns.get(binding.time_column)
        if column is None:
            yield "time_column", _unknown("column", binding.time_column, columns)
        elif column.type not in TEMPORAL:
            yield "time_column", f"Column '{binding.time_column}' holds no dates or times."


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    names = list(known)
    shown = ", ".join(names[:NAMES_SHOWN]) + (", ..." if len(names) > NAMES_SHOWN else "")
    return f"Unknown {what} '{name}'. There are: {shown}."
