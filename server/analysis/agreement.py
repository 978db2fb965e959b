"""When two numbers are the same."""

import math

TOLERANCE = 1e-9  # relative; sums of doubles differ by the order of addition
EXACT_BELOW = 2.0**53  # whole numbers up to here are exact in a double and must be the same


def agree(reported: float, now: float) -> bool:
    """Whether two numbers are the same: whole ones exactly, others within the tolerance."""
    whole = reported.is_integer() and now.is_integer() and max(abs(reported), abs(now)) < EXACT_BELOW
    return reported == now if whole else math.isclose(reported, now, rel_tol=TOLERANCE, abs_tol=1e-12)
