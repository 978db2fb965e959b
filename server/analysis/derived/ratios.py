"""Ratios of two sums that people watch: margins, rates, amounts a piece."""

from collections.abc import Callable, Iterator, Sequence

from claribi.v1 import data_sources_pb2 as data_sources

from server.analysis import formats
from server.analysis.columns import Measure
from server.analysis.roles import name_words, word_set
from server.analysis.scope import Scope

BUDGET = 2
# Words of the numerator, words of the denominator, what their ratio is called (with the numerator's label), percent?
_PAIRS = (
    (
        word_set("profit margin earnings gain"),
        word_set("revenue sales turnover income amount"),
        "margin",
        True,
    ),
    (
        word_set("cost costs expense expenses spend"),
        word_set("revenue sales turnover income"),
        "cost share",
        True,
    ),
    (word_set("discount discounts"), word_set("revenue sales turnover amount price"), "discount rate", True),
    (word_set("clicks"), word_set("impressions views"), "click rate", True),
    (
        word_set("orders purchases conversions signups"),
        word_set("visits sessions clicks visitors"),
        "conversion",
        True,
    ),
    (word_set("returns refunds returned"), word_set("orders sold units shipped"), "return rate", True),
    (
        word_set("errors failures defects rejects"),
        word_set("requests units produced output calls"),
        "error rate",
        True,
    ),
    (
        word_set("revenue sales turnover"),
        word_set("orders visits sessions customers hours quantity units"),
        "",
        False,
    ),
)


def ratios(
    scope: Scope,
    table: data_sources.DataTable,
    measures: Sequence[Measure],
    asked: Callable[[str], bool],
) -> list[Measure]:
    """Ratios of sums of two columns, asked ones first; their rows are linearised about the overall ratio.

    The variance of a ratio is that of its residuals (Cochran 1977, Sampling Techniques, section 2.11).
    """
    summed = [m for m in measures if m.aggregation == "sum" and m.column is not None]
    found = sorted(_chosen(summed), key=lambda item: not (asked(item[2]) or asked(item[0].column or "")))
    made = (
        _measure(scope, top, bottom, name, percent=percent) for top, bottom, name, percent in found[:BUDGET]
    )
    return [measure for measure in made if measure is not None]


def _chosen(summed: Sequence[Measure]) -> Iterator[tuple[Measure, Measure, str, bool]]:
    for tops, bottoms, name, percent in _PAIRS:
        over = [m for m in summed if tops & set(name_words(m.column or ""))]
        under = [m for m in summed if bottoms & set(name_words(m.column or "")) and m not in over]
        if over and under:
            yield over[0], under[0], name, percent


def _measure(scope: Scope, top: Measure, bottom: Measure, name: str, *, percent: bool) -> Measure | None:
    both = f"{top.value} is not null and {bottom.value} is not null"
    cells = [f"{f}({m.value}) filter ({both})" for f, m in (("sum", top), ("sum", bottom), ("count", bottom))]
    over, under, rows = (float(cell or 0.0) for cell in scope.look([*cells, f"min({bottom.value})"])[:3])
    if over <= 0.0 or under <= 0.0 or rows < 2:
        return None
    factor, mean = (100.0 if percent else 1.0), under / rows
    if percent and over > under:
        return None
    parts = tuple(
        f"(case when {both} then {scale:.17g} * cast({m.value} as double) end)"
        for m, scale in ((top, factor / mean), (bottom, 1.0 / mean))
    )
    ratio = factor * over / under
    value = f"({ratio:.17g} + {parts[0]} - {ratio:.17g} * {parts[1]})"
    label = _label(top, bottom, name)
    unit = "%" if percent else top.unit
    made = f"sum({top.column}) / sum({bottom.column})"
    uses = (top.column or "", bottom.column or "")
    return Measure(None, value, "ratio", label, unit, made=made, uses=uses, parts=(parts[0], parts[1]))


def _label(top: Measure, bottom: Measure, name: str) -> str:
    return name if name else f"{top.label} per {_singular(formats.label(bottom.column or ''))}"


def _singular(words: str) -> str:
    return words[:-1] if words.endswith("s") and not words.endswith("ss") else words
