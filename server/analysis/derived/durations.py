"""How long it takes from one moment of a row to another."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

from claribi.v1 import data_sources_pb2 as data_sources

from server.analysis import formats
from server.analysis.columns import DURATION, Measure
from server.analysis.roles import name_words, word_set
from server.analysis.scope import Scope
from server.query.sql import quote

BUDGET = 3
MOMENT_COLUMNS = 6  # of a table with more, the first are paired
FORWARD = 0.97  # share of different moments that must run forwards
MOST_EMPTY = 0.95  # share of rows without a moment above which it is not used
LONG = (
    0.99  # quantile: what began this long before the last start, and a little more, has had its time to end
)
LITTLE_MORE = 1.25  # the quantile itself is taken among what has ended
OPEN_EXCESS = 3.0  # times as many open rows among the recent as before: the recent are not over yet
OPEN_RECENT = 0.05  # share of the recent rows that must be open for that
_MOMENTS = (data_sources.COLUMN_TYPE_DATE, data_sources.COLUMN_TYPE_TIMESTAMP)
_ASIDE = word_set("updated modified birth born deleted loaded ingested expires expiry")
_MOMENT_WORDS = word_set("at on date day time timestamp datetime ts")
# Typical seconds from which a duration is told in a unit, the unit's seconds, its name.
_UNITS = (
    (172_800.0, 86_400.0, "days"),
    (7_200.0, 3_600.0, "hours"),
    (120.0, 60.0, "minutes"),
    (0.0, 1.0, "s"),
)


@dataclass(frozen=True)
class _Pair:
    """A start and an end of each row."""

    start: data_sources.DataColumn
    end: data_sources.DataColumn

    @property
    def names(self) -> tuple[str, str]:
        return self.start.name, self.end.name

    @property
    def seconds(self) -> str:
        """SQL of the seconds from the start to the end."""
        return f"(epoch({_moment(self.end)}) - epoch({_moment(self.start)}))"

    def turned(self) -> "_Pair":
        """The pair the other way round."""
        return _Pair(self.end, self.start)


def _moment(column: data_sources.DataColumn) -> str:
    return f"cast({quote(column.name)} as timestamp)"


def durations(scope: Scope, table: data_sources.DataTable, asked: Callable[[str], bool]) -> list[Measure]:
    """Durations between columns of moments that hardly ever run backwards."""
    pairs = list(_forward(scope, _pairs(table)))
    pairs.sort(key=lambda pair: not any(asked(name) for name in pair.names))
    return [_measure(scope, pair) for pair in pairs[:BUDGET]]


def _pairs(table: data_sources.DataTable) -> list[_Pair]:
    usable = [
        column
        for column in table.columns
        if column.type in _MOMENTS
        and column.distinct > 1
        and column.nulls <= MOST_EMPTY * table.rows
        and not _ASIDE & set(name_words(column.name))
    ]
    return [_Pair(start, end) for start, end in combinations(usable[:MOMENT_COLUMNS], 2)]


def _forward(scope: Scope, pairs: list[_Pair]) -> Iterator[_Pair]:
    """The pairs that run one way, start first."""
    if not pairs:
        return
    signs = [f"count_if({pair.seconds} {sign} 0)" for pair in pairs for sign in (">", "<")]
    counts = scope.look(signs)
    for pair, forward, backward in zip(pairs, counts[::2], counts[1::2], strict=True):
        if max(forward, backward) >= FORWARD * max(forward + backward, 1):
            yield pair if forward >= backward else pair.turned()


def _measure(scope: Scope, pair: _Pair) -> Measure:
    whole = f"{pair.seconds} >= 0"
    asked = [f"{name} filter ({whole})" for name in _spread(pair)]
    typical, long, last = (
        float(cell or 0.0) for cell in scope.look([*asked, f"epoch(max({_moment(pair.start)}))"])
    )
    factor, unit = next((factor, unit) for least, factor, unit in _UNITS if typical >= least)
    edge = last - LITTLE_MORE * long
    censored = _is_censored(scope, pair, edge)
    if censored:
        whole += f" and epoch({_moment(pair.start)}) <= {edge:.0f}"
    start, end = (_event(name) for name in pair.names)
    return Measure(
        None,
        f"case when {whole} then {pair.seconds} / {factor:.1f} end",
        "average",
        f"time from {start} to {end}",
        unit,
        made=f"{DURATION}{pair.start.name}, {pair.end.name})",
        uses=pair.names,
        is_cut=censored,
    )


def _event(name: str) -> str:
    """What happens at a moment: `opened` of opened_at, `order` of order_date."""
    words = formats.label(name).split(" ")
    while len(words) > 1 and words[-1].lower() in _MOMENT_WORDS:
        words.pop()
    return " ".join(words)


def _spread(pair: _Pair) -> list[str]:
    return [f"median({pair.seconds})", f"quantile_cont({pair.seconds}, {LONG})"]


def _is_censored(scope: Scope, pair: _Pair, edge: float) -> bool:
    """Whether rows that began after the edge (Unix seconds) are still open for being recent.

    Of such rows the quick ones have ended: means over them run low (right censoring), so they are left out.
    """
    if not pair.end.nulls:
        return False
    recent, open_ = f"epoch({_moment(pair.start)}) > {edge:.0f}", f"{quote(pair.end.name)} is null"
    cells = [f"avg(cast({open_} as int)) filter ({cut})" for cut in (recent, f"not ({recent})")]
    late, early = (float(cell or 0.0) for cell in scope.look(cells))
    return late >= OPEN_RECENT and late >= OPEN_EXCESS * early
