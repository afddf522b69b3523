"""Events as lines of the journal."""

from typing import Any
from uuid import UUID

import orjson

from notifier.events.event import (
    Action,
    Descriptor,
    Event,
    Kind,
    RequestRecord,
    Source,
    Target,
)
from notifier.registry.digest import Digest


def render_line(event: Event) -> bytes:
    """Write *event* as one line."""
    return orjson.dumps(event) + b"\n"


def parse_line(line: bytes) -> Event:
    """Read an event back; raise `ValueError`, `KeyError` or `TypeError`."""
    return _event(orjson.loads(line))


def _event(line: dict[str, Any]) -> Event:
    target, request, source = line["target"], line["request"], line["source"]
    return Event(
        id=UUID(line["id"]),
        timestamp_ns=line["timestamp_ns"],
        action=Action(line["action"]),
        target=Target(
            **{
                **target,
                "kind": Kind(target["kind"]),
                "descriptor": _descriptor(target["descriptor"]),
                "references": None
                if target["references"] is None
                else tuple(_descriptor(item) for item in target["references"]),
            }
        ),
        request=RequestRecord(**{**request, "id": UUID(request["id"])}),
        source=Source(addr=source["addr"], instance_id=UUID(source["instance_id"])),
        actor=line["actor"],
        # A line may be from before credentials were known.
        credential=line.get("credential"),
    )


def _descriptor(item: dict[str, Any]) -> Descriptor:
    return Descriptor(**{**item, "digest": Digest(item["digest"])})
