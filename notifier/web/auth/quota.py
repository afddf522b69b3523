"""How many denials are put on the record."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

# Of one address, in each process: so many at once, and then one every so often.
BURST: Final = 20
EVERY_S: Final = 10.0
# Of all addresses together, for somebody may have many.
BURST_OF_ALL: Final = 1000
EVERY_S_OF_ALL: Final = 1.0

_MAX_ADDRESSES = 4096


class Quota:
    """How many denials are still to be recorded, of each address and of all.

    Whoever knocks all the time would else fill the log. Threads may share it.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._all = _Bucket(BURST_OF_ALL, EVERY_S_OF_ALL, monotonic())
        # By address, and how many of it were passed over.
        self._each: OrderedDict[str, tuple[_Bucket, int]] = OrderedDict()

    def take(self, address: str) -> int | None:
        """Return how many were passed over before this one, or None to pass it over."""
        now = self._monotonic()
        with self._lock:
            new = _Bucket(BURST, EVERY_S, now), 0
            own, passed = self._each.pop(address, new)
            is_recorded = own.has_one(now) and self._all.has_one(now)
            if is_recorded:
                own.take()
                self._all.take()
            self._each[address] = own, 0 if is_recorded else passed + 1
            if len(self._each) > _MAX_ADDRESSES:
                self._each.popitem(last=False)
        return passed if is_recorded else None


class _Bucket:
    """What is left of a quota, which fills again."""

    def __init__(self, burst: int, every_s: float, now: float) -> None:
        self._burst = burst
        self._every_s = every_s
        self._left = float(burst)
        self._since = now

    def has_one(self, now: float) -> bool:
        refilled = self._left + (now - self._since) / self._every_s
        self._left, self._since = min(refilled, float(self._burst)), now
        return self._left >= 1

    def take(self) -> None:
        self._left -= 1
