"""What is remembered of a POST: with it, what was sent can be shown again.

Nothing in it is secret. What many POSTs of an endpoint have in common is a `Way`.
"""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID, uuid5

from notifier.delivery.formats import Format
from notifier.delivery.signing import Header

# The namespace of the ids of several events that are sent together.
_BATCH = UUID("6f1c3f0a-5f0e-5d53-9d6f-0d6f4f1c8a11")


class Way(NamedTuple):
    """How an endpoint was written to at some time.

    The *url* names its secrets and does not tell them, of the endpoint's own headers
    there are the *header_names*, and the *signatures* are masked.
    """

    url: str
    header_names: tuple[str, ...]
    signatures: tuple[Header, ...]
    user_agent: str
    format: Format


class Sent(NamedTuple):
    """A POST: its way, the events in it, and the digest of its message."""

    way: Way
    event_ids: Sequence[UUID]
    digest: bytes


def webhook_id(event_ids: Sequence[UUID]) -> str:
    """Return the id of a POST that tells of these events.

    The id of one is its event's: the same in every attempt, so that a receiver can
    tell what it has had already. Several have one of their own, which is the same
    only if the same are sent together again; their events' ids are in the body.
    """
    if len(event_ids) == 1:
        return str(event_ids[0])
    return str(uuid5(_BATCH, "".join(map(str, event_ids))))
