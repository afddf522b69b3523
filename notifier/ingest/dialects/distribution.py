"""What distribution sends: registry:2, registry:3, GitLab's registry, and we.

An envelope holds events; the content types of its versions 1 and 2 name the same
format. GitLab adds to the actor what is passed over here, and has an action of its own.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, ClassVar, Final
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
    Target,
)
from notifier.ingest import reading
from notifier.ingest.dialects.dialect import CREDENTIAL, Dialect, Incoming
from notifier.ingest.errors import EventRefused
from notifier.ingest.keys import Key, derived_uuid, make_key, told_keys
from notifier.ingest.source import Receipt, SourceKind
from notifier.registry import media_types

_ACTIONS: Final = {
    action.value: action
    for action in (Action.PUSH, Action.PULL, Action.MOUNT, Action.DELETE)
}
_MAX_METHOD: Final = 32
_MAX_REFERENCES: Final = 1000
_MAX_PLATFORM: Final = 1024
# Few targets are told in more bytes, but those with references.
_MAX_REMEMBERED: Final = 1024


class Distribution(Dialect):
    """``{"events": […]}``."""

    kind: ClassVar[SourceKind] = SourceKind.DISTRIBUTION

    def recognises(self, document: Any) -> bool:
        """Tell whether it is an envelope."""
        return type(document) is dict and type(document.get("events")) is list

    def split(self, document: Any) -> Sequence[Any]:
        """Return its events."""
        events: list[Any] = document["events"]
        return events

    def read(self, part: Any, receipt: Receipt) -> Incoming:
        """Read one event."""
        told = reading.obj(part, "event")
        action = _action(told.get("action"))
        request = reading.optional(told.get("request"), "request")
        actor = reading.optional(told.get("actor"), "actor")
        host = reading.text(request.get("host"), "request.host")
        name = reading.text(told.get("id"), "id", reading.MAX_ID)
        key = _key(told, name, receipt)
        source = receipt.source
        return Incoming(
            Event(
                id=key.id,
                timestamp_ns=key.at_ns,
                action=action,
                target=_target(told.get("target"), action, source.prefix_of(host)),
                request=_request(request, host, key.id),
                source=_source(told.get("source"), host, receipt),
                actor=reading.text(actor.get("name"), "actor.name") or None,
                credential=CREDENTIAL,
                ingested=Ingested(source.name, name or None),
            ),
            key.earlier + told_keys(name, key.at_ns),
        )


def _action(value: Any) -> Action:
    name = reading.given(value, "action")
    action = _ACTIONS.get(name)
    if action is None:
        if name == Action.PING:
            raise EventRefused("it is a ping: it arrived, and tells of nothing")
        raise EventRefused(
            f"action: {reading.shown(name)} is none of {', '.join(_ACTIONS)}"
        )
    return action


def _key(told: dict[str, Any], name: str, receipt: Receipt) -> Key:
    """Make the key by the event's id, or by all it says if it has none."""
    at_ns = reading.moment(told.get("timestamp"), "timestamp")
    known_by = name.encode() or reading.written(told, "event")
    return make_key(receipt.source.id, known_by, at_ns, receipt.at_ns)


def _target(value: Any, action: Action, prefix: str) -> Target:
    told = reading.obj(value, "target")
    try:
        written = orjson.dumps(told)
    except orjson.JSONEncodeError:
        # It reads deeper than it writes.
        return _read_target(told, action, prefix)
    if len(written) > _MAX_REMEMBERED:
        return _read_target(told, action, prefix)
    return _remembered_target(written, action, prefix)


@lru_cache(maxsize=1024)
def _remembered_target(written: bytes, action: Action, prefix: str) -> Target:
    # Much is pulled again and again.
    return _read_target(orjson.loads(written), action, prefix)


def _read_target(told: dict[str, Any], action: Action, prefix: str) -> Target:
    repository = reading.repository(told.get("repository"), "target.repository", prefix)
    url = reading.address(told.get("url"), "target.url") or None
    tag = reading.tag(told.get("tag"), "target.tag")
    descriptor = _descriptor(told, "target", needed=action is not Action.DELETE)
    origin = told.get("fromRepository")
    references = told.get("references")
    return Target(
        kind=_kind(url, descriptor, tag),
        repository=repository,
        descriptor=descriptor,
        tag=tag,
        from_repository=reading.repository(origin, "target.fromRepository", prefix)
        if origin
        else None,
        url=url,
        references=_references(references) if references else None,
    )


def _descriptor(told: dict[str, Any], what: str, *, needed: bool) -> Descriptor | None:
    """Read a descriptor. A delete may tell a digest alone, or a tag and no digest."""
    named = told.get("digest")
    if not named and not needed:
        return None
    return Descriptor(
        media_type=reading.text(told.get("mediaType"), f"{what}.mediaType"),
        digest=reading.digest(named, f"{what}.digest"),
        size=reading.size(told.get("size"), f"{what}.size"),
    )


def _kind(
    url: str | None, descriptor: Descriptor | None, tag: str | None
) -> Kind | None:
    """Tell what it is, by all that may say so.

    A delete by digest says nothing: it may have been a manifest or a blob.
    """
    media_type = descriptor.media_type if descriptor else ""
    if media_type == media_types.BLOB or (url and _names_blob(url)):
        return Kind.BLOB
    return Kind.MANIFEST if url or media_type or tag else None


def _names_blob(url: str) -> bool:
    return url.rpartition("/")[0].endswith("/blobs")


def _references(value: Any) -> tuple[Descriptor, ...]:
    what = "target.references"
    if type(value) is not list or len(value) > _MAX_REFERENCES:
        raise EventRefused(f"{what}: must be a list of {_MAX_REFERENCES} at most")
    return tuple(_reference(reading.obj(each, what), what) for each in value)


def _reference(told: dict[str, Any], what: str) -> Descriptor:
    platform = told.get("platform")
    if platform is not None and (
        type(platform) is not dict
        or len(reading.written(platform, f"{what}.platform")) > _MAX_PLATFORM
    ):
        raise EventRefused(
            f"{what}.platform: must be an object of {_MAX_PLATFORM} bytes at most"
        )
    return Descriptor(
        media_type=reading.text(told.get("mediaType"), f"{what}.mediaType"),
        digest=reading.digest(told.get("digest"), f"{what}.digest"),
        size=reading.size(told.get("size"), f"{what}.size"),
        platform=platform,
    )


def _request(told: dict[str, Any], host: str, key: UUID) -> RequestRecord:
    return RequestRecord(
        id=reading.uuid(told.get("id"), "request.id") or derived_uuid(str(key)),
        addr=reading.text(told.get("addr"), "request.addr"),
        host=host,
        method=reading.text(told.get("method"), "request.method", _MAX_METHOD),
        useragent=reading.useragent(told.get("useragent")),
    )


def _source(value: Any, host: str, receipt: Receipt) -> Source:
    """Return the node, or what stands for one where none is told."""
    told = reading.optional(value, "source")
    addr = reading.text(told.get("addr"), "source.addr")
    instance = reading.text(told.get("instanceID"), "source.instanceID")
    return _node(addr or host or receipt.source.name, instance, receipt.source.id)


@lru_cache(maxsize=1024)
def _node(addr: str, instance: str, default: UUID) -> Source:
    # Few nodes send many events.
    id_ = reading.uuid(instance, "source.instanceID") or default
    return Source(addr=addr, instance_id=id_)
