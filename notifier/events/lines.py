"""Events as lines: of the journal, and of archives.

A line of an archive also has what the log knows beside the event: when it was written
down. What an older line lacks is as if it had not been known.
"""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from notifier.events.event import (
    Action,
    Descriptor,
    Event,
    Ingested,
    Kind,
    RequestRecord,
    Source,
    TagChange,
    Target,
)
from notifier.registry.digest import Digest


class Recorded(NamedTuple):
    """A row of the log: an event, and when it was written down."""

    event: Event
    recorded_at: datetime


# An archive's line begins so, and its event's id stands behind that.
_BEGINNING = b'{"event":{"id":"'
_UUID_LENGTH = 36


def render_line(event: Event) -> bytes:
    """Write *event* as one line of a journal."""
    return orjson.dumps(event) + b"\n"


def parse_line(line: bytes) -> Event:
    """Read an event back; raise `ValueError`, `KeyError` or `TypeError`."""
    return _event(orjson.loads(line))


def render_recorded(recorded: Recorded) -> bytes:
    """Write a row of the log as one line of an archive."""
    return orjson.dumps(recorded._asdict()) + b"\n"


def parse_recorded(line: bytes) -> Recorded:
    """Read a row back; raise `ValueError`, `KeyError` or `TypeError`."""
    fields = orjson.loads(line)
    return Recorded(
        _event(fields["event"]), datetime.fromisoformat(fields["recorded_at"])
    )


def find_id(line: bytes) -> UUID:
    """Return the id of an archive's line without reading all of it.

    Raises `ValueError`.
    """
    if not line.startswith(_BEGINNING):
        raise ValueError("this is no line of an archive")
    return UUID(line[len(_BEGINNING) : len(_BEGINNING) + _UUID_LENGTH].decode())


def _event(line: dict[str, Any]) -> Event:
    target, request, source = line["target"], line["request"], line["source"]
    tag_change, previous = line.get("tag_change"), line.get("previous_digest")
    ingested = line.get("ingested")
    return Event(
        **{
            **line,
            "id": UUID(line["id"]),
            "action": Action(line["action"]),
            "target": Target(
                **{
                    **target,
                    "kind": None if target["kind"] is None else Kind(target["kind"]),
                    "descriptor": None
                    if target["descriptor"] is None
                    else _descriptor(target["descriptor"]),
                    "references": None
                    if target["references"] is None
                    else tuple(_descriptor(item) for item in target["references"]),
                }
            ),
            "request": RequestRecord(**{**request, "id": UUID(request["id"])}),
            "source": Source(
                addr=source["addr"], instance_id=UUID(source["instance_id"])
            ),
            "tag_change": None if tag_change is None else TagChange(tag_change),
            "previous_digest": None if previous is None else Digest(previous),
            "ingested": None if ingested is None else Ingested(**ingested),
        }
    )


def _descriptor(item: dict[str, Any]) -> Descriptor:
    return Descriptor(**{**item, "digest": Digest(item["digest"])})
