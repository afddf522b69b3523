"""The audit log's rows, made of events, and events made of rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import sqlalchemy as sa

from notifier.events.event import (
    Descriptor,
    Event,
    Ingested,
    RequestRecord,
    Source,
    Target,
)
from notifier.events.tables import ACTIONS, KINDS, TAG_CHANGES
from notifier.events.urls import shared_part, whole_url
from notifier.registry.digest import Digest

# The numbers of texts, and the texts of numbers. None stands for none.
Numbers = Mapping[str | None, int | None]
Texts = Mapping[int | None, str | None]

_ACTIONS = {number: action for action, number in ACTIONS.items()}
_KINDS = {number: kind for kind, number in KINDS.items()}
_TAG_CHANGES = {number: change for change, number in TAG_CHANGES.items()}

_TEXT_COLUMNS = (
    "media_type_text",
    "registry_text",
    "actor_text",
    "host_text",
    "useragent_text",
    "source_text",
    "artifact_type_text",
    "credential_text",
    "ingest_text",
)
_REPOSITORY_COLUMNS = ("repository_id", "from_repository_id")


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
        yield event.target.artifact_type


def strange_texts_of(events: Sequence[Event]) -> Iterable[str]:
    """Yield those texts of *events* that whoever sends a request may choose."""
    for event in events:
        yield event.request.host
        yield event.request.useragent
        if registry := shared_part(event.target):
            yield registry


def repositories_of(events: Sequence[Event]) -> Iterable[str | None]:
    """Yield the repositories of *events*, which rows name by numbers."""
    for event in events:
        yield event.target.repository
        yield event.target.from_repository


def rows_of(
    events: Sequence[Event], texts: Numbers, repositories: Numbers
) -> list[dict[str, Any]]:
    """Return the row of each of *events*, by the names of the table's columns."""
    now = datetime.now(UTC)
    return [_row(event, texts, repositories, now) for event in events]


def _row(
    event: Event,
    texts: Numbers,
    repositories: Numbers,
    now: datetime,
) -> dict[str, Any]:
    target, request = event.target, event.request
    descriptor, ingested = target.descriptor, event.ingested
    return {
        "id": event.id,
        "timestamp_ns": event.timestamp_ns,
        "recorded_at": now,
        "action": ACTIONS[event.action],
        "kind": KINDS[target.kind] if target.kind else None,
        "repository_id": repositories[target.repository],
        "from_repository_id": repositories[target.from_repository],
        "digest": descriptor.digest if descriptor else None,
        "media_type_text": texts[descriptor.media_type if descriptor else None],
        "size": descriptor.size if descriptor else None,
        "tag": target.tag,
        "tag_change": TAG_CHANGES[event.tag_change] if event.tag_change else None,
        "previous_digest": event.previous_digest,
        "registry_text": texts[shared_part(target)],
        "target_references": None
        if target.references is None
        else orjson.dumps(target.references),
        "actor_text": texts[event.actor],
        "request_id": request.id,
        "addr": request.addr,
        "host_text": texts[request.host],
        "method": request.method,
        "useragent_text": texts[request.useragent],
        "source_text": texts[event.source.addr],
        "source_instance": event.source.instance_id,
        "artifact_type_text": texts[target.artifact_type],
        "credential_text": texts[event.credential],
        "ingest_text": texts[ingested.source if ingested else None],
        "ingest_id": ingested.id if ingested else None,
        "detail": None if event.detail is None else orjson.dumps(event.detail),
    }


def text_ids_of(rows: Iterable[sa.Row[Any]]) -> Iterable[int | None]:
    """Yield the numbers of texts that *rows* name."""
    return _ids_of(rows, _TEXT_COLUMNS)


def repository_ids_of(rows: Iterable[sa.Row[Any]]) -> Iterable[int | None]:
    """Yield the numbers of repositories that *rows* name."""
    return _ids_of(rows, _REPOSITORY_COLUMNS)


def event_of(row: sa.Row[Any], texts: Texts, repositories: Texts) -> Event:
    """Make an event again of a whole row."""
    return Event(
        id=row.id,
        timestamp_ns=row.timestamp_ns,
        action=_ACTIONS[row.action],
        target=_target(row, texts, repositories),
        request=RequestRecord(
            id=row.request_id,
            addr=row.addr,
            host=texts[row.host_text] or "",
            method=row.method,
            useragent=texts[row.useragent_text] or "",
        ),
        source=Source(
            addr=texts[row.source_text] or "", instance_id=row.source_instance
        ),
        actor=texts[row.actor_text],
        credential=texts[row.credential_text],
        tag_change=_TAG_CHANGES[row.tag_change] if row.tag_change else None,
        previous_digest=row.previous_digest,
        ingested=_ingested(texts[row.ingest_text], row.ingest_id),
        detail=None if row.detail is None else orjson.loads(row.detail),
    )


def _target(
    row: sa.Row[Any],
    texts: Texts,
    repositories: Texts,
) -> Target:
    target = Target(
        kind=_KINDS[row.kind] if row.kind else None,
        repository=repositories[row.repository_id],
        descriptor=None
        if row.digest is None
        else Descriptor(
            media_type=texts[row.media_type_text] or "",
            digest=row.digest,
            size=row.size,
        ),
        tag=row.tag,
        from_repository=repositories[row.from_repository_id],
        references=None
        if row.target_references is None
        else tuple(_descriptor(item) for item in orjson.loads(row.target_references)),
        artifact_type=texts[row.artifact_type_text],
    )
    registry = texts[row.registry_text]
    if registry is None:
        return target
    return replace(target, url=whole_url(registry, target))


def _ingested(source: str | None, id_: str | None) -> Ingested | None:
    return None if source is None else Ingested(source, id_)


def _descriptor(item: dict[str, Any]) -> Descriptor:
    return Descriptor(
        media_type=item["media_type"],
        digest=Digest(item["digest"]),
        size=item["size"],
        platform=item["platform"],
    )


def _ids_of(rows: Iterable[sa.Row[Any]], columns: Iterable[str]) -> Iterable[Any]:
    return (getattr(row, column) for row in rows for column in columns)
