"""Letters: due deliveries with the body to send, rendered and not yet signed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from notifier import __version__
from notifier.delivery.bodies import Bodies, Body
from notifier.delivery.due import Due
from notifier.delivery.endpoint import Recipient
from notifier.delivery.formats import Format, Message
from notifier.delivery.sent import Sent, Way, webhook_id
from notifier.delivery.signing import Header
from notifier.delivery.transport import KEPT_BYTES, Answer, Post
from notifier.delivery.url_secrets import fill_in

_USER_AGENT = f"notifier/{__version__}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One delivery, ready to be signed and sent, if its format can tell it at all."""

    delivery_id: UUID
    event_id: UUID
    lane: int | None
    format: Format
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
    """Address and sign letters that are sent in one POST; each has a message."""
    format_, message, digest = _message(letters, recipient)
    event_ids = [letter.event_id for letter in letters]
    id_, timestamp, *signatures = recipient.signer.headers(
        webhook_id(event_ids), now, message.body
    )
    way = Way(
        recipient.url,
        tuple(recipient.headers),
        recipient.signer.masked(now),
        _USER_AGENT,
        format_,
    )
    return Post(
        url=fill_in(recipient.url, recipient.url_secrets),
        headers=[
            *write_headers(message, _USER_AGENT, recipient.headers),
            *(id_, timestamp, *signatures),
        ],
        body=message.body,
        timeout_s=recipient.timeout_s,
        is_local=recipient.is_local,
        tls=recipient.tls,
        at=now,
        secrets=[*recipient.secret_texts, *(text.encode() for _, text in signatures)],
        sent=Sent(way, event_ids, digest),
    )


def write_headers(
    message: Message | None, user_agent: str, own: Mapping[str, str]
) -> Sequence[Header]:
    """Put the endpoint's own headers in the place of the format's."""
    names = {name.lower() for name in own}
    defaults = [("User-Agent", user_agent)]
    if message is not None:
        typed = "Content-Type", message.content_type
        defaults = [typed, *defaults, *message.headers]
    return [
        *((name, value) for name, value in defaults if name.lower() not in names),
        *own.items(),
    ]


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
            format=format_,
            body=found[item.event_id],
        )
        for item in due
    ]


def _message(
    letters: Sequence[Letter], recipient: Recipient
) -> tuple[Format, Message, bytes]:
    """Return what the letters say together, in which format, and its digest."""
    letter = letters[0]
    if letter.body.message is not None and len(letters) == 1:
        # The endpoint may have got another format since the letter was written.
        return letter.format, letter.body.message, letter.body.digest
    message = recipient.format.render([letter.body.event for letter in letters])
    return recipient.format, message, message.digest()
