"""Bodies: events as they are sent, rendered once for all endpoints of a process."""

from collections.abc import Collection, Mapping
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from notifier.delivery.formats import Format, Message, RenderingFailed
from notifier.events.event import Event
from notifier.events.record import Recorder
from notifier.events.tables import EventRow

_KEPT_BYTES = 8 * 1024 * 1024
# About what a body takes beside its content, its event above all.
_FRAME_BYTES = 2000


class Body(NamedTuple):
    """What one event is in some format.

    It has the *digest* of its message. Without one the event cannot be told: *error* is
    what attempts are written down with, and *reason* is for the endpoint's owner.
    """

    event: Event
    message: Message | None
    digest: bytes = b""
    error: str = ""
    reason: str = ""


class Bodies:
    """Renders events and remembers the latest. Threads may share it."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._kept: dict[tuple[Format, UUID], Body] = {}
        self._size = 0

    def of(
        self, connection: sa.Connection, format_: Format, ids: Collection[UUID]
    ) -> Mapping[UUID, Body]:
        """Return the bodies of events by their ids."""
        # What is kept is replaced and never cut, so threads need no lock: at worst two
        # of them render the same event.
        kept = self._kept
        bodies = {id_: kept[format_, id_] for id_ in ids if (format_, id_) in kept}
        if missing := [id_ for id_ in ids if id_ not in bodies]:
            rendered = self._rendered(connection, format_, missing)
            bodies |= rendered
            self._keep({(format_, id_): body for id_, body in rendered.items()})
        return bodies

    def _keep(self, bodies: Mapping[tuple[Format, UUID], Body]) -> None:
        size = sum(map(_size_of, bodies.values()))
        if self._size + size > _KEPT_BYTES:
            self._kept, self._size = {}, 0
        self._kept.update(bodies)
        self._size += size

    def _rendered(
        self, connection: sa.Connection, format_: Format, ids: list[UUID]
    ) -> dict[UUID, Body]:
        rows = connection.execute(_EVENTS, {"ids": ids}).all()
        return {
            event.id: _body(format_, event)
            for event in self._recorder.events(connection, rows)
        }


_EVENTS = sa.select(EventRow.__table__).where(
    EventRow.id.in_(sa.bindparam("ids", expanding=True))
)


def _size_of(body: Body) -> int:
    return _FRAME_BYTES + (len(body.message.body) if body.message else 0)


def _body(format_: Format, event: Event) -> Body:
    # The endpoint may have got another format since the delivery was made.
    if not format_.can_tell(event):
        reason = f"{format_.type} has no words for this event"
        return Body(event, None, error="format", reason=reason)
    try:
        message = format_.render([event])
    except RenderingFailed as error:
        return Body(event, None, error="template", reason=str(error))
    return Body(event, message, message.digest())
