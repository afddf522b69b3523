"""Deliveries of what happened to a digest, and their outcomes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from notifier.audit.cursor import CursorInvalid, parse_names, render_names
from notifier.audit.timelines.digest_order import (
    FIRST,
    LAST,
    NEWEST_FIRST,
    between,
)
from notifier.audit.timelines.pages import take_page
from notifier.delivery.deliveries import Delivery, get_deliveries
from notifier.delivery.tables import DeliveryRow
from notifier.events.event import Action
from notifier.events.record import Recorder
from notifier.events.tables import ACTIONS, IS_CHANGE, EventRow

# How many events one page may pass over: of most, nobody wanted to hear.
_WINDOW: Final = 5000
_AT_ONCE: Final = 500
_LISTING: Final = "digest_deliveries"


class DeliveryPlace(NamedTuple):
    """Where a page of deliveries ends: with a delivery of an event."""

    event_id: UUID
    delivery_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestDelivery:
    """A delivery, and what it tells of."""

    action: Action
    repository: str
    tag: str | None
    delivery: Delivery


def render_place(place: DeliveryPlace) -> str:
    """Return the cursor for what is older than a place."""
    return render_names(_LISTING, [id_.hex for id_ in place])


def parse_place(text: str) -> DeliveryPlace:
    """Return the place that `render_place` was given; raise `CursorInvalid`."""
    try:
        event, delivery = parse_names(_LISTING, text)
        return DeliveryPlace(UUID(hex=event), UUID(hex=delivery))
    except ValueError:
        raise CursorInvalid from None


def list_digest_deliveries(
    connection: sa.Connection,
    recorder: Recorder,
    digest_id: int,
    sees: Callable[[str], bool],
    *,
    limit: int,
    before: DeliveryPlace | None = None,
) -> tuple[Sequence[DigestDelivery], DeliveryPlace | None]:
    """Return up to *limit* deliveries of pushes, mounts and deletes, the newest first.

    They are of what happened in repositories that somebody *sees*. A page may be short,
    or empty, and still have a next.
    """
    walk = _Walk(connection, recorder, digest_id)
    passed = (
        (place, None if place.delivery_id == FIRST or not sees(name) else (row, name))
        for place, row, name in walk.before(before or DeliveryPlace(LAST, LAST))
    )
    found, next_ = take_page(passed, limit=limit, window=_WINDOW)
    deliveries = get_deliveries(connection, [row.delivery_id for row, _ in found])
    told = [
        DigestDelivery(
            action=_ACTIONS[row.action],
            repository=name,
            tag=row.tag,
            delivery=deliveries[row.delivery_id],
        )
        for row, name in found
        # Some may have been forgotten meanwhile.
        if row.delivery_id in deliveries
    ]
    return told, next_


class _Walk:
    """The events of a digest but pulls, each as often as it has deliveries, or once."""

    def __init__(
        self, connection: sa.Connection, recorder: Recorder, digest_id: int
    ) -> None:
        self._connection = connection
        self._recorder = recorder
        self._digest_id = digest_id

    def before(self, place: DeliveryPlace) -> Iterator[tuple[DeliveryPlace, Any, str]]:
        """Yield places, what is there, and the name of the repository."""
        while True:
            named = {
                "digest_id": self._digest_id,
                "low": FIRST,
                "high": UUID(int=min(place.event_id.int + 1, LAST.int)),
                **place._asdict(),
            }
            rows = self._connection.execute(_DELIVERIES, named).all()
            names = self._recorder.repositories.resolve(
                self._connection, {row.repository_id for row in rows}
            )
            for row in rows:
                place = DeliveryPlace(row.event_id, row.delivery_id or FIRST)
                yield place, row, names[row.repository_id] or ""
            if len(rows) < _AT_ONCE:
                return


_ACTIONS: Final = {number: action for action, number in ACTIONS.items()}
_EVENT_ID: Final = sa.bindparam("event_id", type_=EventRow.id.type)
_DELIVERY_ID: Final = sa.bindparam("delivery_id", type_=DeliveryRow.id.type)
_EVENTS = (
    sa.select(EventRow.id, EventRow.repository_id, EventRow.action, EventRow.tag)
    # A partial index is taken only where its condition is repeated.
    .where(between("low", "high"), sa.text(IS_CHANGE))
    .order_by(*NEWEST_FIRST)
    # Of the first, all may have been told by the page before.
    .limit(sa.literal_column(str(_AT_ONCE + 1)))
    .subquery()
)
_DELIVERIES = (
    sa.select(
        _EVENTS.c.id.label("event_id"),
        _EVENTS.c.repository_id,
        _EVENTS.c.action,
        _EVENTS.c.tag,
        DeliveryRow.id.label("delivery_id"),
    )
    .select_from(_EVENTS)
    .outerjoin(DeliveryRow, DeliveryRow.event_id == _EVENTS.c.id)
    .where(sa.or_(_EVENTS.c.id < _EVENT_ID, DeliveryRow.id < _DELIVERY_ID))
    .order_by(_EVENTS.c.id.desc(), DeliveryRow.id.desc())
    .limit(sa.literal_column(str(_AT_ONCE)))
)
