"""Endpoints: who wants to be told, at which URL, of what."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa

from notifier.db import Transaction, insert
from notifier.delivery import breakers, endpoint_rows, leases
from notifier.delivery.breaker import Breaker, DisabledReason
from notifier.delivery.endpoint_secrets import Secret, SecretStore
from notifier.delivery.errors import (
    EndpointInvalid,
    EndpointNameTaken,
    TooManyEndpoints,
)
from notifier.delivery.fields import checked_name, checked_timeout, checked_url
from notifier.delivery.filters import Filters
from notifier.delivery.formats import DEFAULT_FORMAT, Format, read_format
from notifier.delivery.headers import MASK, checked_headers, unmasked
from notifier.delivery.policy import Policy
from notifier.delivery.reach import Reach
from notifier.delivery.sealed import SealedValues
from notifier.delivery.secrets import SecretBox, SecretUnreadable
from notifier.delivery.signing import (
    DEFAULT_SIGNATURES,
    Signature,
    Signer,
    checked_signatures,
    parse_signatures,
    render_signatures,
)
from notifier.delivery.tables import (
    CANCELLED,
    PENDING,
    DeliveryRow,
    EndpointRow,
)
from notifier.delivery.tls import (
    ShownTls,
    Tls,
    checked_tls,
    require_https,
    seal,
    shown,
    unseal,
)
from notifier.delivery.url_secrets import checked_url_secrets, still_named
from notifier.events.event import Event
from notifier.ids import uuid7

DEFAULT_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An endpoint as it may be shown: values of headers and URL secrets are masked.

    *key* is its number inside the database. One that is *declared* stands in the
    configuration file, and only what reads that may change it. Its *breaker* says how
    it has fared of late, *disabled_reason* why it is disabled if nobody did that. The
    newest of its *secrets* is the first. It *is_readable* if the present keys decrypt
    all that is secret about it; without that its headers are not known, and nothing
    can be sent.
    """

    key: int
    id: UUID
    name: str
    url: str
    url_secrets: dict[str, str]
    enabled: bool
    disabled_reason: DisabledReason | None
    filters: Filters
    format: Format
    policy: Policy
    breaker: Breaker
    headers: dict[str, str]
    timeout_s: float
    declared: bool
    tls: ShownTls | None
    created_at: datetime
    updated_at: datetime
    signatures: tuple[Signature, ...]
    secrets: Sequence[Secret]
    is_readable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """An endpoint as it is written to, secrets and all. Never shown.

    Its *url* alone may be: it names the *url_secrets* that stand in it. It *is_open*
    while it is enabled and not removed; otherwise it has no secrets. It *is_local* if
    the server that took its URL listened on loopback.
    """

    key: int
    id: UUID
    name: str
    url: str
    url_secrets: dict[str, str]
    format: Format
    policy: Policy
    headers: dict[str, str]
    signer: Signer
    timeout_s: float
    tls: Tls | None
    is_open: bool
    is_local: bool

    @property
    def max_batch(self) -> int:
        """Return how many events may go in one POST."""
        return self.policy.max_batch if self.format.is_batch else 1


@dataclass(frozen=True, slots=True)
class Interest:
    """What the endpoint of that *key* wants to hear of, and in which format."""

    key: int
    filters: Filters
    format: Format
    policy: Policy

    def covers(self, event: Event) -> bool:
        """Tell whether the endpoint is to hear of *event*, and can be told of it."""
        return self.filters.wants(event) and self.format.can_tell(event)


class EndpointStore:
    """The endpoints of one database.

    By its *reach* a URL is checked before it is given to `create` or `update`: that may
    take a moment, and no transaction should wait for it.
    """

    def __init__(self, box: SecretBox, max_endpoints: int, reach: Reach) -> None:
        self.reach = reach
        self._box = box
        self._sealed = SealedValues(box)
        self.secrets = SecretStore(box)
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
        own_tls = checked_tls(tls or {})
        require_https(own_tls, url)
        kinds = checked_signatures(signatures)
        id_ = uuid7()
        now = datetime.now(UTC)
        values = {
            "uuid": id_,
            "name": checked_name(name),
            "url": checked_url(url),
            "enabled": enabled,
            "filters": orjson.dumps((filters or Filters()).render()),
            "format": orjson.dumps(format_.options()),
            "encrypted_headers": self._sealed.seal(checked_headers(headers or {})),
            "encrypted_url_secrets": self._sealed.seal_any(
                checked_url_secrets(url, url_secrets or {})
            ),
            "timeout_s": checked_timeout(timeout_s),
            "declared": declared,
            "encrypted_tls": seal(own_tls, self._box),
            "is_local": self.reach.is_local,
            "created_at": now,
            "updated_at": now,
            "signatures": render_signatures(kinds),
            "policy": _rendered(checked_policy(policy or {}, format_)),
        }
        added = connection.scalar(
            insert(connection, EndpointRow)
            .values(values)
            .on_conflict_do_nothing()
            .returning(EndpointRow.id)
        )
        if added is None:
            raise EndpointNameTaken(name)
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
        values = self._values(row, changes)
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
                removed_at=datetime.now(UTC), encrypted_headers=b"", encrypted_tls=None
            )
        )
        self.secrets.remove(connection, row.id)
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
            interests = [
                Interest(row.id, _filters(row), _format(row), _policy(row))
                for row in rows
            ]
            self._interests = version, interests
        return interests

    def get_recipient(self, connection: sa.Connection, key: int) -> Recipient:
        """Return what is needed to write to an endpoint; raise `SecretUnreadable`."""
        row = connection.execute(endpoint_rows.ALL.where(EndpointRow.id == key)).one()
        is_wanted = row.enabled and row.removed_at is None
        keys = self.secrets.list_keys(connection, key) if is_wanted else []
        # It may have been removed since its row was read, and its secrets with it.
        is_open = bool(keys)
        return Recipient(
            key=row.id,
            id=row.uuid,
            name=row.name,
            url=row.url,
            url_secrets=self._sealed.open(row.encrypted_url_secrets) if is_open else {},
            format=_format(row),
            policy=_policy(row),
            headers=self._sealed.open(row.encrypted_headers) if is_open else {},
            signer=Signer(parse_signatures(row.signatures), keys),
            timeout_s=row.timeout_s,
            tls=unseal(row.encrypted_tls, self._box) if is_open else None,
            is_open=is_open,
            is_local=row.is_local,
        )

    def find_headers(
        self, connection: sa.Connection, key: int
    ) -> dict[str, str] | None:
        """Return the headers with their values, or None if none can be decrypted."""
        row = connection.execute(endpoint_rows.ALL.where(EndpointRow.id == key)).one()
        return self._sealed.find(row.encrypted_headers)

    def _make_room(self, connection: sa.Connection) -> None:
        living = sa.select(sa.func.count()).where(EndpointRow.removed_at.is_(None))
        if (connection.scalar(living) or 0) >= self._max_endpoints:
            raise TooManyEndpoints(self._max_endpoints)

    def _values(self, row: sa.Row[Any], changes: dict[str, Any]) -> dict[str, Any]:
        values = {
            name: _CHECKS[name](value) if name in _CHECKS else value
            for name, value in changes.items()
        }
        if "url" in values:
            values["is_local"] = self.reach.is_local
        if "url" in values or "tls" in values:
            values["encrypted_tls"] = self._changed_tls(row, values)
        if "format_" in values or "policy" in values:
            format_ = values.pop("format_", None) or _format(row)
            policy = checked_policy(values.pop("policy", {}), format_, _policy(row))
            values["format"] = orjson.dumps(format_.options())
            values["policy"] = _rendered(policy)
        if values.get("enabled"):
            values["disabled_reason"] = None
        if "headers" in values:
            headers = self._unmasked(values.pop("headers"), row.encrypted_headers)
            values["encrypted_headers"] = self._sealed.seal(checked_headers(headers))
        if "url" in values or "url_secrets" in values:
            url = values.get("url", row.url)
            secrets = self._url_secrets(row, url, values.pop("url_secrets", None))
            values["encrypted_url_secrets"] = self._sealed.seal_any(secrets)
        return values

    def _changed_tls(self, row: sa.Row[Any], values: dict[str, Any]) -> bytes | None:
        if "tls" not in values:
            tls = unseal(row.encrypted_tls, self._box)
        else:
            given = values.pop("tls") or {}
            is_kept = given.get("client_key") == MASK
            present = unseal(row.encrypted_tls, self._box) if is_kept else None
            tls = checked_tls(given, present)
        require_https(tls, values.get("url", row.url))
        return seal(tls, self._box)

    def _unmasked(self, given: dict[str, str], sealed: bytes | None) -> dict[str, str]:
        """Fill in what was sealed; only then does it have to be readable."""
        if MASK not in given.values():
            return given
        return unmasked(given, self._sealed.open(sealed))

    def _url_secrets(
        self, row: sa.Row[Any], url: str, given: dict[str, str] | None
    ) -> dict[str, str]:
        """Return what *url* is to hold: what is *given*, or what it names as before."""
        sealed = row.encrypted_url_secrets if "{" in url else None
        if given is None:
            return checked_url_secrets(url, still_named(url, self._sealed.open(sealed)))
        return checked_url_secrets(url, self._unmasked(given, sealed))

    def _find_tls(self, row: sa.Row[Any]) -> Tls | None:
        try:
            return unseal(row.encrypted_tls, self._box)
        except SecretUnreadable:
            return None

    def _endpoints(
        self, connection: sa.Connection, rows: Sequence[sa.Row[Any]]
    ) -> Sequence[Endpoint]:
        keys = [row.id for row in rows]
        secrets = self.secrets.list_live(connection, keys)
        found = breakers.load_all(connection, keys)
        return [self._endpoint(row, secrets[row.id], found[row.id]) for row in rows]

    def _endpoint(
        self, row: sa.Row[Any], secrets: Sequence[Secret], breaker: Breaker
    ) -> Endpoint:
        headers, tls = self._sealed.find(row.encrypted_headers), self._find_tls(row)
        url_secrets = self._sealed.find(row.encrypted_url_secrets)
        has_read = None not in (headers, url_secrets) and (tls or not row.encrypted_tls)
        return Endpoint(
            key=row.id,
            id=row.uuid,
            name=row.name,
            url=row.url,
            url_secrets=dict.fromkeys(url_secrets or {}, MASK),
            enabled=row.enabled,
            disabled_reason=row.disabled_reason and DisabledReason(row.disabled_reason),
            filters=_filters(row),
            format=_format(row),
            policy=_policy(row),
            breaker=breaker,
            headers=dict.fromkeys(headers or {}, MASK),
            timeout_s=row.timeout_s,
            declared=row.declared,
            tls=shown(tls),
            created_at=row.created_at,
            updated_at=row.updated_at,
            signatures=parse_signatures(row.signatures),
            secrets=secrets,
            is_readable=bool(has_read) and all(s.is_readable for s in secrets),
        )


def cancel_due(connection: sa.Connection, key: int) -> None:
    """Cancel the pending deliveries of an endpoint, and all redeliveries."""
    due = sa.update(DeliveryRow).where(
        DeliveryRow.endpoint_id == key, DeliveryRow.due_at.is_not(None)
    )
    connection.execute(
        due.where(DeliveryRow.state == PENDING).values(state=CANCELLED, due_at=None)
    )
    connection.execute(due.values(due_at=None))


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "name": checked_name,
    "url": checked_url,
    "timeout_s": checked_timeout,
    "filters": lambda filters: orjson.dumps(filters.render()),
    "signatures": lambda kinds: render_signatures(checked_signatures(kinds)),
}


def _filters(row: sa.Row[Any]) -> Filters:
    return Filters.parse(orjson.loads(row.filters))


def checked_policy(
    given: Mapping[str, Any], format_: Format, present: Policy | None = None
) -> Policy:
    """Return *present*, or the defaults, with what is *given*.

    Raises `EndpointInvalid`.
    """
    policy = (present or Policy()).changed(given)
    if policy.max_batch > 1 and not format_.is_batch:
        raise EndpointInvalid(
            "max_batch", f"the format {format_.type} tells one event at a time"
        )
    return policy


def _rendered(policy: Policy) -> bytes:
    return orjson.dumps(policy.render())


def _policy(row: sa.Row[Any]) -> Policy:
    return Policy.parse(orjson.loads(row.policy))


def _format(row: sa.Row[Any]) -> Format:
    return read_format(orjson.loads(row.format)) if row.format else DEFAULT_FORMAT
