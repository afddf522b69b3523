"""Letters: due deliveries with the body to send, rendered and not yet signed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

import sqlalchemy as sa

from notifier import __version__
from notifier.delivery.bodies import Bodies, Body
from notifier.delivery.due import Due
from notifier.delivery.endpoint import Recipient
from notifier.delivery.formats import Format, Message
from notifier.delivery.transport import KEPT_BYTES, Answer, Post
from notifier.delivery.url_secrets import fill_in

# The namespace of the ids of several events that are sent together.
_BATCH = UUID("6f1c3f0a-5f0e-5d53-9d6f-0d6f4f1c8a11")
_USER_AGENT = f"notifier/{__version__}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One delivery, ready to be signed and sent, if it can be told at all."""

    delivery_id: UUID
    event_id: UUID
    lane: int | None
    body: Body

    def unsent(self, now: datetime) -> Answer:
        """Tell why there was nothing to send."""
        return Answer(
            started_at=now,
            duration_ms=0,
            error=self.body.error,
            body=self.body.reason.encode()[:KEPT_BYTES],
        )


def write_post(letters: Sequence[Letter], recipient: Recipient, now: datetime) -> Post:
    """Address and sign letters that are sent in one POST; each has a message.

    The id of one is its event's: the same in every attempt, so that a receiver can
    tell what it has had already. Several have one of their own, which is the same
    only if the same are sent together again; their events' ids are in the body.
    """
    message = _message(letters, recipient)
    return Post(
        url=fill_in(recipient.url, recipient.url_secrets),
        headers=[
            *_headers(message, recipient.headers),
            *recipient.signer.headers(_id(letters), now, message.body),
        ],
        body=message.body,
        timeout_s=recipient.timeout_s,
        is_local=recipient.is_local,
        tls=recipient.tls,
    )


def write_letters(
    connection: sa.Connection, bodies: Bodies, format_: Format, due: Collection[Due]
) -> Sequence[Letter]:
    """Put the bodies into *due* deliveries, in the order given."""
    found = bodies.of(connection, format_, {item.event_id for item in due})
    return [
        Letter(
            delivery_id=item.delivery_id,
            event_id=item.event_id,
            lane=item.lane,
            body=found[item.event_id],
        )
        for item in due
    ]


def _message(letters: Sequence[Letter], recipient: Recipient) -> Message:
    message = letters[0].body.message
    if message is None or len(letters) > 1:
        message = recipient.format.render([letter.body.event for letter in letters])
    return message


def _id(letters: Sequence[Letter]) -> str:
    if len(letters) == 1:
        return str(letters[0].event_id)
    return str(uuid5(_BATCH, "".join(str(letter.event_id) for letter in letters)))


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
