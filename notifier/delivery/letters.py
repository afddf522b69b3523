"""Letters: due deliveries with the body to send, rendered and not yet signed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from notifier import __version__
from notifier.db import Prepared
from notifier.delivery.bodies import Bodies, Body
from notifier.delivery.endpoints import Recipient
from notifier.delivery.formats import Format, Message
from notifier.delivery.tables import DeliveryRow, EndpointRow
from notifier.delivery.transport import KEPT_BYTES, Answer, Post

_USER_AGENT = f"notifier/{__version__}"


class Due(NamedTuple):
    """A delivery whose time has come."""

    delivery_id: UUID
    event_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One delivery, ready to be signed and sent, if it can be told at all."""

    delivery_id: UUID
    event_id: UUID
    body: Body

    def post(self, recipient: Recipient, now: datetime) -> Post | None:
        """Address and sign it; return None if there is nothing to send.

        The id is the event's: it is the same in every attempt, so that a receiver can
        tell what it has had already.
        """
        if (message := self.body.message) is None:
            return None
        return Post(
            url=recipient.url,
            headers=[
                *_headers(message, recipient.headers),
                *recipient.signer.headers(str(self.event_id), now, message.body),
            ],
            body=message.body,
            timeout_s=recipient.timeout_s,
            is_local=recipient.is_local,
            tls=recipient.tls,
        )

    def unsent(self, now: datetime) -> Answer:
        """Tell why there was nothing to send."""
        return Answer(
            started_at=now,
            duration_ms=0,
            error=self.body.error,
            body=self.body.reason.encode()[:KEPT_BYTES],
        )


def list_due(
    connection: sa.Connection, endpoint_key: int, now: datetime, limit: int
) -> Sequence[Due]:
    """List what an enabled endpoint is to get now, the longest due first."""
    rows = _DUE.all(connection, endpoint_key=endpoint_key, now=now, limit=limit)
    return [Due(*row) for row in rows]


def write_letters(
    connection: sa.Connection, bodies: Bodies, format_: Format, due: Collection[Due]
) -> Sequence[Letter]:
    """Put the bodies into *due* deliveries, in the order given."""
    found = bodies.of(connection, format_, {item.event_id for item in due})
    return [
        Letter(
            delivery_id=item.delivery_id,
            event_id=item.event_id,
            body=found[item.event_id],
        )
        for item in due
    ]


_DUE = Prepared(
    sa.select(DeliveryRow.id, DeliveryRow.event_id)
    .join(
        EndpointRow,
        (EndpointRow.id == DeliveryRow.endpoint_id)
        & EndpointRow.enabled
        & EndpointRow.removed_at.is_(None),
    )
    .where(
        DeliveryRow.endpoint_id == sa.bindparam("endpoint_key"),
        DeliveryRow.due_at <= sa.bindparam("now"),
    )
    .order_by(DeliveryRow.due_at, DeliveryRow.id)
    .limit(sa.bindparam("limit"))
)


def _headers(message: Message, own: dict[str, str]) -> Sequence[tuple[str, str]]:
    """Put the endpoint's own headers in the place of the format's."""
    names = {name.lower() for name in own}
    defaults = [
        ("Content-Type", message.content_type),
        ("User-Agent", _USER_AGENT),
        *message.headers,
    ]
    return [
        *((name, value) for name, value in defaults if name.lower() not in names),
        *own.items(),
    ]
