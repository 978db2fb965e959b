"""What is derived of a table, within a budget."""

from collections.abc import Callable
from dataclasses import replace

from claribi.v1 import data_sources_pb2 as data_sources

from server.analysis.columns import Plan
from server.analysis.derived.bins import bins
from server.analysis.derived.calendars import calendars
from server.analysis.derived.durations import durations
from server.analysis.derived.keywords import flag_dimension, keywords
from server.analysis.derived.ratios import ratios
from server.analysis.derived.shares import shares
from server.analysis.scope import Scope

LEAST_ROWS = 30  # of fewer nothing derived is worth a look
TALL = 2_000_000  # rows from which each further way to cut the table costs seconds
TALL_CUTS = 4
FLAG_CUTS = 8  # words along which other measures are compared


def derive(scope: Scope, table: data_sources.DataTable, plan: Plan, asked: Callable[[str], bool]) -> Plan:
    """The plan with derived measures and dimensions; what `asked` names comes first within each budget."""
    if scope.rows < LEAST_ROWS:
        return plan
    flags = keywords(scope, table, asked)
    long, states = durations(scope, table, asked), shares(scope, table, asked)
    measures = [*long, *ratios(scope, table, plan.measures, asked), *states, *flags]
    cuts = [
        *calendars(scope, table, asked),
        *bins(scope, table, plan, asked),
        *map(flag_dimension, flags[:FLAG_CUTS]),
    ]
    # Where recent rows are still open, the state of a row comes with its age.
    unripe = tuple(dict.fromkeys(c for m in states for c in m.columns)) if any(m.is_cut for m in long) else ()
    most = TALL_CUTS if scope.rows > TALL else len(cuts)
    return replace(plan, measures=(*plan.measures, *measures), cuts=tuple(cuts[:most]), unripe=unripe)
