"""The type of a text column, found on all of its values: never on a sample, never silently."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from claribi.v1 import insights_pb2

from server.connectors.base import Note, RawTable
from server.connectors.forms import BY_WORD, CODE, FORMS, MISSING, Form
from server.query.sql import literal, select

if TYPE_CHECKING:
    import duckdb

MOST_STRAYS = 0.05
"""Share of values that may be of another form before a column stays text."""
_MOSTLY = 0.5
"""Share of the sample that must be of a form for it to be counted on the whole column."""
_REPORTED = 0.8
"""Share of values of one form above which a column that stays text is reported as mixed."""
_SAMPLE_ROWS = 2000
_SHOWN_STRAYS = 3
_BATCH = 50
"""Columns counted in one statement: planning takes longer than reading when there are hundreds."""
_NUMBER_LIKE = re.compile(r"[-+(\s]*\D{0,4}\d[\d.,'’\s]*([eE][-+]?\d+)?\D{0,5}$")
_TIME_LIKE = re.compile(r"\d{1,4}[-/. ]\w+|[A-Za-z]{3,9}\.? \d")
_SHAPES: dict[str, Callable[[str], bool]] = {
    "number": lambda text: bool(_NUMBER_LIKE.match(text)),
    "time": lambda text: bool(_TIME_LIKE.match(text)),
    "boolean": lambda text: text.lower() in {"true", "false", "yes", "no", "y", "n"},
}
_MISSING_LIST = ", ".join(literal(word) for word in MISSING)


@dataclass
class Plan:
    """How one column is stored: its SQL value from `c<position>`, and what its owner must know."""

    position: int
    form: Form | None = None
    notes: list[Note] = field(default_factory=list)

    @property
    def value(self) -> str:
        """The SQL of the stored value."""
        if self.form is None:
            return f"nullif(c{self.position}, '')"
        return self.form.value.format(v=_trimmed(self.position))


@dataclass
class _Counts:
    """Values of a column in all, and how many are of each form tried."""

    values: int
    hits: dict[str, int]


def find_plans(connection: "duckdb.DuckDBPyConnection", table: RawTable) -> list[Plan]:
    """A plan for each text column of the table.

    A form is believed when all values have it. Up to 5 % others become missing values with a finding; more
    leave the column text, with a finding when most values had one form.
    """
    positions = sorted(table.texts)
    sample = _sample_counts(connection, table, positions)
    counts = _count(connection, table.relation, {place: _likely(sample[place]) for place in positions})
    for position, count in counts.items():
        if max(count.hits.values(), default=0) < count.values and not _is_text(count, sample[position]):
            _look_again(connection, table.relation, position, count)
    plans = [_plan(connection, table, position, counts[position]) for position in positions]
    _settle_day_order(table, plans, counts)
    return plans


def _trimmed(position: int) -> str:
    return f"trim(c{position})"


def _present(position: int) -> str:
    return f"lower({_trimmed(position)}) not in ({_MISSING_LIST})"


def _sample_counts(
    connection: "duckdb.DuckDBPyConnection", table: RawTable, positions: Sequence[int]
) -> dict[int, _Counts]:
    head = connection.execute(select(["*"], table.relation, limit=_SAMPLE_ROWS)).fetchall()
    counts: dict[int, _Counts] = {}
    for position in positions:
        texts = [row[position].strip() for row in head if row[position] is not None]
        counts[position] = _sampled(connection, [text for text in texts if text.lower() not in MISSING])
    return counts


def _sampled(connection: "duckdb.DuckDBPyConnection", texts: list[str]) -> _Counts:
    """How many of some values are of each form they could have."""
    forms = _thinkable(texts)
    if not forms:
        return _Counts(len(texts), {})
    columns = [f"count({form.value.format(v='v')})" for form in forms]
    found = (
        connection.execute(select(columns, "(select unnest(?::varchar[]) as v)"), [texts]).fetchone() or ()
    )
    return _Counts(len(texts), dict(zip((form.word for form in forms), found, strict=True)))


def _look_again(
    connection: "duckdb.DuckDBPyConnection", relation: str, position: int, count: _Counts
) -> None:
    """Counts the forms that the values not yet explained suggest: the sample was of the beginning only."""
    best, value = _best(count), _trimmed(position)
    where = _present(position)
    if best is not None:
        where += f" and ({best.value.format(v=value)}) is null"
    rows = connection.execute(select([value], relation, where=where, limit=_SAMPLE_ROWS)).fetchall()
    forms = _likely(_sampled(connection, [row[0] for row in rows]))
    new = [form for form in forms if form.word not in count.hits]
    if new:
        count.hits |= _count(connection, relation, {position: new})[position].hits


def _thinkable(texts: list[str]) -> list[Form]:
    """The forms worth trying on a sample, judged by cheap patterns."""
    least = max(1, _MOSTLY * len(texts))
    families = {word for word, shaped in _SHAPES.items() if sum(map(shaped, texts)) >= least}
    return [form for form in FORMS if form.family in families]


def _count(
    connection: "duckdb.DuckDBPyConnection", source: str, wanted: dict[int, list[Form]]
) -> dict[int, _Counts]:
    counts: dict[int, _Counts] = {}
    places = list(wanted)
    for start in range(0, len(places), _BATCH):
        batch = places[start : start + _BATCH]
        columns = [column for place in batch for column in _counting(place, wanted[place])]
        found = iter(connection.execute(select(columns, source)).fetchone() or ())
        for place in batch:
            counts[place] = _Counts(next(found), {form.word: next(found) for form in wanted[place]})
    return counts


def _counting(position: int, forms: Sequence[Form]) -> list[str]:
    present, value = _present(position), _trimmed(position)
    hits = [f"count({form.value.format(v=value)}) filter ({present})" for form in forms]
    return [f"count(c{position}) filter ({present})", *hits]


def _likely(sample: _Counts) -> list[Form]:
    """The forms worth counting on the whole column: the best of the sample, and its twin."""
    best = _best(sample)
    if best is None or sample.hits[best.word] < _MOSTLY * sample.values:
        return []
    twin = BY_WORD.get(best.twin)
    return [best, twin] if twin else [best]


def _is_text(count: _Counts, sample: _Counts) -> bool:
    """Words in the sample that no form explains: the column is text."""
    return bool(sample.values) and not count.hits


def _best(count: _Counts) -> Form | None:
    # max keeps the first of equals: the plainer form stands first.
    tried = [form for form in FORMS if form.word in count.hits]
    best = max(tried, key=lambda form: count.hits[form.word], default=None)
    return best if best is not None and count.hits[best.word] else None


def _plan(connection: "duckdb.DuckDBPyConnection", table: RawTable, position: int, count: _Counts) -> Plan:
    best = _best(count)
    if best is None or (position in table.words and best.family != "time"):
        return Plan(position)
    strays = count.values - count.hits[best.word]
    if not strays:
        return Plan(position, best)
    if count.hits[best.word] < _REPORTED * count.values or best.family == "boolean":
        return Plan(position)
    examples, codes = _strays(connection, table.relation, position, best)
    if best.family == "number" and codes:
        return Plan(position)
    kept = strays <= MOST_STRAYS * count.values
    note = _mixed(
        table.columns[position], best, strays=strays, values=count.values, examples=examples, kept=kept
    )
    return Plan(position, best if kept else None, [note])


def _strays(
    connection: "duckdb.DuckDBPyConnection", relation: str, position: int, form: Form
) -> tuple[list[str], int]:
    value = _trimmed(position)
    columns = [f"{value} as v", f"count(*) filter ({CODE.format(v=value)}) as codes"]
    where = f"{_present(position)} and ({form.value.format(v=value)}) is null"
    grouped = "(" + select(columns, relation, where=where, group="1", order="count(*) desc, 1") + ")"
    answer = connection.execute(select([f"list(v)[1:{_SHOWN_STRAYS}]", "sum(codes)"], grouped)).fetchone()
    examples, codes = answer or ([], 0)
    return [str(text)[:40] for text in examples or []], int(codes or 0)


def _mixed(column: str, form: Form, *, strays: int, values: int, examples: list[str], kept: bool) -> Note:
    kind = {"number": "numbers", "boolean": "true or false", "time": "dates"}[form.family]
    shown = ", ".join(f'"{text}"' for text in examples)
    fate = "They count as missing." if kept else "The column is kept as text, so it cannot be added up."
    text = (
        f"{strays:,} of {values:,} values of {column} are not {kind} (such as {shown}). {fate} "
        "Correct them at the source."
    )
    severity = insights_pb2.SEVERITY_WARNING
    return Note(insights_pb2.QUALITY_CODE_MIXED_TYPES, text, (column,), strays, severity)


def _settle_day_order(table: RawTable, plans: list[Plan], counts: dict[int, _Counts]) -> None:
    """Dates that fit day first and month first alike follow the columns that fit one only, else the file."""
    open_, decided = [], set()
    for plan in plans:
        form = plan.form
        if form is None or not form.twin:
            continue
        hits = counts[plan.position].hits
        if hits.get(form.twin, -1) == hits[form.word]:
            open_.append(plan)
        else:
            decided.add(_is_day_first(form))
    for plan in open_:
        day_first = decided == {True} or (not decided and table.day_first)
        _set_order(plan, table.columns[plan.position], day_first, certain=len(decided) == 1)


def _is_day_first(form: Form) -> bool:
    return form.word.startswith("%d")


def _set_order(plan: Plan, column: str, day_first: bool, *, certain: bool) -> None:
    if plan.form is not None and _is_day_first(plan.form) != day_first:
        plan.form = BY_WORD[plan.form.twin]
    if certain:
        return
    order = "day before month" if day_first else "month before day"
    text = (
        f"The dates of {column} can be read in two ways; they were read with the {order}. "
        "Write them as 2026-01-31 to be sure."
    )
    plan.notes.append(Note(insights_pb2.QUALITY_CODE_MIXED_TYPES, text, (column,)))
