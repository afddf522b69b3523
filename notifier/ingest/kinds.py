"""The kinds of what was deleted, where the log knows better than who tells it.

Distribution tells a delete by digest alone: it may have been a manifest or a blob. What
the log has of that digest says which.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from msgspec.structs import replace

from notifier.db import Database, Prepared
from notifier.events.event import Event, Kind
from notifier.events.record import Recorder
from notifier.events.tables import KINDS, EventRow
from notifier.ingest.dialects.dialect import Incoming
from notifier.registry.digest import Digest

_KINDS = {number: kind for kind, number in KINDS.items()}


class KindFinder:
    """Finds in the log what was deleted."""

    def __init__(self, database: Database, recorder: Recorder) -> None:
        self._database = database
        self._digests = recorder.digests

    def complete(self, events: Sequence[Incoming]) -> Sequence[Incoming]:
        """Return *events*, those of unknown kinds with what the log knows of them.

        Raises `DatabaseUnavailable`.
        """
        if all(_is_complete(event) for event, _ in events):
            return events
        with self._database.read() as connection:
            return [
                Incoming(self._completed(connection, event), earlier)
                for event, earlier in events
            ]

    def _completed(self, connection: sa.Connection, event: Event) -> Event:
        target = event.target
        if target.kind is not None or target.descriptor is None:
            return event
        kind = self._find_kind(connection, target.descriptor.digest)
        return replace(event, target=replace(target, kind=kind))

    def _find_kind(self, connection: sa.Connection, digest: Digest) -> Kind | None:
        """Return the kind of the newest event of that digest that has any."""
        number = self._digests.find(connection, digest)
        if number is None:
            return None
        row = _NEWEST.first(connection, number=number)
        return None if row is None else _KINDS[row[0]]


def _is_complete(event: Event) -> bool:
    return event.target.kind is not None or event.target.descriptor is None


def _place(id_: int) -> Any:
    # By both columns of the index, so that no other order is thought of.
    return sa.tuple_(
        sa.bindparam("number", type_=EventRow.digest_id.type),
        sa.literal(UUID(int=id_), EventRow.id.type),
    )


_KEY = sa.tuple_(EventRow.digest_id, EventRow.id)
_NEWEST = Prepared(
    sa.select(EventRow.kind)
    .where(_KEY.between(_place(0), _place(2**128 - 1)), EventRow.kind.is_not(None))
    .order_by(EventRow.digest_id.desc(), EventRow.id.desc())
    .limit(1)
)
