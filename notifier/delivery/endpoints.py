"""Endpoints: who wants to be told, at which URL, of what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa

from notifier.db import Transaction, insert
from notifier.db.prepared import Prepared
from notifier.delivery import leases
from notifier.delivery.errors import (
    EndpointDeclared,
    EndpointNameTaken,
    EndpointUnknown,
    TooManyEndpoints,
)
from notifier.delivery.fields import checked_name, checked_timeout, checked_url
from notifier.delivery.filters import Filters
from notifier.delivery.formats import DEFAULT_FORMAT, Format, read_format
from notifier.delivery.headers import MASK, checked_headers, unmasked
from notifier.delivery.secrets import SecretBox, new_secret, secret_bytes
from notifier.delivery.tables import (
    CANCELLED,
    PENDING,
    DeliveryRow,
    EndpointRow,
    EndpointVersionRow,
)
from notifier.events.event import Event
from notifier.ids import uuid7

DEFAULT_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An endpoint as it may be shown: its headers' values are masked.

    *key* is its number inside the database. One that is *declared* stands in the
    configuration file, and only what reads that may change it.
    """

    key: int
    id: UUID
    name: str
    url: str
    enabled: bool
    filters: Filters
    format: Format
    headers: dict[str, str]
    timeout_s: float
    declared: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """An endpoint as it is written to, secrets and all. Never shown.

    It *is_open* while it is enabled and not removed.
    """

    id: UUID
    name: str
    url: str
    format: Format
    headers: dict[str, str]
    secret: bytes
    timeout_s: float
    is_open: bool


@dataclass(frozen=True, slots=True)
class Interest:
    """What the endpoint of that *key* wants to hear of, and in which format."""

    key: int
    filters: Filters
    format: Format

    def covers(self, event: Event) -> bool:
        """Tell whether the endpoint is to hear of *event*, and can be told of it."""
        return self.filters.wants(event) and self.format.can_tell(event)


class EndpointStore:
    """The endpoints of one database."""

    def __init__(self, box: SecretBox, max_endpoints: int) -> None:
        self._box = box
        self._max_endpoints = max_endpoints
        self._interests: tuple[object, Sequence[Interest]] = (None, ())

    def create(
        self,
        transaction: Transaction,
        *,
        name: str,
        url: str,
        enabled: bool = True,
        filters: Filters | None = None,
        format_: Format = DEFAULT_FORMAT,
        headers: dict[str, str] | None = None,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        declared: bool = False,
    ) -> tuple[Endpoint, str]:
        """Add an endpoint; return it and its secret, which is never shown again.

        Raises `EndpointInvalid`, `EndpointNameTaken` or `TooManyEndpoints`.
        """
        connection = transaction.connection
        _begin_change(connection)
        self._make_room(connection)
        secret = new_secret()
        id_ = uuid7()
        now = datetime.now(UTC)
        values = {
            "uuid": id_,
            "name": checked_name(name),
            "url": checked_url(url),
            "enabled": enabled,
            "filters": orjson.dumps((filters or Filters()).render()),
            "format": orjson.dumps(format_.options()),
            "encrypted_headers": self._encrypted(checked_headers(headers or {})),
            "encrypted_secret": self._box.encrypt(secret.encode()),
            "timeout_s": checked_timeout(timeout_s),
            "declared": declared,
            "created_at": now,
            "updated_at": now,
        }
        added = connection.scalar(
            insert(connection, EndpointRow)
            .values(values)
            .on_conflict_do_nothing()
            .returning(EndpointRow.id)
        )
        if added is None:
            raise EndpointNameTaken(name)
        return self.get(connection, id_), secret

    def list(
        self, connection: sa.Connection, *, limit: int, after: UUID | None = None
    ) -> Sequence[Endpoint]:
        """List endpoints, newest first, those made before the one called *after*."""
        statement = _LIVING.order_by(EndpointRow.uuid.desc()).limit(limit)
        if after is not None:
            statement = statement.where(EndpointRow.uuid < after)
        return [self._endpoint(row) for row in connection.execute(statement)]

    def get(self, connection: sa.Connection, id_: UUID) -> Endpoint:
        """Return an endpoint; raise `EndpointUnknown`."""
        return self._endpoint(_row(connection, id_))

    def find_by_name(self, connection: sa.Connection, name: str) -> Endpoint | None:
        """Return the endpoint of that name, or None."""
        statement = _LIVING.where(EndpointRow.name == name)
        row = connection.execute(statement).one_or_none()
        return None if row is None else self._endpoint(row)

    def list_declared(self, transaction: Transaction) -> Sequence[Endpoint]:
        """List the declared endpoints, before they are changed.

        Other changes of endpoints wait until the transaction ends.
        """
        _begin_change(transaction.connection)
        rows = transaction.execute(_LIVING.where(EndpointRow.declared))
        return [self._endpoint(row) for row in rows]

    def update(
        self,
        transaction: Transaction,
        id_: UUID,
        *,
        declared: bool = False,
        **changes: Any,
    ) -> Endpoint:
        """Change the fields named in *changes*, which are those of `create`.

        A header whose value is the mask keeps the value it has. *declared* says that
        the configuration file asks for this. Raises `EndpointUnknown`,
        `EndpointDeclared`, `EndpointInvalid` or `EndpointNameTaken`.
        """
        connection = transaction.connection
        _begin_change(connection)
        row = _row_to_change(connection, id_, declared=declared)
        values = self._values(row, changes)
        holder = self.find_by_name(connection, values.get("name", row.name))
        if holder is not None and holder.id != id_:
            raise EndpointNameTaken(holder.name)
        transaction.execute(
            sa.update(EndpointRow)
            .where(EndpointRow.id == row.id)
            .values(values | {"updated_at": datetime.now(UTC)})
        )
        return self.get(connection, id_)

    def remove(
        self, transaction: Transaction, id_: UUID, *, declared: bool = False
    ) -> None:
        """Remove an endpoint, and cancel what it has not got.

        *declared* says that the configuration file has it no more. Raises
        `EndpointUnknown` or `EndpointDeclared`.
        """
        connection = transaction.connection
        _begin_change(connection)
        row = _row_to_change(connection, id_, declared=declared)
        leases.lock(connection, row.id)
        transaction.execute(
            sa.update(EndpointRow)
            .where(EndpointRow.id == row.id)
            .values(removed_at=datetime.now(UTC))
        )
        cancel_due(connection, row.id)

    def list_interests(self, connection: sa.Connection) -> Sequence[Interest]:
        """List what each enabled endpoint wants, as this transaction sees it.

        They are read again only if some endpoint has changed.
        """
        version = get_version(connection)
        known, interests = self._interests
        if version != known:
            rows = connection.execute(
                _LIVING.where(EndpointRow.enabled).order_by(EndpointRow.id)
            )
            interests = [Interest(row.id, _filters(row), _format(row)) for row in rows]
            self._interests = version, interests
        return interests

    def get_recipient(self, connection: sa.Connection, key: int) -> Recipient:
        """Return what is needed to write to an endpoint; raise `SecretUnreadable`."""
        row = connection.execute(_ALL.where(EndpointRow.id == key)).one()
        return Recipient(
            id=row.uuid,
            name=row.name,
            url=row.url,
            format=_format(row),
            headers=self._headers(row),
            secret=secret_bytes(self._box.decrypt(row.encrypted_secret).decode()),
            timeout_s=row.timeout_s,
            is_open=row.enabled and row.removed_at is None,
        )

    def _make_room(self, connection: sa.Connection) -> None:
        living = sa.select(sa.func.count()).where(EndpointRow.removed_at.is_(None))
        if (connection.scalar(living) or 0) >= self._max_endpoints:
            raise TooManyEndpoints(self._max_endpoints)

    def _values(self, row: sa.Row[Any], changes: dict[str, Any]) -> dict[str, Any]:
        values = dict(changes)
        if "name" in values:
            values["name"] = checked_name(values["name"])
        if "url" in values:
            values["url"] = checked_url(values["url"])
        if "timeout_s" in values:
            values["timeout_s"] = checked_timeout(values["timeout_s"])
        if "filters" in values:
            values["filters"] = orjson.dumps(values["filters"].render())
        if "format_" in values:
            values["format"] = orjson.dumps(values.pop("format_").options())
        if "headers" in values:
            headers = unmasked(values.pop("headers"), self._headers(row))
            values["encrypted_headers"] = self._encrypted(checked_headers(headers))
        return values

    def _encrypted(self, headers: dict[str, str]) -> bytes:
        return self._box.encrypt(orjson.dumps(headers))

    def _headers(self, row: sa.Row[Any]) -> dict[str, str]:
        headers: dict[str, str] = orjson.loads(self._box.decrypt(row.encrypted_headers))
        return headers

    def _endpoint(self, row: sa.Row[Any]) -> Endpoint:
        return Endpoint(
            key=row.id,
            id=row.uuid,
            name=row.name,
            url=row.url,
            enabled=row.enabled,
            filters=_filters(row),
            format=_format(row),
            headers=dict.fromkeys(self._headers(row), MASK),
            timeout_s=row.timeout_s,
            declared=row.declared,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )


_ALL = sa.select(EndpointRow.__table__)
_LIVING = _ALL.where(EndpointRow.removed_at.is_(None))
_VERSION = Prepared(sa.select(EndpointVersionRow.version))


def get_version(connection: sa.Connection) -> object:
    """Return a value that differs whenever any endpoint was changed since."""
    return _VERSION.first(connection)


def cancel_due(connection: sa.Connection, key: int) -> None:
    """Cancel the pending deliveries of an endpoint, and all redeliveries."""
    due = sa.update(DeliveryRow).where(
        DeliveryRow.endpoint_id == key, DeliveryRow.due_at.is_not(None)
    )
    connection.execute(
        due.where(DeliveryRow.state == PENDING).values(state=CANCELLED, due_at=None)
    )
    connection.execute(due.values(due_at=None))


def _filters(row: sa.Row[Any]) -> Filters:
    return Filters.parse(orjson.loads(row.filters))


def _format(row: sa.Row[Any]) -> Format:
    return read_format(orjson.loads(row.format)) if row.format else DEFAULT_FORMAT


def _row(connection: sa.Connection, id_: UUID) -> sa.Row[Any]:
    row = connection.execute(_LIVING.where(EndpointRow.uuid == id_)).one_or_none()
    if row is None:
        raise EndpointUnknown
    return row


def _row_to_change(
    connection: sa.Connection, id_: UUID, *, declared: bool
) -> sa.Row[Any]:
    """Return the row, if the caller may change what is *declared* or if it is not."""
    row = _row(connection, id_)
    if row.declared and not declared:
        raise EndpointDeclared
    return row


def _begin_change(connection: sa.Connection) -> None:
    """Renew the version; other changes of endpoints wait here for this one.

    It is a random value and not a number: one that was rolled back never comes again.
    """
    statement = insert(connection, EndpointVersionRow)
    connection.execute(
        statement.values(id=1, version=uuid7()).on_conflict_do_update(
            index_elements=[EndpointVersionRow.id],
            set_={"version": statement.excluded.version},
        )
    )
