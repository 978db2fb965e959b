"""Colours: dark enough to be read on white, apart from one another for every kind of colour vision."""

INK = "#17212B"
MUTED = "#55626E"
GRID = "#E2E7EB"
BASELINE = "#97A3AE"
QUIET = "#A9B4BE"
PAPER = "#FFFFFF"

# Blue first: it is the accent of the documents too. Neighbours differ in lightness as well as in hue.
SERIES = ("#0B5FA5", "#C8590A", "#0A7F6B", "#A33A78", "#5B4BB0", "#7A5C12", "#4A5763", "#2C89C9")
# What was added and what was taken away: apart in lightness too, and no judgement of good and bad.
RISE, FALL = SERIES[2], SERIES[1]
DASHES: tuple[list[int], ...] = ([], [], [], [6, 3], [2, 3], [8, 3, 2, 3], [4, 2], [1, 2])


def colours(emphasis: list[bool]) -> list[str]:
    """A colour for each series: with some emphasised the others turn quiet, with none all have their own."""
    if not any(emphasis) or all(emphasis):
        return [SERIES[index % len(SERIES)] for index in range(len(emphasis))]
    accents = iter(SERIES * (1 + len(emphasis) // len(SERIES)))
    return [next(accents) if strong else QUIET for strong in emphasis]
