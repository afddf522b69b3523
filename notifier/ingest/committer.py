"""The committer: what several requests bring is one transaction.

A commit for each request would be most of what that costs. So one thread of each
process commits, and takes with each transaction all that has come while it waited for
the one before. The requests wait until theirs is committed.
"""

import threading
from collections.abc import Sequence
from itertools import chain
from queue import SimpleQueue
from typing import Final
from uuid import UUID

from notifier.db import Database, DatabaseUnavailable, Transaction
from notifier.events.announce import Announcer
from notifier.ingest import rejects
from notifier.ingest.parcel import Parcel
from notifier.ingest.recorded import list_recorded

# More would keep others from the database for long.
MAX_TOGETHER: Final = 2000
_STOP_S: Final = 5.0


class Committer:
    """Commits the parcels of one process. Threads share it."""

    def __init__(self, database: Database, announcer: Announcer) -> None:
        self._database = database
        self._announcer = announcer
        self._parcels: SimpleQueue[Parcel | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def commit(self, parcel: Parcel) -> int:
        """Record what is new of *parcel*; return how many events that were.

        They are committed by then, and so is what was kept aside. Raises
        `DatabaseUnavailable`, or whatever else keeps this parcel from being committed.
        """
        if self._thread is None:
            self._start()
        dialect = self._database.engine.dialect
        events = [event for event, _ in parcel.events]
        parcel.rows = self._announcer.draft(dialect, events)
        self._parcels.put(parcel)
        return parcel.wait()

    def close(self) -> None:
        """Commit what has come, and stop. Nothing may come any more."""
        if self._thread is not None:
            self._parcels.put(None)
            self._thread.join(_STOP_S)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="committer", daemon=True
                )
                self._thread.start()

    def _run(self) -> None:
        while (first := self._parcels.get()) is not None:
            taken = [first]
            try:
                self._commit_together(taken)
            except DatabaseUnavailable as error:
                for parcel in taken:
                    parcel.settle(0, error)
            except Exception:  # noqa: BLE001 - each request is told of its own fault
                for parcel in taken:
                    self._commit_alone(parcel)
        self._database.leave()

    def _commit_together(self, taken: list[Parcel]) -> None:
        """Commit what is *taken*, and with it all that waits when that can begin."""
        with self._database.transaction() as transaction:
            self._take_more(taken)
            recorded = self._put(transaction, taken)
        for parcel, number in zip(taken, recorded, strict=True):
            parcel.settle(number)

    def _take_more(self, taken: list[Parcel]) -> None:
        events = len(taken[0].events)
        for _ in range(self._parcels.qsize()):
            if events >= MAX_TOGETHER:
                break
            parcel = self._parcels.get()
            if parcel is None:
                # It is for the loop to see, after this.
                self._parcels.put(None)
                break
            taken.append(parcel)
            events += len(parcel.events)

    def _commit_alone(self, parcel: Parcel) -> None:
        """Commit one parcel of several that cannot be committed together."""
        try:
            with self._database.transaction() as transaction:
                [recorded] = self._put(transaction, [parcel])
        except Exception as error:  # noqa: BLE001 - its request raises it
            parcel.settle(0, error)
        else:
            parcel.settle(recorded)

    def _put(self, transaction: Transaction, parcels: Sequence[Parcel]) -> list[int]:
        """Add the rows of *parcels*, and announce what is new.

        Return how many events of each parcel that are.
        """
        known = _list_known(transaction, parcels)
        fresh = {}
        for number, parcel in enumerate(parcels):
            for (event, earlier), row in zip(parcel.events, parcel.rows, strict=True):
                if event.id not in fresh and known.isdisjoint(earlier):
                    fresh[event.id] = number, event, row
                    known.add(event.id)
            if parcel.refusals:
                rejects.put(transaction, parcel.source_id, parcel.refusals)
        # In the order of their keys: so no two processes wait for each other's rows.
        put = sorted(fresh.values(), key=lambda one: one[1].id.int)
        new = self._announcer.announce_new(
            transaction, [event for _, event, _ in put], [row for *_, row in put]
        )
        recorded = [0] * len(parcels)
        for event in new:
            recorded[fresh[event.id][0]] += 1
        return recorded


def _list_known(transaction: Transaction, parcels: Sequence[Parcel]) -> set[UUID]:
    """Return the keys by which events are in the log that have no time of their own."""
    keys = list(
        chain.from_iterable(
            earlier for parcel in parcels for _, earlier in parcel.events
        )
    )
    return list_recorded(transaction.connection, keys) if keys else set()
