"""Events as lines: of the journal, and of archives.

A line of an archive also has what the log knows beside the event: when it was written
down. What an older line lacks is as if it had not been known.
"""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from notifier.events.encoding import decoder, encode
from notifier.events.event import Event


class Recorded(Struct, frozen=True):
    """A row of the log: an event, and when it was written down."""

    event: Event
    recorded_at: datetime


_EVENTS = decoder(Event)
_RECORDED = decoder(Recorded)

# An archive's line begins so, and its event's id stands behind that.
BEGINNING = b'{"event":{"id":"'
_UUID_LENGTH = 36


def render_line(event: Event) -> bytes:
    """Write *event* as one line of a journal."""
    return encode(event) + b"\n"


def parse_line(line: bytes) -> Event:
    """Read an event back; raise `ValueError`."""
    return _EVENTS.decode(line)


def render_recorded(recorded: Recorded) -> bytes:
    """Write a row of the log as one line of an archive."""
    return encode(recorded) + b"\n"


def parse_recorded(line: bytes) -> Recorded:
    """Read a row back; raise `ValueError`."""
    return _RECORDED.decode(line)


def find_id(line: bytes) -> UUID:
    """Return the id of an archive's line without reading all of it.

    Raises `ValueError`.
    """
    if not line.startswith(BEGINNING):
        raise ValueError("this is no line of an archive")
    return UUID(line[len(BEGINNING) : len(BEGINNING) + _UUID_LENGTH].decode())
