"""Words that texts hold: a flag for each that tells rows apart."""

import re
from collections import Counter
from collections.abc import Callable, Iterator

from claribi.v1 import data_sources_pb2 as data_sources

from server.analysis import formats
from server.analysis.columns import Dimension, Measure, share_value
from server.analysis.roles import word_set
from server.analysis.scope import Condition, Scope
from server.query.sql import literal, quote

BUDGET = 16  # words of a column
TALL, TALL_BUDGET = 50_000, 8  # rows from which each word costs seconds, and the words looked at then
COLUMNS = 2
SAMPLE = 4000  # texts read to choose the words
FEWEST, MOST = 0.02, 0.7  # share of the texts a word must stand in, and may stand in
TOGETHER = 0.8  # of two words that stand together this often, one is enough
LEAST_LETTERS = 3
MANY_MEMBERS = 50  # a category with more values than this, made of several words, is read as text
_WORD = re.compile(r"[^\W\d_]{2,}")
_EMPTY = word_set(
    "the and for with not from this that has have had was were are is be to of in on at by an or as it its can cannot "
    "will would when after before into over than then there their they them his her our your you all any but does did "
    "due via per very more most some been being about need needs please issue problem request"
)


def keywords(scope: Scope, table: data_sources.DataTable, asked: Callable[[str], bool]) -> list[Measure]:
    """Shares of rows whose text holds a word; words that `asked` names come first."""
    columns = [column for column in table.columns if _is_prose(column)][:COLUMNS]
    return [_measure(column.name, word) for column in columns for word in _words(scope, column.name, asked)]


def flag_dimension(flag: Measure) -> Dimension:
    """Rows with the word against rows without it."""
    value = f"case when ({flag.value}) > 50 then 'yes' when ({flag.value}) <= 50 then 'no' end"
    return Dimension(flag.uses[0], value, flag.label.removeprefix("share with "), 2, made=flag.made)


def _is_prose(column: data_sources.DataColumn) -> bool:
    if column.type != data_sources.COLUMN_TYPE_TEXT:
        return False
    many = column.role == data_sources.COLUMN_ROLE_DIMENSION and column.distinct > MANY_MEMBERS
    spaced = sum(" " in top.value for top in column.top) >= 0.8 * max(len(column.top), 1)
    return column.role == data_sources.COLUMN_ROLE_TEXT or (many and spaced and bool(column.top))


def _words(scope: Scope, column: str, asked: Callable[[str], bool]) -> Iterator[str]:
    """The words that stand in some texts and not in others, commonest first."""
    texts = [set(_WORD.findall(text)) - _EMPTY for text in _sample(scope, column)]
    places: dict[str, set[int]] = {}
    counts = Counter(word for text in texts for word in text)
    enough = [word for word, n in counts.items() if FEWEST * len(texts) <= n <= MOST * len(texts)]
    enough = [word for word in enough if len(word) >= LEAST_LETTERS or not word.isascii()]
    # Of words that stand together the longest says most.
    enough.sort(key=lambda word: (not asked(word), -counts[word], -len(word), word))
    for word in enough:
        own = {index for index, text in enumerate(texts) if word in text}
        if any(len(own & other) >= TOGETHER * max(len(own), len(other)) for other in places.values()):
            continue
        places[word] = own
        yield word
        if len(places) == (BUDGET if scope.rows < TALL else TALL_BUDGET):
            return


def _sample(scope: Scope, column: str) -> list[str]:
    name = quote(column)
    statement = scope.select([f"lower({name})"], [Condition(f"{name} is not null")], order=f"hash({name}), 1")
    return [str(row[0]) for row in scope.fetch(statement.limited(SAMPLE))]


def _measure(column: str, word: str) -> Measure:
    name = quote(column)
    value = share_value(f"contains(lower({name}), {literal(word)})", f"{name} is null")
    label = f"share with “{word}” in {formats.label(column)}"
    made = f"contains({column}, '{word}')"
    return Measure(None, value, "average", label, "%", is_share=True, made=made, uses=(column,))
