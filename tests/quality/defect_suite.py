"""The suite of defects: found with the right columns and the right number of rows; no alarm on clean tables.

An alarm is a finding of severity warning or critical, or one of any severity that is untrue: a partial period in
data that begin and end with a month, a constant column that varies. Hints of severity info that are true (a text
column with one value among the distractors, open cases of a service desk) are no alarm.
"""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from claribi.v1 import insights_pb2
from claribi.v1.insights_pb2 import QualityFinding

from tests.quality.defects import DEFECTS, HONEST, Defect, clean, whole_months
from tests.quality.null_suite import exact
from tests.quality.planted_suite import Engine
from tests.quality.tables import World


@dataclass
class Checked:
    """One table after its report."""

    name: str
    seed: tuple[int, ...]
    world: World
    found: bool = False
    counted: bool = False  # with the right number of rows
    said: list[str] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)
    wanted: str = ""


def code_of(finding: QualityFinding) -> str:
    """The code as the REST interface writes it."""
    return insights_pb2.QualityCode.Name(finding.code)[len("QUALITY_CODE_") :].lower()


def line_of(finding: QualityFinding) -> str:
    """A finding on one line."""
    severity = insights_pb2.Severity.Name(finding.severity)[len("SEVERITY_") :].lower()
    return f"{severity} {code_of(finding)} {list(finding.columns)} rows={finding.rows_affected}: {finding.description}"


def _alarm(finding: QualityFinding, world: World, allowed: set[str]) -> bool:
    code = code_of(finding)
    if code in allowed:
        return False
    if finding.severity != insights_pb2.SEVERITY_INFO:
        return True
    if code == "constant_column":
        return any(len(set(world.cells[c].tolist())) > 1 for c in finding.columns if c in world.cells)
    return code == "partial_period" and whole_months(world)


def check(engine: Engine, defect: Defect, name: str, seed: tuple[int, ...]) -> Checked:
    """The report on a table with a defect."""
    world = defect.world
    findings = list(engine(world).data_quality)
    same = [f for f in findings if code_of(f) == defect.code and _named(f, defect)]
    counted = [f for f in same if not defect.rows or f.rows_affected in defect.rows]
    allowed = {defect.code, *defect.also, *HONEST.get(world.domain, set())}
    alarms = [line_of(f) for f in findings if _alarm(f, world, allowed)]
    wanted = f"{defect.code} {list(defect.columns)} rows in {defect.rows}"
    return Checked(
        name, seed, world, bool(same), bool(counted), [line_of(f) for f in findings], alarms, wanted
    )


def _named(finding: QualityFinding, defect: Defect) -> bool:
    if not defect.columns or not finding.columns:
        return True
    return bool({c.split(".")[-1] for c in defect.columns} & {c.split(".")[-1] for c in finding.columns})


def examine(engine: Engine, seed: int, tables: int, names: list[str]) -> list[Checked]:
    """So many tables of each defect, and five times as many clean ones."""
    found = []
    for name in names:
        if name != "clean":
            for turn in range(tables):
                place = (seed, list(DEFECTS).index(name), turn, 7)
                found.append(check(engine, DEFECTS[name](np.random.default_rng(place)), name, place))
    for turn in range(5 * tables if "clean" in names else 0):
        place = (seed, 99, turn, 7)
        world = clean(np.random.default_rng(place))
        findings = list(engine(world).data_quality)
        alarms = [line_of(f) for f in findings if _alarm(f, world, HONEST.get(world.domain, set()))]
        found.append(Checked("clean", place, world, said=[line_of(f) for f in findings], alarms=alarms))
    return found


def print_defects(checked: list[Checked], seed: int) -> None:
    """Found, counted right, and alarms, by defect."""
    print(f"defects of data, seed {seed}: found / with the right number of rows / false alarms")
    for name in dict.fromkeys(c.name for c in checked):
        mine = [c for c in checked if c.name == name]
        alarms = Counter(line.split()[1] for c in mine for line in c.alarms)
        if name == "clean":
            print(
                f"  clean tables with an alarm {exact(sum(bool(c.alarms) for c in mine), len(mine))}  {dict(alarms)}"
            )
            continue
        found, counted = sum(c.found for c in mine), sum(c.counted for c in mine)
        print(f"  {name:22} {found}/{len(mine)}  rows right {counted}/{len(mine)}  alarms {dict(alarms)}")
    planted = [c for c in checked if c.name != "clean"]
    if planted:
        print(f"  all defects with the right rows {exact(sum(c.counted for c in planted), len(planted))}")


def print_misses(checked: list[Checked]) -> None:
    """Each defect that was missed or counted wrongly, and what was said instead."""
    for c in checked:
        if c.name != "clean" and not c.counted:
            print(f"MISS {c.name} seed={c.seed} {c.world.domain} rows={c.world.rows}: wanted {c.wanted}")
            for line in c.said[:4]:
                print(f"     said: {line}")


def print_false(checked: list[Checked]) -> None:
    """Each false alarm."""
    for c in checked:
        for line in c.alarms:
            print(f"ALARM in {c.name} seed={c.seed} {c.world.domain} rows={c.world.rows}: {line}")
