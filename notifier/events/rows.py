"""The audit log's rows, made of events, and events made of rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final, NamedTuple, Protocol, TypeVar
from uuid import UUID

import orjson
import sqlalchemy as sa
from msgspec.structs import replace

from notifier.db import Row
from notifier.events.addresses import pack_address, unpack_address
from notifier.events.encoding import decoder, encode
from notifier.events.event import (
    Action,
    Descriptor,
    Event,
    Ingested,
    RequestRecord,
    Source,
    Target,
)
from notifier.events.tables import ACTIONS, KINDS, TAG_CHANGES, EventRow
from notifier.events.urls import shared_part, whole_url
from notifier.registry.digest import Digest

V_contra = TypeVar("V_contra", contravariant=True)

TEXT_COLUMNS: Final = (
    "media_type_text",
    "registry_text",
    "actor_text",
    "host_text",
    "useragent_text",
    "source_text",
    "instance_text",
    "artifact_type_text",
    "credential_text",
    "ingest_text",
)
DIGEST_COLUMNS: Final = ("digest_id", "previous_digest_id")
REPOSITORY_COLUMNS: Final = ("repository_id", "from_repository_id")

_COLUMNS: Final = EventRow.__table__.columns.keys()
DIGEST_PLACE: Final = _COLUMNS.index("digest_id")

_ACTIONS = {number: action for action, number in ACTIONS.items()}
_KINDS = {number: kind for kind, number in KINDS.items()}
_REFERENCES = decoder(tuple[Descriptor, ...])
_TAG_CHANGES = {number: change for change, number in TAG_CHANGES.items()}


class Found(Protocol[V_contra]):
    """What finds the number of a value, or raises a KeyError."""

    def __getitem__(self, value: V_contra | None, /) -> int | None: ...


class Numbers(NamedTuple):
    """The numbers that stand for what recurs; that of None is None."""

    texts: Found[str]
    digests: Found[Digest]
    repositories: Found[str]


class Names(NamedTuple):
    """What the numbers stand for."""

    texts: Mapping[int | None, str | None]
    digests: Mapping[int | None, Digest | None]
    repositories: Mapping[int | None, str | None]


def texts_of(events: Sequence[Event]) -> Iterable[str | None]:
    """Yield the texts of *events* that rows name by numbers."""
    for event in events:
        descriptor = event.target.descriptor
        yield descriptor.media_type if descriptor else None
        yield shared_part(event.target)
        yield event.actor
        yield event.credential
        yield event.ingested.source if event.ingested else None
        yield event.request.host
        yield event.request.useragent
        yield event.source.addr
        yield _instance(event.source.instance_id)
        yield event.target.artifact_type


def strange_texts_of(events: Sequence[Event]) -> Iterable[str]:
    """Yield those texts of *events* that whoever sends a request may choose."""
    for event in events:
        yield event.request.host
        yield event.request.useragent
        if registry := shared_part(event.target):
            yield registry


def digests_of(events: Sequence[Event]) -> Iterable[Digest | None]:
    """Yield the digests of *events*, which rows name by numbers."""
    for event in events:
        yield digest_of(event)
        yield event.previous_digest


def repositories_of(events: Sequence[Event]) -> Iterable[str | None]:
    """Yield the repositories of *events*, which rows name by numbers."""
    for event in events:
        yield event.target.repository
        yield event.target.from_repository


def rows_of(
    events: Sequence[Event],
    numbers: Numbers,
    recorded_at: Sequence[datetime] | None = None,
) -> list[Row]:
    """Return the rows of *events*, which were *recorded_at* these times, or now."""
    times = recorded_at or [datetime.now(UTC)] * len(events)
    return [
        _row(event, numbers, at, numbers.digests[digest_of(event)])
        for event, at in zip(events, times, strict=True)
    ]


def rows_without_digests(
    events: Sequence[Event], numbers: Numbers
) -> Iterable[Row | None]:
    """Yield the row of each of *events*, without the number of its digest.

    It is None where another number is not found.
    """
    now = datetime.now(UTC)
    for event in events:
        try:
            yield _row(event, numbers, now, None)
        except KeyError:
            yield None


def digest_of(event: Event) -> Digest | None:
    """Return the digest of what an event is about."""
    descriptor = event.target.descriptor
    return descriptor.digest if descriptor else None


def picker(names: Sequence[str]) -> Callable[[Row], Any]:
    """Return what picks the values of the columns *names* out of a row.

    Of one name, it picks the value itself.
    """
    return itemgetter(*map(_COLUMNS.index, names))


def _row(
    event: Event, numbers: Numbers, recorded_at: datetime, digest: int | None
) -> Row:
    texts, digests, repositories = numbers
    target, request = event.target, event.request
    descriptor, ingested = target.descriptor, event.ingested
    addr, port = pack_address(request.addr)
    # In the order of the table's columns.
    return (
        event.id,
        request.id,
        event.timestamp_ns,
        recorded_at,
        descriptor.size if descriptor else None,
        repositories[target.repository],
        repositories[target.from_repository],
        digest,
        digests[event.previous_digest],
        texts[descriptor.media_type if descriptor else None],
        texts[target.artifact_type],
        texts[shared_part(target)],
        texts[event.actor],
        texts[event.credential],
        texts[request.host],
        texts[request.useragent],
        texts[event.source.addr],
        texts[_instance(event.source.instance_id)],
        port,
        ACTIONS[event.action],
        KINDS[target.kind] if target.kind else None,
        TAG_CHANGES[event.tag_change] if event.tag_change else None,
        addr,
        request.method,
        target.tag,
        None if target.references is None else encode(target.references),
        None if event.detail is None else orjson.dumps(event.detail),
        texts[ingested.source if ingested else None],
        ingested.id if ingested else None,
    )


def action_named(number: int) -> Action:
    """Return the action that a row names by a number."""
    return _ACTIONS[number]


def event_of(row: sa.Row[Any], names: Names) -> Event:
    """Make an event again of a whole row."""
    texts = names.texts
    return Event(
        id=row.id,
        timestamp_ns=row.timestamp_ns,
        action=_ACTIONS[row.action],
        target=_target(row, names),
        request=RequestRecord(
            id=row.request_id,
            addr=unpack_address(row.addr, row.port),
            host=texts[row.host_text] or "",
            method=row.method,
            useragent=texts[row.useragent_text] or "",
        ),
        source=Source(
            addr=texts[row.source_text] or "",
            instance_id=UUID(texts[row.instance_text]),
        ),
        actor=texts[row.actor_text],
        credential=texts[row.credential_text],
        tag_change=_TAG_CHANGES[row.tag_change] if row.tag_change else None,
        previous_digest=names.digests[row.previous_digest_id],
        ingested=_ingested(texts[row.ingest_text], row.ingest_id),
        detail=None if row.detail is None else orjson.loads(row.detail),
    )


def _target(row: sa.Row[Any], names: Names) -> Target:
    texts, digest = names.texts, names.digests[row.digest_id]
    target = Target(
        kind=_KINDS[row.kind] if row.kind else None,
        repository=names.repositories[row.repository_id],
        descriptor=None
        if digest is None
        else Descriptor(
            media_type=texts[row.media_type_text] or "", digest=digest, size=row.size
        ),
        tag=row.tag,
        from_repository=names.repositories[row.from_repository_id],
        references=None
        if row.target_references is None
        else _REFERENCES.decode(row.target_references),
        artifact_type=texts[row.artifact_type_text],
    )
    registry = texts[row.registry_text]
    if registry is None:
        return target
    url = whole_url(registry, target.kind, target.repository, digest)
    return replace(target, url=url)


def _ingested(source: str | None, id_: str | None) -> Ingested | None:
    return None if source is None else Ingested(source, id_)


@lru_cache(maxsize=1024)
def _instance(id_: UUID) -> str:
    return str(id_)
