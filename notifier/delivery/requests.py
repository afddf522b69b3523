"""Requests: what an attempt has sent, told again with nothing secret in it.

Bodies are not kept: events are, and the format that they were told in. What that makes
of them now is what was sent if its digest says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from notifier.delivery.attempt_tables import AttemptRow, BatchRow, WayRow
from notifier.delivery.deliveries import Delivery
from notifier.delivery.formats import Format, Message, RenderingFailed
from notifier.delivery.headers import MASK
from notifier.delivery.letters import write_headers
from notifier.delivery.sent import Way, webhook_id
from notifier.delivery.signing import Header, dated_headers
from notifier.delivery.transport import with_implied
from notifier.delivery.ways import read_way
from notifier.events.record import Recorder
from notifier.events.tables import EventRow

MAX_BODY_BYTES: Final = 4 * 1024 * 1024

_UUID_BYTES = 16


class BodyMissing(StrEnum):
    """Why a body is not shown."""

    CHANGED = "changed"
    TOO_LARGE = "too_large"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was sent: values of the endpoint's own headers and signatures are masked.

    Without a *body*, for which there is a reason, the headers lack those that a format
    makes.
    """

    url: str
    headers: Sequence[Header]
    body: bytes | None
    body_missing: BodyMissing | None

    method: str = "POST"


def find_request(
    connection: sa.Connection, recorder: Recorder, delivery: Delivery, number: int
) -> Request | None:
    """Return what an attempt has sent; None if nothing was, or if it is not known."""
    statement = _SENT.where(
        AttemptRow.delivery_id == delivery.id, AttemptRow.number == number
    )
    row = connection.execute(statement).one_or_none()
    if row is None:
        return None
    way, event_ids = read_way(row.content), _event_ids(row.event_ids, delivery)
    found = _find_message(connection, recorder, way.format, event_ids)
    if isinstance(found, Message) and found.digest() != row.message_digest:
        found = BodyMissing.CHANGED
    return _request(way, event_ids, row.started_at, found)


_SENT = (
    sa.select(
        AttemptRow.started_at,
        sa.func.coalesce(BatchRow.message_digest, AttemptRow.message_digest).label(
            "message_digest"
        ),
        WayRow.content,
        BatchRow.event_ids,
    )
    .join(WayRow, WayRow.id == AttemptRow.way_id)
    .outerjoin(BatchRow, BatchRow.id == AttemptRow.batch_id)
)
_IS_WANTED = EventRow.id.in_(sa.bindparam("ids", expanding=True))
_EVENTS = sa.select(EventRow.__table__).where(_IS_WANTED)
# What strangers can make large about an event.
_SIZE = sa.select(
    sa.func.sum(
        sa.func.coalesce(sa.func.length(EventRow.target_references), 0)
        + sa.func.coalesce(sa.func.length(EventRow.detail), 0)
    )
).where(_IS_WANTED)


def _event_ids(ids: bytes | None, delivery: Delivery) -> Sequence[UUID]:
    if ids is None:
        return [delivery.event_id]
    places = range(0, len(ids), _UUID_BYTES)
    return [UUID(bytes=bytes(ids[at : at + _UUID_BYTES])) for at in places]


def _find_message(
    connection: sa.Connection,
    recorder: Recorder,
    format_: Format,
    event_ids: Sequence[UUID],
) -> Message | BodyMissing:
    """Write events as *format_* does now, unless that takes too much room."""
    if (connection.scalar(_SIZE, {"ids": event_ids}) or 0) > MAX_BODY_BYTES:
        return BodyMissing.TOO_LARGE
    rows = connection.execute(_EVENTS, {"ids": event_ids}).all()
    events = {event.id: event for event in recorder.events(connection, rows)}
    try:
        message = format_.render([events[id_] for id_ in event_ids])
    except (KeyError, RenderingFailed):
        return BodyMissing.CHANGED
    return BodyMissing.TOO_LARGE if len(message.body) > MAX_BODY_BYTES else message


def _request(
    way: Way,
    event_ids: Sequence[UUID],
    at: datetime,
    found: Message | BodyMissing,
) -> Request:
    message = found if isinstance(found, Message) else None
    headers = [
        *write_headers(message, way.user_agent, dict.fromkeys(way.header_names, MASK)),
        *dated_headers(webhook_id(event_ids), at),
        *way.signatures,
    ]
    size = None if message is None else len(message.body)
    return Request(
        url=way.url,
        headers=with_implied(way.url, headers, size),
        body=None if message is None else message.body,
        body_missing=None if isinstance(found, Message) else found,
    )
