"""The sources of one database: where other registries send their notifications."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

import orjson
import sqlalchemy as sa

from notifier.db import Prepared, Transaction, insert
from notifier.ids import made_at, uuid7
from notifier.ingest import rejects
from notifier.ingest.errors import SourceNameTaken, SourceUnknown, TooManySources
from notifier.ingest.source import NO_PREFIXES, IngestSource, SourceKind
from notifier.ingest.source_fields import checked_fields
from notifier.ingest.tables import SourceRow
from notifier.ingest.token import digest_of, new_token

MAX_SOURCES: Final = 1000
_COLUMNS = (
    SourceRow.id,
    SourceRow.name,
    SourceRow.kind,
    SourceRow.prefixes,
    SourceRow.enabled,
    SourceRow.updated_at,
)
_ALL = sa.select(*_COLUMNS)
_BY_NAME = Prepared(
    sa.select(SourceRow.token_digest, *_COLUMNS).where(
        SourceRow.name == sa.bindparam("name")
    )
)


def create(
    transaction: Transaction,
    *,
    name: str,
    kind: str = SourceKind.AUTO,
    prefixes: Mapping[str, str] = NO_PREFIXES,
    enabled: bool = True,
) -> tuple[IngestSource, str]:
    """Add a source; return it and its token, which is never shown again.

    Raises `SourceInvalid`, `SourceNameTaken` or `TooManySources`.
    """
    connection = transaction.connection
    values = checked_fields(name=name, kind=kind, prefixes=prefixes, enabled=enabled)
    count = sa.select(sa.func.count()).select_from(SourceRow)
    if (connection.scalar(count) or 0) >= MAX_SOURCES:
        raise TooManySources(MAX_SOURCES)
    token = new_token()
    added = connection.scalar(
        insert(connection, SourceRow)
        .values(
            id=uuid7(),
            token_digest=digest_of(token),
            updated_at=datetime.now(UTC),
            **values,
        )
        .on_conflict_do_nothing()
        .returning(SourceRow.id)
    )
    if added is None:
        raise SourceNameTaken(name)
    return get(connection, added), token


def list_sources(
    connection: sa.Connection, *, limit: int, before: UUID | None = None
) -> Sequence[IngestSource]:
    """List sources, newest first, those made before the one called *before*."""
    statement = _ALL.order_by(SourceRow.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(SourceRow.id < before)
    return [_source(row) for row in connection.execute(statement)]


def get(connection: sa.Connection, id_: UUID) -> IngestSource:
    """Return a source; raise `SourceUnknown`."""
    row = connection.execute(_ALL.where(SourceRow.id == id_)).one_or_none()
    if row is None:
        raise SourceUnknown
    return _source(row)


def find_by_name(connection: sa.Connection, name: str) -> IngestSource | None:
    """Return the source of that name, or None."""
    found = find_with_digest(connection, name)
    return None if found is None else found[0]


def find_with_digest(
    connection: sa.Connection, name: str
) -> tuple[IngestSource, bytes] | None:
    """Return the source of that name and the digest of its token, or None."""
    row = _BY_NAME.first(connection, name=name)
    return None if row is None else (_source(row[1:]), row[0])


def update(transaction: Transaction, id_: UUID, **changes: Any) -> IngestSource:
    """Change the fields named in *changes*, those of `create`.

    Raises `SourceUnknown`, `SourceInvalid` or `SourceNameTaken`.
    """
    connection = transaction.connection
    get(connection, id_)
    holder = find_by_name(connection, changes.get("name", ""))
    if holder is not None and holder.id != id_:
        raise SourceNameTaken(holder.name)
    _write(connection, id_, **checked_fields(**changes))
    return get(connection, id_)


def rotate(transaction: Transaction, id_: UUID) -> tuple[IngestSource, str]:
    """Give a source another token; the one before is good for nothing from now on.

    Raises `SourceUnknown`.
    """
    connection = transaction.connection
    get(connection, id_)
    token = new_token()
    _write(connection, id_, token_digest=digest_of(token))
    return get(connection, id_), token


def remove(transaction: Transaction, id_: UUID) -> IngestSource:
    """Remove a source, and what was kept aside of it; its events stay in the log.

    Raises `SourceUnknown`.
    """
    source = get(transaction.connection, id_)
    rejects.remove_all(transaction, id_)
    transaction.execute(sa.delete(SourceRow).where(SourceRow.id == id_))
    return source


def _write(connection: sa.Connection, id_: UUID, **values: Any) -> None:
    connection.execute(
        sa.update(SourceRow)
        .where(SourceRow.id == id_)
        .values(values | {"updated_at": datetime.now(UTC)})
    )


def _source(row: Sequence[Any]) -> IngestSource:
    id_, name, kind, prefixes, enabled, updated_at = row
    return IngestSource(
        id=id_,
        name=name,
        kind=SourceKind(kind),
        prefixes=MappingProxyType(orjson.loads(prefixes)),
        enabled=enabled,
        created_at=made_at(id_),
        updated_at=updated_at,
    )
