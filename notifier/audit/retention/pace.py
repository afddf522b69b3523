"""Pace: how much is done at once, and how long after that nothing is."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Final

from notifier.db import Database, Transaction

_LEAST: Final = 50
_MOST: Final = 2000
_FIRST: Final = 100
_MOST_FASTER: Final = 1.25
_MOST_SLOWER: Final = 0.5


class Pace:
    """Makes batches as large as take *target_s*, and rests *rests* times as long.

    Others have the database meanwhile: a push waits for one batch at most. A rest ends
    when *stopping* is set.
    """

    def __init__(self, target_s: float, rests: float, stopping: Event) -> None:
        self.size = _FIRST
        self._target_s = target_s
        self._rests = rests
        self._stopping = stopping

    @contextmanager
    def transaction(self, database: Database) -> Iterator[Transaction]:
        """Make one change, of up to `size` rows, and rest."""
        with database.transaction() as transaction:
            # To have waited for one's turn says nothing about the batch.
            began = time.monotonic()
            yield transaction
        took_s = time.monotonic() - began
        factor = self._target_s / max(took_s, 1e-6)
        factor = min(max(factor, _MOST_SLOWER), _MOST_FASTER)
        self.size = min(max(int(self.size * factor), _LEAST), _MOST)
        self.rest(took_s)

    def rest(self, after_s: float) -> None:
        """Do nothing for a while, after so many seconds of work."""
        self._stopping.wait(after_s * self._rests)
