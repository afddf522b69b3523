"""How many denials are put on the record."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

# Of one address, in each process: so many at once, and then one every so often.
BURST: Final = 20
EVERY_S: Final = 10.0

_MAX_ADDRESSES = 4096


class Quota:
    """How many denials of each address are still to be recorded.

    Whoever knocks all the time would else fill the log. Threads may share it.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        # By address: what is left, since when, and how many were passed over.
        self._left: OrderedDict[str, tuple[float, float, int]] = OrderedDict()

    def take(self, address: str) -> int | None:
        """Return how many were passed over before this one, or None to pass it over."""
        now = self._monotonic()
        with self._lock:
            left, since, passed = self._left.pop(address, (float(BURST), now, 0))
            left = min(left + (now - since) / EVERY_S, float(BURST))
            is_recorded = left >= 1
            self._left[address] = (
                (left - 1, now, 0) if is_recorded else (left, now, passed + 1)
            )
            if len(self._left) > _MAX_ADDRESSES:
                self._left.popitem(last=False)
        return passed if is_recorded else None
