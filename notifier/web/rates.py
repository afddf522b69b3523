"""Rates: how often somebody may do something."""

import math
import threading
import time
from collections.abc import Callable, Hashable
from typing import Final

from notifier.access.recent import Recent

# What may be done in so many seconds may be done at once.
BURST_S: Final = 10.0

_MAX_KEYS = 10_000


class Rate:
    """So many a second for each key; 0 is any number. Threads may share it.

    It is counted in each process by itself: of several web processes each lets as many
    through.
    """

    def __init__(
        self, per_s: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._price_s = 1 / per_s if per_s else 0.0
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._used_until: Recent[Hashable, float] = Recent(_MAX_KEYS)

    def take(self, key: Hashable) -> int:
        """Return 0 if it may be done now, else the whole seconds to wait."""
        if not self._price_s:
            return 0
        now = self._monotonic()
        with self._lock:
            used_until = max(self._used_until.get(key) or now, now) + self._price_s
            wait_s = used_until - now - max(BURST_S, self._price_s)
            if wait_s > 0:
                return math.ceil(wait_s)
            self._used_until.put(key, used_until)
        return 0
