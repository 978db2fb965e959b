"""The examination of the analysis engine: what it finds of what was planted, what it claims where nothing is.

Run: python -m tests.quality [--quick] [--seed N] [--tables N] [--only planted|null|defects] [--type change]
     [--baseline] [--misses] [--false] [--consequences] [--tall]
"""

import argparse
import time

from tests.quality import baseline, defect_suite, null_suite, planted_suite
from tests.quality.defects import DEFECTS
from tests.quality.planting import VARIANTS
from tests.quality.tables import Bench, report_of

SUITES = ("planted", "null", "defects")


def _chosen() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer tables")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--tables", type=int, default=0, help="tables of each kind and size (12, quick 2)")
    parser.add_argument("--only", choices=SUITES)
    parser.add_argument("--type", help="one insight type, or one kind of truth or of empty table")
    parser.add_argument("--baseline", action="store_true", help="examine the plain all-pairs engine instead")
    parser.add_argument("--misses", action="store_true", help="a line for each strong truth that was missed")
    parser.add_argument("--false", action="store_true", help="a line for each false claim")
    parser.add_argument("--consequences", action="store_true", help="a line for each claim beside the truth")
    parser.add_argument("--tall", action="store_true", help="also tables of 100,000 and 1,000,000 rows")
    return parser.parse_args()


def main() -> None:
    """Prints all figures."""
    chosen = _chosen()
    engine = Bench(baseline.report_of if chosen.baseline else report_of)
    started = time.process_time()
    kinds = [k for k, v in VARIANTS.items() if chosen.type in (None, k, v.type)]
    if chosen.only in (None, "planted") and kinds:
        tables = chosen.tables or (2 if chosen.quick else 12)
        outcomes = planted_suite.examine(engine, chosen.seed, tables, kinds=kinds, tall=chosen.tall)
        planted_suite.print_planted(outcomes, chosen.seed)
        if chosen.misses:
            planted_suite.print_misses(outcomes)
        if chosen.false:
            planted_suite.print_false(outcomes)
        if chosen.consequences:
            planted_suite.print_consequences(outcomes)
    names = [name for name in null_suite.MADE if chosen.type in (None, name)]
    if chosen.only in (None, "null") and names:
        silences = null_suite.examine(
            engine, chosen.seed, chosen.tables or (6 if chosen.quick else 60), names
        )
        null_suite.print_null(silences, chosen.seed)
        if chosen.false:
            null_suite.print_false(silences)
    names = [name for name in (*DEFECTS, "clean") if chosen.type in (None, name)]
    if chosen.only in (None, "defects") and names and not chosen.baseline:
        checked = defect_suite.examine(
            engine, chosen.seed, chosen.tables or (3 if chosen.quick else 20), names
        )
        defect_suite.print_defects(checked, chosen.seed)
        if chosen.misses:
            defect_suite.print_misses(checked)
        if chosen.false:
            defect_suite.print_false(checked)
    print(f"reports that could not be written: {len(engine.falls)}")
    for fall in engine.falls[:20]:
        print(f"  FALL {fall}")
    print(f"{time.process_time() - started:.0f} s of CPU")


if __name__ == "__main__":
    main()
