"""The throttle: whoever tries wrong passwords has to wait.

Each attempt takes some time of the account's future, and of the address's; what is left
of a minute may be used at once, and who was right gets it back. It is counted in each
process by itself: of several web processes each lets as many through.
"""

import math
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final

from notifier.access.networks import network_of
from notifier.access.recent import Recent
from notifier.access.refusals import TooManyAttempts

# Wrong passwords a minute.
PER_ACCOUNT: Final = 10
PER_ADDRESS: Final = 30

_MINUTE_S = 60.0
_MAX_KEYS = 10_000

_Key = tuple[str, str]


class Throttle:
    """Counts attempts. Threads may share it.

    An account that somebody attacks stays open to the addresses from which its owner
    has logged in lately: there, the limit of the address alone counts.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._used_until: Recent[_Key, float] = Recent(_MAX_KEYS)
        self._good: Recent[_Key, bool] = Recent(_MAX_KEYS)

    def begin(self, account: str, address: str) -> Mapping[_Key, float]:
        """Count an attempt, and return its prices.

        Raises `TooManyAttempts` if it may not be made now.
        """
        now, network = self._clock(), network_of(address)
        prices = {("address", network): _MINUTE_S / PER_ADDRESS}
        if self._good.get((account, network)) is None:
            prices["account", account] = _MINUTE_S / PER_ACCOUNT
        with self._lock:
            waits = [
                self._used(key, now) + price_s - (now + _MINUTE_S)
                for key, price_s in prices.items()
            ]
            if max(waits) > 0:
                raise TooManyAttempts(math.ceil(max(waits)))
            self._charge(prices, now)
        return prices

    def succeeded(
        self, account: str, address: str, prices: Mapping[_Key, float]
    ) -> None:
        """Give back what the attempt has cost: the password was right."""
        with self._lock:
            back = {key: -price_s for key, price_s in prices.items()}
            self._charge(back, self._clock())
        self._good.put((account, network_of(address)), value=True)

    def _used(self, key: _Key, now: float) -> float:
        return max(self._used_until.get(key) or now, now)

    def _charge(self, prices: Mapping[_Key, float], now: float) -> None:
        for key, price_s in prices.items():
            self._used_until.put(key, self._used(key, now) + price_s)
