"""A clock the test drives."""

from server.clock import SECOND

START = 1_775_000_000 * SECOND + 123_457


class DrivenClock:
    """Stands still until told otherwise; the wall clock can be set apart from the one that only goes forward."""

    def __init__(self, start: int = START) -> None:
        self.elapsed = 0
        self.wall_now = start

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.elapsed += round(seconds * SECOND)
        self.wall_now += round(seconds * SECOND)

    def monotonic(self) -> int:
        """Microseconds since some moment."""
        return 77 * SECOND + self.elapsed

    def __call__(self) -> int:
        """Microseconds since the epoch."""
        return self.wall_now
