"""What formats are tried out with: events of each kind."""

from typing import Any

import orjson
from msgspec.structs import replace

from notifier.delivery.formats import Message, read_format
from notifier.events.event import Action, Event, Kind, Target
from tests import factories

DIGEST = factories.digest(b"{}")

PUSH = factories.event(actor="alice")
PUSH_BY_DIGEST = factories.event(tag=None)
PULL = factories.event(Action.PULL)
DELETE = factories.event(Action.DELETE, tag=None)
TAG_DELETE = factories.event(Action.DELETE)
BLOB_PUSH = factories.event(
    kind=Kind.BLOB, tag=None, media_type="application/octet-stream"
)
MOUNT = replace(BLOB_PUSH, action=Action.MOUNT)
PING = replace(PUSH, action=Action.PING, target=Target(kind=None, repository=None))

ALL = {
    "push": PUSH,
    "push by digest": PUSH_BY_DIGEST,
    "pull": PULL,
    "delete": DELETE,
    "delete of a tag": TAG_DELETE,
    "push of a blob": BLOB_PUSH,
    "mount": MOUNT,
    "ping": PING,
}


def render(format_: Any, *events: Event) -> Message:
    """Tell *events*, or a push, in the format that an endpoint chose."""
    return read_format(format_).render(events or [PUSH])


def told(format_: Any, *events: Event) -> Any:
    """Tell *events*, or a push; return the JSON."""
    return orjson.loads(render(format_, *events).body)


def tellable(format_: Any) -> set[str]:
    """Name the events that a format can tell."""
    chosen = read_format(format_)
    return {name for name, event in ALL.items() if chosen.can_tell(event)}
