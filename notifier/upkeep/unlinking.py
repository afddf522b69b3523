"""Unlinking: a blob goes out of sight in a repository, which is an event."""

import sqlalchemy as sa

from notifier.events.event import Action, Descriptor, Event, Kind, Target
from notifier.events.origin import Origin
from notifier.registry import blobs, media_types
from notifier.registry.digest import Digest


def unlink(
    connection: sa.Connection,
    origin: Origin,
    repository: str,
    digest: Digest,
    size: int,
) -> Event | None:
    """Make a blob invisible; return the event of that, or None if it is already."""
    if not blobs.unlink(connection, repository, digest):
        return None
    descriptor = Descriptor(media_type=media_types.BLOB, digest=digest, size=size)
    target = Target(kind=Kind.BLOB, repository=repository, descriptor=descriptor)
    return origin.event(Action.DELETE, target)
