"""How often a state is taken."""

from collections.abc import Callable, Iterator

from claribi.v1 import data_sources_pb2 as data_sources

from server.analysis import formats
from server.analysis.columns import Dimension, Measure, share_value
from server.analysis.roles import name_words, word_set
from server.analysis.scope import Scope
from server.query.sql import literal, quote

BUDGET = 8
MOST_STATES = 8  # more values than this are categories, not states
FEWEST, MOST = 0.02, 0.98  # share of rows a state must hold and may hold
_STATES = word_set(
    "status state outcome result stage resolution decision disposition phase reply response churn churned converted "
    "returned cancelled canceled active paid passed approved success closed resolved escalated breached delivered "
    "subscribed attended smoker defect defective fraud default defaulted left attrition survived readmitted"
)
# Of two values, the one that is told: "share churned = yes" rather than its opposite.
_POSITIVE = word_set("yes y true t 1 success passed pass won converted churned returned closed approved paid")
_NEGATIVE = word_set("no n false f 0 none not")


def shares(scope: Scope, table: data_sources.DataTable, asked: Callable[[str], bool]) -> list[Measure]:
    """Shares of the states of columns that hold a state, asked ones first."""
    found = [
        (asked(column.name) or asked(member), measure)
        for column in sorted(table.columns, key=lambda column: not _holds_states(column))
        for member, measure in _of(column, table)
    ]
    found.sort(key=lambda item: not item[0])
    return [measure for _, measure in found[:BUDGET]]


def _holds_states(column: data_sources.DataColumn) -> bool:
    return bool(_STATES & set(name_words(column.name)))


def _is_answer(column: data_sources.DataColumn) -> bool:
    """Whether the values are yes and no in some spelling."""
    return column.distinct == 2 and all(
        (_POSITIVE | _NEGATIVE) & {top.value.strip().lower()} for top in column.top
    )


def _of(column: data_sources.DataColumn, table: data_sources.DataTable) -> Iterator[tuple[str, Measure]]:
    text = column.type == data_sources.COLUMN_TYPE_TEXT and column.role == data_sources.COLUMN_ROLE_DIMENSION
    flag = column.type == data_sources.COLUMN_TYPE_INTEGER and (column.min, column.max) == ("0", "1")
    if not (text or flag) or not 2 <= column.distinct <= MOST_STATES:
        return
    if not (flag or _holds_states(column) or _is_answer(column)):
        return
    told = [_told(column)] if column.distinct == 2 else list(column.top)
    known = table.rows - column.nulls
    for top in told:
        if FEWEST * known <= top.count <= MOST * known:
            yield top.value, _measure(column, top.value)


def _told(column: data_sources.DataColumn) -> data_sources.TopValue:
    """Of two states the one that happens: the positive one where words tell, else the rarer."""
    rarer = min(column.top, key=lambda top: (top.count, top.value))
    positive = [top for top in column.top if top.value.strip().lower() in _POSITIVE]
    others = [top for top in column.top if not _NEGATIVE & set(name_words(top.value))]
    return next(iter(positive), next(iter(others), rarer) if len(others) == 1 else rarer)


def state_measure(dimension: Dimension, member: str) -> Measure:
    """The share of rows that have a member of a dimension."""
    value = share_value(f"{dimension.value} = {literal(member)}", f"{dimension.value} is null")
    made = f"share({dimension.column} = '{member}')"
    label = f"share with {dimension.label} {member}"
    return Measure(None, value, "average", label, "%", is_share=True, made=made, uses=(dimension.column,))


def _measure(column: data_sources.DataColumn, member: str) -> Measure:
    name = quote(column.name)
    number = column.type != data_sources.COLUMN_TYPE_TEXT
    value = share_value(f"{name} = {member if number else literal(member)}", f"{name} is null")
    label = f"share with {formats.label(column.name)} {member}"
    made = f"share({column.name} = {member})" if number else f"share({column.name} = '{member}')"
    return Measure(None, value, "average", label, "%", is_share=True, made=made, uses=(column.name,))
