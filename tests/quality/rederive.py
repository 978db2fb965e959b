"""Numbers of random reports, asked again of pandas instead of DuckDB.

Run: python -m tests.quality.rederive [--reports N] [--seed N]

The query of each evidence value is parsed (sqlglot) and evaluated by a small evaluator over data frames: aggregates
of expressions over filtered rows, and arithmetic of such cells. Queries beyond it (windows, grouped subqueries,
joins) are counted as not expressed, never as equal.
"""

import argparse
import math
import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from claribi.v1 import insights_pb2, reports_pb2
from sqlglot import exp, parse_one

from tests.unit.analysis.snapshots import report_on, source_of
from tests.unit.profile.made import write
from tests.unit.profile.test_quality_planted import PLANTED

TOLERANCE = 1e-9
_PIECES = re.compile(r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'|\?|[^"\'?]+')
_AGGREGATES = {
    exp.Sum: lambda v: float(v.sum()) if v.notna().any() else None,
    exp.Avg: lambda v: float(v.mean()),
    exp.Min: lambda v: float(v.min()),
    exp.Max: lambda v: float(v.max()),
    exp.Median: lambda v: float(v.median()),
    exp.StddevSamp: lambda v: float(v.std(ddof=1)),
}


class NotExpressed(Exception):
    """The query is beyond this evaluator."""


def bound(evidence: insights_pb2.Evidence) -> str:
    """The query with its parameters in their places; names may hold question marks."""
    values = iter(evidence.parameters)
    pieces = []
    for piece in _PIECES.findall(evidence.query):
        if piece != "?":
            pieces.append(piece)
            continue
        value = next(values)
        if value.HasField("string_value"):
            pieces.append("'" + value.string_value.replace("'", "''") + "'")
        else:
            pieces.append(repr(value.number_value))
    return "".join(pieces)


def cell(select: Any, tables: dict[str, pd.DataFrame]) -> float | None:
    """The one cell of a SELECT. Raises NotExpressed."""
    if not isinstance(select, exp.Select) or any(
        select.args.get(k) for k in ("group", "with_", "with", "order", "limit")
    ):
        raise NotExpressed(type(select).__name__)
    source = select.args.get("from_") or select.args.get("from")
    sources = [source.this] + [join.this for join in select.args.get("joins") or ()]
    if all(isinstance(item, exp.Subquery) for item in sources):
        if select.args.get("where"):
            raise NotExpressed("where over cells")
        cells = {item.alias: cell_of_pair(item, tables) for item in sources}
        return arithmetic(select.expressions[0], cells)
    if len(sources) != 1 or not isinstance(sources[0], exp.Table) or sources[0].name not in tables:
        raise NotExpressed("source")
    frame = tables[sources[0].name]
    where = select.args.get("where")
    if where:
        frame = frame[truth(where.this, frame)]
    return aggregate(select.expressions[0], frame)


def cell_of_pair(item: Any, tables: dict[str, pd.DataFrame]) -> float | None:
    """The value of `(select (...) as v) as a`."""
    inner = item.this.expressions[0]
    inner = inner.this if isinstance(inner, exp.Alias) else inner
    if not isinstance(inner, exp.Subquery) or item.this.args.get("from_") or item.this.args.get("from"):
        raise NotExpressed("cells")
    return cell(inner.this, tables)


def arithmetic(node: Any, cells: dict[str, float | None]) -> float | None:
    """Arithmetic of cells; None stands for NULL."""
    if isinstance(node, exp.Paren):
        return arithmetic(node.this, cells)
    if isinstance(node, exp.Column):
        return cells[node.table]
    if isinstance(node, exp.Literal):
        return float(node.this)
    if isinstance(node, exp.Neg | exp.Abs):
        value = arithmetic(node.this, cells)
        return None if value is None else (abs(value) if isinstance(node, exp.Abs) else -value)
    if isinstance(node, exp.Nullif):
        value, other = arithmetic(node.this, cells), arithmetic(node.expression, cells)
        return None if value == other else value
    if isinstance(node, exp.Add | exp.Sub | exp.Mul | exp.Div):
        left, right = arithmetic(node.this, cells), arithmetic(node.expression, cells)
        return None if left is None or right is None else float(combined(node, left, right))
    raise NotExpressed(type(node).__name__)


def combined(node: Any, left: Any, right: Any) -> Any:
    """One step of arithmetic."""
    if isinstance(node, exp.Add):
        return left + right
    if isinstance(node, exp.Sub):
        return left - right
    return left * right if isinstance(node, exp.Mul) else left / right


def aggregate(node: Any, frame: pd.DataFrame) -> float | None:
    """An aggregate over the rows of a frame."""
    if isinstance(node, exp.Add | exp.Sub | exp.Mul | exp.Div):
        left, right = aggregate(node.this, frame), aggregate(node.expression, frame)
        return None if left is None or right is None else float(combined(node, left, right))
    if isinstance(node, exp.Nullif):
        value, other = aggregate(node.this, frame), aggregate(node.expression, frame)
        return None if value == other else value
    if isinstance(node, exp.Paren):
        return aggregate(node.this, frame)
    if isinstance(node, exp.Literal):
        return float(node.this)
    if isinstance(node, exp.Count) and isinstance(node.this, exp.Star):
        return float(len(frame))
    if isinstance(node, exp.Count) and not isinstance(node.this, exp.Distinct):
        return float(rows(node.this, frame).notna().sum())
    for kind, take in _AGGREGATES.items():
        if isinstance(node, kind):
            value = take(pd.to_numeric(rows(node.this, frame)))
            return None if value is None or math.isnan(value) else value
    raise NotExpressed(type(node).__name__)


def rows(node: Any, frame: pd.DataFrame) -> pd.Series:  # noqa: PLR0912 - one branch for each kind of expression
    """An expression for each row."""
    if isinstance(node, exp.Paren):
        return rows(node.this, frame)
    if isinstance(node, exp.Column):
        return frame[node.name]
    if isinstance(node, exp.Literal):
        return pd.Series(node.this if node.is_string else float(node.this), index=frame.index)
    if isinstance(node, exp.Cast):
        return cast(node, frame)
    if isinstance(node, exp.And | exp.Or):
        left, right = truth(node.this, frame), truth(node.expression, frame)
        return left & right if isinstance(node, exp.And) else left | right
    if isinstance(node, exp.In) and not node.args.get("query"):
        return rows(node.this, frame).isin([item.this for item in node.expressions])
    if isinstance(node, exp.Case) and node.this is None:
        return cases(node, frame)
    if isinstance(node, exp.Not) and isinstance(node.this, exp.Is):
        return rows(node.this.this, frame).notna()
    if isinstance(node, exp.Not):
        return ~truth(node.this, frame)
    if isinstance(node, exp.Nullif):
        left = rows(node.this, frame)
        return left.where(left != rows(node.expression, frame))
    if isinstance(node, exp.Null):
        return pd.Series(np.nan, index=frame.index)
    if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
        return rows(node.this, frame).isna()
    if isinstance(node, exp.Add | exp.Sub | exp.Mul | exp.Div):
        return combined(
            node, rows(node.this, frame).astype(float), rows(node.expression, frame).astype(float)
        )
    return compared(node, frame)


def truth(node: Any, frame: pd.DataFrame) -> pd.Series:
    """A condition for each row, false where it is unknown."""
    return rows(node, frame).fillna(False).astype(bool)


def cast(node: Any, frame: pd.DataFrame) -> pd.Series:
    """Moments and numbers of another type."""
    inner, name = rows(node.this, frame), node.to.this.name
    if "TIMESTAMP" in name or "DATETIME" in name:
        return pd.to_datetime(inner)
    if name == "DOUBLE":
        return inner.astype(float)
    raise NotExpressed(f"cast to {name}")


def cases(node: Any, frame: pd.DataFrame) -> pd.Series:
    """The first case that holds, for each row."""
    default = node.args.get("default")
    found = rows(default, frame) if default is not None else pd.Series(np.nan, index=frame.index)
    for case in reversed(node.args["ifs"]):
        value = rows(case.args["true"], frame)
        found = found.where(~truth(case.this, frame), value)
    return found


def compared(node: Any, frame: pd.DataFrame) -> pd.Series:
    """A comparison for each row; unknown where a side is."""
    signs = {exp.EQ: "eq", exp.NEQ: "ne", exp.LT: "lt", exp.LTE: "le", exp.GT: "gt", exp.GTE: "ge"}
    sign = signs.get(type(node))
    if sign is None:
        raise NotExpressed(type(node).__name__)
    left, right = rows(node.this, frame), rows(node.expression, frame)
    return getattr(left, sign)(right) & left.notna() & right.notna()


def compare(report: reports_pb2.Report, tables: dict[str, pd.DataFrame], told: Counter[str]) -> list[str]:
    """The evidence that pandas gives another value for; counts go into `told`."""
    wrong = []
    for evidence in report.evidence:
        told["evidence"] += 1
        try:
            value = cell(parse_one(bound(evidence), read="duckdb"), tables)
        except NotExpressed as beyond:
            told[f"not expressed: {beyond}"] += 1
            continue
        told["re-derived"] += 1
        if value is None or not math.isclose(value, evidence.value, rel_tol=TOLERANCE, abs_tol=1e-9):
            wrong.append(f"{evidence.label}: {evidence.value!r}, pandas {value!r}: {evidence.query}")
    return wrong


def examine(reports: int, seed: int) -> tuple[Counter[str], list[str]]:
    """So many reports on tables of all kinds."""
    told: Counter[str] = Counter()
    wrong: list[str] = []
    kinds = list(PLANTED)
    for turn in range(reports):
        made, _ = PLANTED[kinds[(seed + 5 * turn) % len(kinds)]](np.random.default_rng((seed, turn)))
        with tempfile.TemporaryDirectory() as folder:
            stored = write(Path(folder), made)
            report = report_on(
                [source_of(Path(folder), stored)], report_type=reports_pb2.REPORT_TYPE_COMPREHENSIVE
            )
        tables = {
            name: pd.DataFrame({key: pd.Series(values) for key, values in cells.items()})
            for name, cells in made.items()
        }
        wrong += compare(report, tables, told)
    return told, wrong


def main() -> None:
    """Prints how many numbers were re-derived, and each that differs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--reports", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    told, wrong = examine(chosen.reports, chosen.seed)
    for what, count in told.most_common():
        print(f"{count:6,} {what}")
    print(f"{len(wrong):6,} differ")
    for line in wrong[:20]:
        print("  ", line)


if __name__ == "__main__":
    main()
