"""Texts of strangers' making, which the log keeps for ever: only so many new ones.

Whoever may pull, or is refused, names a host and a program of their choice with each
request. There are dozens of these, and not millions.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import sqlalchemy as sa

from notifier.db import Interned

# New texts, in each process: so many at once, and then one every so often.
BURST: Final = 10_000
EVERY_S: Final = 10.0
# What is recorded in place of one more.
STAND_IN: Final = "(one of many)"

_NONE: Mapping[str, str] = {}


class Strangers:
    """Tells which texts are recorded as they are. Threads may share it."""

    def __init__(
        self, texts: Interned[str], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._texts = texts
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._left = float(BURST)
        self._since = monotonic()

    def stand_ins(
        self, connection: sa.Connection, texts: Iterable[str]
    ) -> Mapping[str, str]:
        """Return what is recorded in place of those of *texts* that are too many."""
        new = self._texts.unknown(connection, texts)
        if not new:
            return _NONE
        return {text: STAND_IN for text in sorted(new) if not self._admits()}

    def _admits(self) -> bool:
        with self._lock:
            now = self._monotonic()
            refilled = self._left + (now - self._since) / EVERY_S
            self._left, self._since = min(refilled, float(BURST)), now
            if self._left < 1:
                return False
            self._left -= 1
            return True
