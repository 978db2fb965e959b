"""The words of the data themselves, which charts print beside the text."""

from collections.abc import Sequence

from server.analysis import formats
from server.analysis.facts import SLICE_MEMBERS, Facts
from server.analysis.hypothesis import member_name

HOURS = tuple(f"{hour:02d}:00" for hour in range(24))  # phases of a day, as charts name them


def vocabulary(tables: Sequence[Facts]) -> set[str]:
    """Names of measures, dimensions and the members charts may show, as axes and legends print them."""
    names: set[str] = set()
    for facts in tables:
        for measure in facts.measures:
            names.update((measure.label, measure.name, measure.average_name))
        for breakdown in (*facts.breakdowns, *facts.cuts):
            names.add(breakdown.dimension.label)
            names.update(member_name(member) for member in breakdown.members[:SLICE_MEMBERS])
        if facts.timeline is not None:
            names.update(HOURS)
    return names | {formats.sentence_case(name) for name in names}
