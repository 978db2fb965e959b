"""The rule on categories that are spelt in several ways."""

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from claribi.v1 import data_sources_pb2 as sources
from claribi.v1 import insights_pb2
from claribi.v1.data_sources_pb2 import DataColumn, DataTable
from claribi.v1.insights_pb2 import QualityFinding

from server.analysis.profile import TOP_VALUES
from server.analysis.quality_finding import finding
from server.query.engine import Query
from server.query.sql import literal, quote, select

_MOST_CATEGORIES = 10_000
_MOST_COMPARED = 500
"""Categories up to which slips of the pen are looked for."""
_RARE_SPELLING = 0.2
"""How often, of the usual spelling, one that differs in accents or punctuation may stand to be taken for it."""
_RARE_SLIP = 0.05
"""How often, of the usual word, one that differs by a letter may stand to be taken for a slip."""
_LEAST_USUAL = 20
_SHORTEST_WORD = 5
"""Characters from which one letter more, less or other is a slip rather than another word."""
_BATCH = 40
_CUT = 200
"""The profile cuts values at so many characters."""


@dataclass
class _Merged:
    """Rare spellings and the usual one each stands for."""

    usual: dict[str, str]
    counts: Mapping[str, int]

    @property
    def rows(self) -> int:
        """Rows in the rare spellings."""
        return sum(self.counts[rare] for rare in self.usual)


def inconsistent_categories(query: Query, table: DataTable, now: datetime) -> list[QualityFinding]:
    """Categories that differ in case or blanks, or rarely in accents, punctuation or a letter; rarer rows count."""
    found = []
    for column, counts in _categories(query, table):
        merged = _merge(counts)
        if merged.usual:
            found.append(_finding(table, column, merged))
    return found


def _finding(table: DataTable, column: DataColumn, merged: _Merged) -> QualityFinding:
    rares = sorted(merged.usual, key=lambda rare: (-merged.counts[rare], rare))
    example = f'"{merged.usual[rares[0]]}" and "{rares[0]}"'
    words = len(set(merged.usual.values()))
    text = (
        f"{words:,} values of {column.name} are spelt in several ways (such as {example}), "
        f"{merged.rows:,} rows in the rarer ones. Write each in one way, or it counts as several groups."
    )
    condition = f"{quote(column.name)} in ({', '.join(literal(rare) for rare in sorted(rares))})"
    code = insights_pb2.QUALITY_CODE_INCONSISTENT_CATEGORY
    return finding(code, table, columns=[column.name], rows=merged.rows, text=text, condition=condition)


def _categories(query: Query, table: DataTable) -> Iterator[tuple[DataColumn, dict[str, int]]]:
    """Each category column with the rows of each value; the profile already has those of few values."""
    asked = []
    for column in table.columns:
        category = column.role == sources.COLUMN_ROLE_DIMENSION and column.type == sources.COLUMN_TYPE_TEXT
        if not category or not 2 <= column.distinct <= _MOST_CATEGORIES:
            continue
        if column.distinct <= TOP_VALUES and all(len(top.value) < _CUT for top in column.top):
            yield column, {top.value: top.count for top in column.top}
        else:
            asked.append(column)
    for start in range(0, len(asked), _BATCH):
        batch = asked[start : start + _BATCH]
        yield from zip(batch, _counted(query, table, batch), strict=True)


def _counted(query: Query, table: DataTable, batch: list[DataColumn]) -> list[dict[str, int]]:
    pieces = []
    for place, column in enumerate(batch):
        name = quote(column.name)
        columns = [f"{place} as place", f"{name} as v", "count(*) as n"]
        pieces.append(select(columns, quote(table.name), where=f"{name} is not null", group="2"))
    counts: list[dict[str, int]] = [{} for _ in batch]
    for place, value, count in query.rows(" union all ".join(pieces)):
        counts[place][str(value)] = int(count)
    return counts


def _merge(counts: Mapping[str, int]) -> _Merged:
    merged = _Merged({}, counts)
    _join(merged, _folded_case, 1.0)
    _join(merged, _folded_marks, _RARE_SPELLING)
    if len(counts) <= _MOST_COMPARED:
        _join_slips(merged)
    return merged


def _join(merged: _Merged, fold: Callable[[str], str], rarity: float) -> None:
    """Joins values that `fold` to the same: the most frequent is the usual one, the rest at most so frequent."""
    groups: dict[str, list[str]] = {}
    for value in sorted(merged.counts, key=lambda value: (-merged.counts[value], value)):
        if value not in merged.usual and (key := fold(value)):
            groups.setdefault(key, []).append(value)
    for first, *others in groups.values():
        for other in others:
            if merged.counts[other] <= rarity * merged.counts[first]:
                merged.usual[other] = first


def _folded_case(value: str) -> str:
    return " ".join(value.split()).lower()


def _folded_accents(value: str) -> str:
    decomposed = unicodedata.normalize("NFKD", _folded_case(value))
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _folded_marks(value: str) -> str:
    """Letters without their accents; without punctuation where no digits stand, since A-1 may differ from A1."""
    plain = _folded_accents(value)
    if any(character.isdigit() for character in plain):
        return plain
    return "".join(character for character in plain if character.isalpha()) or plain


def _join_slips(merged: _Merged) -> None:
    """Joins rare values that are one letter away from a frequent one."""
    usual = [v for v, n in merged.counts.items() if n >= _LEAST_USUAL and v not in merged.usual]
    usual.sort(key=lambda value: (-merged.counts[value], value))
    keys = {value: _folded_accents(value) for value in usual}
    for rare in sorted(merged.counts):
        if rare in merged.usual:
            continue
        key, count = _folded_accents(rare), merged.counts[rare]
        near = (v for v in usual if count <= _RARE_SLIP * merged.counts[v] and _is_slip(key, keys[v]))
        word = next(near, None)
        if word is not None:
            merged.usual[rare] = word


def _is_slip(rare: str, usual: str) -> bool:
    """One letter left out, added, changed or two swapped (Damerau 1964) in a long word, at no digit.

    A last letter that differs may be a name (group a, group b), so it is no slip.
    """
    shorter = min(len(rare), len(usual))
    if abs(len(rare) - len(usual)) > 1 or shorter < _SHORTEST_WORD or rare == usual:
        return False
    start = next((place for place in range(shorter) if rare[place] != usual[place]), shorter)
    end = 0
    while end < shorter - start and rare[-1 - end] == usual[-1 - end]:
        end += 1
    left, right = rare[start : len(rare) - end], usual[start : len(usual) - end]
    if not (left + right).isalpha() or len(_word_at(usual, start)) < _SHORTEST_WORD:
        return False
    if len(left) == len(right) == 2:
        return left == right[::-1]
    return len(left) + len(right) == 1 or (len(left) == len(right) == 1 and end > 0)


def _word_at(text: str, place: int) -> str:
    place = min(place, len(text) - 1)
    return text[text.rfind(" ", 0, place + 1) + 1 :].split(" ", 1)[0]
