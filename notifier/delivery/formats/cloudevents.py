"""CloudEvents 1.0.2, by its bindings to JSON and to HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final
from urllib.parse import quote

import orjson

from notifier.delivery.formats.base import (
    Format,
    Message,
    checked_choice,
    json_message,
)
from notifier.delivery.formats.words import reference_of
from notifier.events.envelope import dump_event, render_timestamp
from notifier.events.event import Action, Event

MODES: Final = ("structured", "binary", "batch")

# HTTP binding, section 3.1.3.2: visible ASCII stands for itself, but for these two.
_PLAIN = "".join(map(chr, range(0x21, 0x7F))).translate({0x22: None, 0x25: None})
_IN_HOST = ":[]"


@dataclass(frozen=True)
class CloudEvents(Format):
    """The event of the envelope as ``data``, its attributes by *mode*."""

    type: ClassVar[str] = "cloudevents"

    mode: str = "structured"

    def __post_init__(self) -> None:
        checked_choice("format.mode", self.mode, MODES)

    @property
    def is_batch(self) -> bool:
        """Tell whether one message may hold several events."""
        return self.mode == "batch"

    def render(self, events: Sequence[Event]) -> Message:
        """Write them as the mode has it."""
        if self.mode == "batch":
            batch = [_structured(event) for event in events]
            return json_message(batch, "application/cloudevents-batch+json")
        [event] = events
        if self.mode == "binary":
            return _binary(event)
        return json_message(_structured(event), "application/cloudevents+json")


def _structured(event: Event) -> dict[str, Any]:
    return {**_attributes(event), "data": dump_event(event)}


def _binary(event: Event) -> Message:
    attributes = _attributes(event)
    content_type = attributes.pop("datacontenttype")
    headers = tuple(
        (f"ce-{name}", quote(value, safe=_PLAIN)) for name, value in attributes.items()
    )
    return Message(content_type, orjson.dumps(dump_event(event)), headers)


def _attributes(event: Event) -> dict[str, str]:
    """Return the context attributes.

    The source is the registry, by the name that the client used; with it, the id is
    unique, and it is the same for all endpoints.
    """
    host = quote(event.request.host or event.source.addr, safe=_IN_HOST)
    attributes = {
        "specversion": "1.0",
        "id": str(event.id),
        "source": f"//{host}",
        "type": _type(event),
        "time": render_timestamp(event.timestamp_ns),
        "datacontenttype": "application/json",
    }
    if event.action is not Action.PING:
        attributes["subject"] = reference_of(event)
    return attributes


def _type(event: Event) -> str:
    kind = event.target.kind
    return ".".join(filter(None, ("notifier", kind, event.action)))
