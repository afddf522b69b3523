"""The secrets of endpoints: of one endpoint several may sign side by side."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from notifier.delivery.errors import EndpointInvalid
from notifier.delivery.keys import (
    checked_secret,
    find_secret_bytes,
    new_private_key,
    new_secret,
    parse_private_key,
    public_key_of,
)
from notifier.delivery.signing import Signature, SigningKey
from notifier.delivery.tables import SecretRow
from notifier.ids import made_at, uuid7
from notifier.secrets import SecretBox


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A secret that signs, as it may be shown.

    The newest one of an endpoint has no *expires_at*. *public_key* is there if v1a was
    chosen while it was the newest.
    """

    id: UUID
    created_at: datetime
    expires_at: datetime | None
    public_key: str | None
    is_readable: bool


class SecretStore:
    """The secrets of one database. Who changes them has begun a change of endpoints."""

    def __init__(self, box: SecretBox) -> None:
        self._box = box

    def add(
        self,
        connection: sa.Connection,
        endpoint_key: int,
        signatures: Collection[Signature],
        given: str | None,
    ) -> str | None:
        """Give an endpoint its newest secret; return it if it was made here.

        Raises `EndpointInvalid`.
        """
        secret = new_secret() if given is None else checked_secret(given, signatures)
        values = {
            "id": uuid7(),
            "endpoint_id": endpoint_key,
            "encrypted_secret": self._box.encrypt(secret.encode()),
        }
        if Signature.V1A in signatures:
            values |= self._new_key_pair()
        connection.execute(sa.insert(SecretRow).values(values))
        return secret if given is None else None

    def adapt(
        self,
        connection: sa.Connection,
        endpoint_key: int,
        signatures: Collection[Signature],
    ) -> None:
        """See to it that the newest secret can make these signatures.

        Raises `EndpointInvalid` or `SecretUnreadable`.
        """
        newest = _live(connection, [endpoint_key], datetime.now(UTC))[0]
        if Signature.V1 in signatures and not self._is_standard(newest):
            raise EndpointInvalid(
                "signatures", "v1 needs a secret by Standard Webhooks: rotate to one"
            )
        if Signature.V1A in signatures and newest.public_key is None:
            connection.execute(
                sa.update(SecretRow)
                .where(SecretRow.id == newest.id)
                .values(self._new_key_pair())
            )

    def remove(self, connection: sa.Connection, endpoint_key: int) -> None:
        """Forget the secrets of an endpoint."""
        own = SecretRow.endpoint_id == endpoint_key
        connection.execute(sa.delete(SecretRow).where(own))

    def list_live(
        self, connection: sa.Connection, endpoint_keys: Sequence[int]
    ) -> Mapping[int, Sequence[Secret]]:
        """List the secrets of endpoints that sign now, the newest first."""
        found: dict[int, list[Secret]] = {key: [] for key in endpoint_keys}
        for row in _live(connection, endpoint_keys, datetime.now(UTC)):
            found[row.endpoint_id].append(self._secret(row))
        return found

    def list_keys(
        self, connection: sa.Connection, endpoint_key: int
    ) -> Sequence[SigningKey]:
        """List what an endpoint's signatures are made with, the oldest first.

        Raises `SecretUnreadable`.
        """
        rows = _live(connection, [endpoint_key], datetime.now(UTC))
        return [self._signing_key(row) for row in reversed(rows)]

    def _new_key_pair(self) -> dict[str, Any]:
        private_key = new_private_key()
        return {
            "encrypted_private_key": self._box.encrypt(private_key.encode()),
            "public_key": public_key_of(private_key),
        }

    def _is_standard(self, row: sa.Row[Any]) -> bool:
        secret = self._box.decrypt(row.encrypted_secret).decode()
        return find_secret_bytes(secret) is not None

    def _is_readable(self, row: sa.Row[Any]) -> bool:
        contents = row.encrypted_secret, row.encrypted_private_key
        return all(self._box.can_decrypt(content) for content in contents if content)

    def _secret(self, row: sa.Row[Any]) -> Secret:
        return Secret(
            id=row.id,
            created_at=made_at(row.id),
            expires_at=row.expires_at,
            public_key=row.public_key,
            is_readable=self._is_readable(row),
        )

    def _signing_key(self, row: sa.Row[Any]) -> SigningKey:
        secret = self._box.decrypt(row.encrypted_secret)
        private_key = None
        if row.encrypted_private_key is not None:
            text = self._box.decrypt(row.encrypted_private_key).decode()
            private_key = parse_private_key(text)
        return SigningKey(
            text=secret,
            secret_bytes=find_secret_bytes(secret.decode()),
            private_key=private_key,
            expires_at=row.expires_at,
        )


def _live(
    connection: sa.Connection, endpoint_keys: Sequence[int], now: datetime
) -> Sequence[sa.Row[Any]]:
    """Read the secrets that sign, the newest first."""
    statement = _LIVE.where(
        SecretRow.endpoint_id.in_(endpoint_keys),
        sa.or_(SecretRow.expires_at.is_(None), SecretRow.expires_at > now),
    )
    return connection.execute(statement).all()


# Not by the id alone, which is only as good as the clock.
_LIVE = sa.select(SecretRow.__table__).order_by(
    SecretRow.expires_at.is_not(None), SecretRow.expires_at.desc(), SecretRow.id.desc()
)
