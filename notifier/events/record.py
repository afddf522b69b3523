"""The audit log's rows, written once in the transaction of the change and read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from types import MappingProxyType
from typing import Any

import orjson
import sqlalchemy as sa

from notifier.db import Interned, Prepared, Text, Transaction
from notifier.events.event import (
    Descriptor,
    Event,
    Kind,
    RequestRecord,
    Source,
    Target,
)
from notifier.events.lines import Recorded
from notifier.events.strangers import Strangers
from notifier.events.tables import ACTIONS, KINDS, TAG_CHANGES, EventRow
from notifier.registry.digest import Digest
from notifier.registry.repositories import repository_names

_ACTIONS = {number: action for action, number in ACTIONS.items()}
_KINDS = {number: kind for kind, number in KINDS.items()}
_TAG_CHANGES = {number: change for change, number in TAG_CHANGES.items()}
_URL_PARTS = {Kind.MANIFEST: "manifests", Kind.BLOB: "blobs"}


class Recorder:
    """Writes and reads the rows of the audit log."""

    def __init__(self) -> None:
        self.texts = Interned(Text.id, Text.text)
        self.repositories = repository_names()
        self._strangers = Strangers(self.texts)

    def insert(self, transaction: Transaction, events: Sequence[Event]) -> None:
        """Add one row for each of *events*.

        Of hosts and programs that are too many to be kept, it tells so much.
        """
        stand_ins = self._strangers.stand_ins(
            transaction.connection, _strange_texts_of(events)
        )
        _INSERT.run_many(
            transaction.connection, self.rows(transaction, events, stand_ins)
        )

    def put_back(self, transaction: Transaction, lines: Sequence[Recorded]) -> None:
        """Add the rows that were read from an archive, but those that are there.

        They are told nobody: they were when they were new.
        """
        rows = self.rows(transaction, [line.event for line in lines])
        for row, line in zip(rows, lines, strict=True):
            row["recorded_at"] = line.recorded_at
        _PUT_BACK.run_many(transaction.connection, rows)

    def rows(
        self,
        transaction: Transaction,
        events: Sequence[Event],
        stand_ins: Mapping[str, str] = MappingProxyType({}),
    ) -> list[dict[str, Any]]:
        """Return the row of each of *events*, by the names of the table's columns.

        *stand_ins* are for texts that are not to be recorded.
        """
        recorded = (_texts_of(events), stand_ins.values())
        texts = self.texts.intern(
            transaction, (text for text in chain(*recorded) if text not in stand_ins)
        )
        if stand_ins:
            texts = {**texts, **{old: texts[new] for old, new in stand_ins.items()}}
        repositories = self.repositories.intern(transaction, _repositories_of(events))
        now = datetime.now(UTC)
        return [_row(event, texts, repositories, now) for event in events]

    def lines(
        self, connection: sa.Connection, rows: Sequence[sa.Row[Any]]
    ) -> list[Recorded]:
        """Make of *rows*, each a whole row of the table, what `put_back` takes."""
        events = self.events(connection, rows)
        return [
            Recorded(event, row.recorded_at)
            for event, row in zip(events, rows, strict=True)
        ]

    def events(
        self, connection: sa.Connection, rows: Iterable[sa.Row[Any]]
    ) -> list[Event]:
        """Make events again of *rows*, each a whole row of the table."""
        rows = list(rows)
        texts = self.texts.resolve(connection, _ids_of(rows, _TEXT_COLUMNS))
        repositories = self.repositories.resolve(
            connection, _ids_of(rows, _REPOSITORY_COLUMNS)
        )
        return [_event(row, texts, repositories) for row in rows]


_INSERT = Prepared(lambda insert: insert(EventRow))
_PUT_BACK = Prepared(lambda insert: insert(EventRow).on_conflict_do_nothing())
_TEXT_COLUMNS = (
    "media_type_text",
    "registry_text",
    "actor_text",
    "host_text",
    "useragent_text",
    "source_text",
    "artifact_type_text",
    "credential_text",
)
_REPOSITORY_COLUMNS = ("repository_id", "from_repository_id")


def _texts_of(events: Sequence[Event]) -> Iterable[str | None]:
    for event in events:
        descriptor = event.target.descriptor
        yield descriptor.media_type if descriptor else None
        yield _registry_of(event.target)
        yield event.actor
        yield event.credential
        yield event.request.host
        yield event.request.useragent
        yield event.source.addr
        yield event.target.artifact_type


def _strange_texts_of(events: Sequence[Event]) -> Iterable[str]:
    for event in events:
        yield event.request.host
        yield event.request.useragent
        if registry := _registry_of(event.target):
            yield registry


def _repositories_of(events: Sequence[Event]) -> Iterable[str | None]:
    for event in events:
        yield event.target.repository
        yield event.target.from_repository


def _registry_of(target: Target) -> str | None:
    """Return the part of the target's URL that many targets share."""
    return target.url.removesuffix(_path_of(target)) if target.url else None


def _path_of(target: Target) -> str:
    if target.kind is None or target.descriptor is None:
        return ""
    part = _URL_PARTS[target.kind]
    return f"/v2/{target.repository}/{part}/{target.descriptor.digest}"


def _row(
    event: Event,
    texts: Mapping[str | None, int | None],
    repositories: Mapping[str | None, int | None],
    now: datetime,
) -> dict[str, Any]:
    target, request = event.target, event.request
    descriptor = target.descriptor
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
        "registry_text": texts[_registry_of(target)],
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
        "detail": None if event.detail is None else orjson.dumps(event.detail),
    }


def _ids_of(rows: Iterable[sa.Row[Any]], columns: Iterable[str]) -> Iterable[Any]:
    return (getattr(row, column) for row in rows for column in columns)


def _event(
    row: sa.Row[Any],
    texts: Mapping[int | None, str | None],
    repositories: Mapping[int | None, str | None],
) -> Event:
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
        detail=None if row.detail is None else orjson.loads(row.detail),
    )


def _target(
    row: sa.Row[Any],
    texts: Mapping[int | None, str | None],
    repositories: Mapping[int | None, str | None],
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
    return replace(target, url=registry + _path_of(target))


def _descriptor(item: dict[str, Any]) -> Descriptor:
    return Descriptor(
        media_type=item["media_type"],
        digest=Digest(item["digest"]),
        size=item["size"],
        platform=item["platform"],
    )
