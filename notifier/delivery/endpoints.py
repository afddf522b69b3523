"""Endpoints: who wants to be told, at which URL, of what."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from notifier.db import Transaction, insert
from notifier.delivery import breakers, endpoint_rows, leases
from notifier.delivery.breaker import DisabledReason
from notifier.delivery.deliveries import cancel_due
from notifier.delivery.endpoint import Endpoint, Interest, Recipient
from notifier.delivery.endpoint_columns import EndpointColumns, interest_of
from notifier.delivery.endpoint_secrets import SecretStore
from notifier.delivery.errors import EndpointNameTaken, TooManyEndpoints
from notifier.delivery.filters import Filters
from notifier.delivery.formats import DEFAULT_FORMAT, Format
from notifier.delivery.reach import Reach
from notifier.delivery.signing import (
    DEFAULT_SIGNATURES,
    checked_signatures,
    parse_signatures,
)
from notifier.delivery.tables import EndpointRow
from notifier.ids import uuid7
from notifier.secrets import SecretBox

DEFAULT_TIMEOUT_S = 5.0


class EndpointStore:
    """The endpoints of one database.

    By its *reach* a URL is checked before it is given to `create` or `update`: that may
    take a moment, and no transaction should wait for it.
    """

    def __init__(self, box: SecretBox, max_endpoints: int, reach: Reach) -> None:
        self.reach = reach
        self.secrets = SecretStore(box)
        self._columns = EndpointColumns(box)
        self._max_endpoints = max_endpoints
        self._interests: tuple[object, Sequence[Interest]] = (None, ())

    def create(
        self,
        transaction: Transaction,
        *,
        name: str,
        url: str,
        url_secrets: dict[str, str] | None = None,
        enabled: bool = True,
        filters: Filters | None = None,
        format_: Format = DEFAULT_FORMAT,
        headers: dict[str, str] | None = None,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        declared: bool = False,
        tls: Mapping[str, str] | None = None,
        signatures: Collection[str] = DEFAULT_SIGNATURES,
        secret: str | None = None,
        policy: Mapping[str, Any] | None = None,
    ) -> tuple[Endpoint, str | None]:
        """Add an endpoint; return it, and its secret if it was made here.

        That is never shown again. *policy* has the fields of a `Policy` that are not to
        be the defaults. Raises `EndpointInvalid`, `EndpointNameTaken` or
        `TooManyEndpoints`.
        """
        connection = transaction.connection
        endpoint_rows.begin_change(connection)
        self._make_room(connection)
        id_ = uuid7()
        values = self._columns.make(
            {
                "name": name,
                "url": url,
                "url_secrets": url_secrets,
                "enabled": enabled,
                "filters": filters,
                "format_": format_,
                "headers": headers,
                "timeout_s": timeout_s,
                "declared": declared,
                "tls": tls,
                "signatures": signatures,
                "policy": policy,
            },
            is_local=self.reach.is_local,
        )
        added = connection.scalar(
            insert(connection, EndpointRow)
            .values(uuid=id_, **values)
            .on_conflict_do_nothing()
            .returning(EndpointRow.id)
        )
        if added is None:
            raise EndpointNameTaken(name)
        kinds = checked_signatures(signatures)
        made = self.secrets.add(connection, added, kinds, secret)
        return self.get(connection, id_), made

    def list(
        self, connection: sa.Connection, *, limit: int, after: UUID | None = None
    ) -> Sequence[Endpoint]:
        """List endpoints, newest first, those made before the one called *after*."""
        statement = endpoint_rows.LIVING.order_by(EndpointRow.uuid.desc()).limit(limit)
        if after is not None:
            statement = statement.where(EndpointRow.uuid < after)
        return self._endpoints(connection, connection.execute(statement).all())

    def get(self, connection: sa.Connection, id_: UUID) -> Endpoint:
        """Return an endpoint; raise `EndpointUnknown`."""
        return self._endpoints(connection, [endpoint_rows.get_row(connection, id_)])[0]

    def find_by_name(self, connection: sa.Connection, name: str) -> Endpoint | None:
        """Return the endpoint of that name, or None."""
        statement = endpoint_rows.LIVING.where(EndpointRow.name == name)
        row = connection.execute(statement).one_or_none()
        return None if row is None else self._endpoints(connection, [row])[0]

    def list_declared(self, transaction: Transaction) -> Sequence[Endpoint]:
        """List the declared endpoints, before they are changed.

        Other changes of endpoints wait until the transaction ends.
        """
        connection = transaction.connection
        endpoint_rows.begin_change(connection)
        statement = endpoint_rows.LIVING.where(EndpointRow.declared)
        return self._endpoints(connection, connection.execute(statement).all())

    def update(
        self,
        transaction: Transaction,
        id_: UUID,
        *,
        declared: bool = False,
        **changes: Any,
    ) -> Endpoint:
        """Change the fields named in *changes*: those of `create` but for the secret.

        A header or URL secret whose value is the mask keeps what it has. *declared*
        says that the configuration file asks for this. Raises `EndpointUnknown`,
        `EndpointDeclared`, `EndpointInvalid`, `EndpointNameTaken`, or
        `SecretUnreadable` if a value that is needed cannot be decrypted.
        """
        connection = transaction.connection
        endpoint_rows.begin_change(connection)
        row = endpoint_rows.get_row_to_change(connection, id_, declared=declared)
        values = self._columns.change(row, changes, is_local=self.reach.is_local)
        holder = self.find_by_name(connection, values.get("name", row.name))
        if holder is not None and holder.id != id_:
            raise EndpointNameTaken(holder.name)
        if "signatures" in values:
            self.secrets.adapt(
                connection, row.id, parse_signatures(values["signatures"])
            )
        endpoint_rows.write(connection, row.id, **values)
        if values.get("enabled"):
            # Whoever enables it expects it to be tried.
            breakers.reset(connection, row.id)
        return self.get(connection, id_)

    def disable(
        self, transaction: Transaction, key: int, reason: DisabledReason
    ) -> None:
        """Send nothing more to the endpoint of that *key*, until it is enabled."""
        connection = transaction.connection
        endpoint_rows.begin_change(connection)
        endpoint_rows.write(
            connection, key, enabled=False, disabled_reason=reason.value
        )

    def remove(
        self, transaction: Transaction, id_: UUID, *, declared: bool = False
    ) -> None:
        """Remove an endpoint and its secrets, and cancel what it has not got.

        *declared* says that the configuration file has it no more. Raises
        `EndpointUnknown` or `EndpointDeclared`.
        """
        connection = transaction.connection
        endpoint_rows.begin_change(connection)
        row = endpoint_rows.get_row_to_change(connection, id_, declared=declared)
        leases.lock(connection, row.id)
        transaction.execute(
            sa.update(EndpointRow)
            .where(EndpointRow.id == row.id)
            .values(
                removed_at=datetime.now(UTC),
                encrypted_headers=b"",
                encrypted_tls=None,
                encrypted_url_secrets=None,
            )
        )
        self.secrets.remove(connection, row.id)
        breakers.reset(connection, row.id)
        cancel_due(connection, row.id)

    def list_interests(self, connection: sa.Connection) -> Sequence[Interest]:
        """List what each enabled endpoint wants, as this transaction sees it.

        They are read again only if some endpoint has changed.
        """
        version = endpoint_rows.get_version(connection)
        known, interests = self._interests
        if version != known:
            rows = connection.execute(
                endpoint_rows.LIVING.where(EndpointRow.enabled).order_by(EndpointRow.id)
            )
            interests = [interest_of(row) for row in rows]
            self._interests = version, interests
        return interests

    def get_recipient(self, connection: sa.Connection, key: int) -> Recipient:
        """Return what is needed to write to an endpoint; raise `SecretUnreadable`."""
        row = connection.execute(endpoint_rows.ALL.where(EndpointRow.id == key)).one()
        is_wanted = row.enabled and row.removed_at is None
        keys = self.secrets.list_keys(connection, key) if is_wanted else []
        # It may have been removed since its row was read, and its secrets with it.
        return self._columns.open(row, keys)

    def find_headers(
        self, connection: sa.Connection, key: int
    ) -> dict[str, str] | None:
        """Return the headers with their values, or None if none can be decrypted."""
        row = connection.execute(endpoint_rows.ALL.where(EndpointRow.id == key)).one()
        return self._columns.find_headers(row)

    def _make_room(self, connection: sa.Connection) -> None:
        living = sa.select(sa.func.count()).where(EndpointRow.removed_at.is_(None))
        if (connection.scalar(living) or 0) >= self._max_endpoints:
            raise TooManyEndpoints(self._max_endpoints)

    def _endpoints(
        self, connection: sa.Connection, rows: Sequence[sa.Row[Any]]
    ) -> Sequence[Endpoint]:
        keys = [row.id for row in rows]
        secrets = self.secrets.list_live(connection, keys)
        found = breakers.load_all(connection, keys)
        return [self._columns.show(row, secrets[row.id], found[row.id]) for row in rows]
