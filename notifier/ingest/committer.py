"""The committer: what several requests bring is one transaction.

A commit for each request would be most of what that costs.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Final
from uuid import UUID

from notifier.db import Database, DatabaseUnavailable, Transaction
from notifier.events.announce import Announcer
from notifier.events.announced import ReadLater
from notifier.events.event import Event
from notifier.ingest import rejects
from notifier.ingest.parcel import Parcel
from notifier.ingest.recorded import list_recorded

# More would keep others from the database for long.
MAX_TOGETHER: Final = 2000


class Committer:
    """Commits what requests have brought."""

    def __init__(self, database: Database, announcer: Announcer) -> None:
        self._database = database
        self._announcer = announcer

    def commit(self, parcels: Sequence[Parcel]) -> int:
        """Record what is new; return how many events that were.

        They are committed by then, and so is what was kept aside. Raises
        `DatabaseUnavailable`, or whatever keeps a parcel from being committed; other
        parcels may be.
        """
        [result] = self.commit_together([parcels])
        if isinstance(result, Exception):
            raise result
        return result

    def commit_together(
        self, requests: Sequence[Sequence[Parcel]]
    ) -> Sequence[int | Exception]:
        """Do so for several requests; return what each is told, or raised."""
        parcels = list(chain.from_iterable(requests))
        results = chain.from_iterable(map(self._commit, _transactions(parcels)))
        return [_sum(list(islice(results, len(request)))) for request in requests]

    def _commit(self, parcels: Sequence[Parcel]) -> Sequence[int | Exception]:
        try:
            with self._database.transaction() as transaction:
                return self._put(transaction, parcels)
        except DatabaseUnavailable as error:
            return [error] * len(parcels)
        except Exception as error:  # noqa: BLE001 - each request is told of its own fault
            if len(parcels) == 1:
                return [error]
            return [*chain.from_iterable(self._commit([each]) for each in parcels)]

    def _put(
        self, transaction: Transaction, parcels: Sequence[Parcel]
    ) -> Sequence[int]:
        """Add the rows of *parcels*, and announce what is new."""
        known = _list_known(transaction, parcels)
        fresh: dict[bytes, tuple[int, int]] = {}
        for number, parcel in enumerate(parcels):
            for place, draft in enumerate(parcel.drafts):
                earlier = parcel.earlier[place]
                if draft.id in fresh or not known.isdisjoint(earlier):
                    continue
                fresh[draft.id] = number, place
                if earlier:
                    # The same may stand behind it, a step later.
                    known.add(UUID(bytes=draft.id))
        _put_aside(transaction, parcels)
        # In the order of their keys: so no two processes wait for each other's.
        put = [fresh[key] for key in sorted(fresh)]

        def read(at: int) -> Event:
            number, place = put[at]
            return parcels[number].events[place]

        are_new = self._announcer.announce_new(
            transaction,
            ReadLater(len(put), read),
            [parcels[number].drafts[place] for number, place in put],
        )
        recorded = [0] * len(parcels)
        for (number, _), is_new in zip(put, are_new, strict=True):
            recorded[number] += is_new
        return recorded


def _put_aside(transaction: Transaction, parcels: Sequence[Parcel]) -> None:
    """Keep refusals aside, in the order of their sources."""
    refusals: dict[UUID, list[rejects.Refusal]] = {}
    for parcel in parcels:
        if parcel.refusals:
            refusals.setdefault(parcel.source_id, []).extend(parcel.refusals)
    for source_id in sorted(refusals):
        rejects.put(transaction, source_id, refusals[source_id])


def _sum(results: Sequence[int | Exception]) -> int | Exception:
    recorded = 0
    for result in results:
        if isinstance(result, Exception):
            return result
        recorded += result
    return recorded


def _transactions(parcels: Sequence[Parcel]) -> Iterator[Sequence[Parcel]]:
    """Yield what is committed at once."""
    together: list[Parcel] = []
    events = 0
    for parcel in parcels:
        events += len(parcel.drafts)
        if together and events > MAX_TOGETHER:
            yield together
            together, events = [], len(parcel.drafts)
        together.append(parcel)
    if together:
        yield together


def _list_known(transaction: Transaction, parcels: Sequence[Parcel]) -> set[UUID]:
    """Return the keys by which events are in the log that have no time of their own."""
    keys = [key for parcel in parcels for keys in parcel.earlier for key in keys]
    return list_recorded(transaction.connection, keys) if keys else set()
