"""Bodies: events as they are sent, rendered once for all endpoints of a process."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from notifier.events.envelope import render_envelope
from notifier.events.record import Recorder
from notifier.events.tables import EventRow

_KEPT = 1024


class Body(NamedTuple):
    """The envelope of one event, and when that was recorded."""

    recorded_at: datetime
    content: bytes


class Bodies:
    """Renders events and remembers the latest. Threads may share it."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._kept: dict[UUID, Body] = {}

    def of(
        self, connection: sa.Connection, ids: Collection[UUID]
    ) -> Mapping[UUID, Body]:
        """Return the bodies of events by their ids."""
        # What is kept is replaced and never cut, so threads need no lock: at worst two
        # of them render the same event.
        kept = self._kept if len(self._kept) < _KEPT else {}
        bodies = {id_: kept[id_] for id_ in ids if id_ in kept}
        if missing := [id_ for id_ in ids if id_ not in bodies]:
            rendered = self._rendered(connection, missing)
            bodies |= rendered
            kept |= rendered
            self._kept = kept
        return bodies

    def _rendered(self, connection: sa.Connection, ids: list[UUID]) -> dict[UUID, Body]:
        rows = connection.execute(_EVENTS, {"ids": ids}).all()
        events = self._recorder.events(connection, rows)
        return {
            event.id: Body(row.recorded_at, render_envelope([event]))
            for row, event in zip(rows, events, strict=True)
        }


_EVENTS = sa.select(EventRow.__table__).where(
    EventRow.id.in_(sa.bindparam("ids", expanding=True))
)
