"""The pace: how many POSTs a second an endpoint takes."""

# What a busy moment has held up may be made up for, within this time.
_TOLERANCE_S = 0.1


class Pace:
    """Spaces POSTs evenly. Times are those of a clock that only goes forward."""

    def __init__(self) -> None:
        self._next_at = 0.0

    def wait_s(self, rate: float | None, now: float) -> float:
        """Return how long the next POST has to wait, 0 if it need not."""
        if rate is None:
            return 0.0
        # A rate that was raised counts at once.
        self._next_at = min(self._next_at, now + 1 / rate)
        return max(self._next_at - now, 0.0)

    def count(self, rate: float | None, now: float) -> None:
        """Take note of a POST that begins."""
        if rate is not None:
            self._next_at = max(self._next_at, now - _TOLERANCE_S) + 1 / rate
