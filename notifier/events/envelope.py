"""The envelope: the format in which the distribution project's events are sent.

Keys stand in that project's order, and what it omits is omitted. The one difference is
meant: a delete carries the digest, media type and size of what is gone.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from marshmallow import Schema, fields, post_dump

from notifier.events.event import Action, Descriptor, Event

MEDIA_TYPE: Final = "application/vnd.docker.distribution.events.v2+json"

_NS_PER_S = 1_000_000_000


class _Record(Schema):
    """An object without the keys that have no value."""

    @post_dump
    def omit_absent(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Leave out what is None."""
        return {key: value for key, value in data.items() if value is not None}


class ReferenceSchema(_Record):
    """Content that a manifest names."""

    media_type = fields.String(data_key="mediaType")
    digest = fields.String()
    size = fields.Integer()
    platform = fields.Dict()


class TargetSchema(_Record):
    """What the event is about: a descriptor, and where it lives."""

    media_type = fields.Function(
        lambda event: _descriptor(event, "media_type", ""), data_key="mediaType"
    )
    digest = fields.Function(lambda event: _descriptor(event, "digest", ""))
    size = fields.Function(lambda event: _descriptor(event, "size", 0))
    length = fields.Function(
        lambda event: (
            None if event.action is Action.DELETE else _descriptor(event, "size", None)
        )
    )
    repository = fields.String(attribute="target.repository")
    from_repository = fields.String(
        attribute="target.from_repository", data_key="fromRepository"
    )
    url = fields.String(attribute="target.url")
    tag = fields.String(attribute="target.tag")
    references = fields.List(
        fields.Nested(ReferenceSchema), attribute="target.references"
    )


class RequestSchema(_Record):
    """The request that led to the event."""

    id = fields.UUID()
    addr = fields.String()
    host = fields.String()
    method = fields.String()
    useragent = fields.String()


class ActorSchema(_Record):
    """Who initiated the event; an empty object if nobody was authenticated."""

    name = fields.String(attribute="actor")


class SourceSchema(_Record):
    """The node that generated the event."""

    addr = fields.String()
    instance_id = fields.UUID(data_key="instanceID")


class EventSchema(_Record):
    """One action on one target."""

    id = fields.UUID()
    timestamp = fields.Function(lambda event: render_timestamp(event.timestamp_ns))
    action = fields.Enum(Action, by_value=True)
    target = fields.Nested(TargetSchema, attribute="event", dump_only=True)
    request = fields.Nested(RequestSchema)
    actor = fields.Nested(ActorSchema, attribute="event", dump_only=True)
    source = fields.Nested(SourceSchema)

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Hand the whole event to the parts that draw on several of its fields."""
        return obj if attr == "event" else super().get_attribute(obj, attr, default)


_EVENT = EventSchema()


def dump_event(event: Event) -> dict[str, Any]:
    """Return *event* as the object that stands in an envelope."""
    dumped: dict[str, Any] = _EVENT.dump(event)
    return dumped


def render_envelope(events: Iterable[Event]) -> bytes:
    """Return the body of one POST that tells *events*."""
    return orjson.dumps({"events": [dump_event(event) for event in events]})


def render_timestamp(timestamp_ns: int) -> str:
    """Write a time as Go's RFC3339Nano does: up to nine digits, none of them idle."""
    seconds, nanoseconds = divmod(timestamp_ns, _NS_PER_S)
    whole = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f".{nanoseconds:09d}".rstrip("0").rstrip(".")
    return f"{whole}{fraction}Z"


def _descriptor(event: Event, name: str, default: Any) -> Any:
    descriptor: Descriptor | None = event.target.descriptor
    return default if descriptor is None else getattr(descriptor, name)
