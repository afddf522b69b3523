"""Rotation: an endpoint gets a new secret, and the old ones sign on beside it.

They do so for an overlap, in which the receiver can be told of the new one.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from notifier.db import Transaction
from notifier.delivery import endpoint_rows
from notifier.delivery.endpoint_secrets import Secret, SecretStore
from notifier.delivery.errors import (
    EndpointInvalid,
    SecretCurrent,
    SecretUnknown,
    TooManySecrets,
)
from notifier.delivery.signing import parse_signatures
from notifier.delivery.tables import SecretRow

DEFAULT_OVERLAP_S = 24 * 3600
MAX_OVERLAP_S = 30 * 24 * 3600

_MAX_LIVE = 3


def rotate_secret(
    transaction: Transaction,
    secrets: SecretStore,
    endpoint_id: UUID,
    *,
    overlap_s: int = DEFAULT_OVERLAP_S,
    secret: str | None = None,
) -> tuple[Secret, str | None]:
    """Give an endpoint a new secret; return it, and its text if it was made here.

    None of the old ones signs longer than *overlap_s* from now; one that cannot be
    decrypted signs nothing, and ends at once. Raises `EndpointUnknown`,
    `EndpointInvalid` or `TooManySecrets`.
    """
    if not 0 <= overlap_s <= MAX_OVERLAP_S:
        raise EndpointInvalid("overlap_s", f"must be from 0 to {MAX_OVERLAP_S}")
    connection = transaction.connection
    endpoint_rows.begin_change(connection)
    row = endpoint_rows.get_row(connection, endpoint_id)
    live = secrets.list_live(connection, [row.id])[row.id]
    kept = [old.id for old in live if overlap_s and old.is_readable]
    if len(kept) >= _MAX_LIVE:
        raise TooManySecrets(_MAX_LIVE)
    _limit(connection, row.id, kept, datetime.now(UTC) + timedelta(seconds=overlap_s))
    made = secrets.add(connection, row.id, parse_signatures(row.signatures), secret)
    endpoint_rows.write(connection, row.id)
    return secrets.list_live(connection, [row.id])[row.id][0], made


def end_secret(
    transaction: Transaction, secrets: SecretStore, endpoint_id: UUID, secret_id: UUID
) -> None:
    """Let an old secret sign no more.

    Raises `EndpointUnknown`, `SecretUnknown` or `SecretCurrent`.
    """
    connection = transaction.connection
    endpoint_rows.begin_change(connection)
    row = endpoint_rows.get_row(connection, endpoint_id)
    newest, *old = secrets.list_live(connection, [row.id])[row.id]
    if secret_id == newest.id:
        raise SecretCurrent
    if secret_id not in {secret.id for secret in old}:
        raise SecretUnknown
    connection.execute(sa.delete(SecretRow).where(SecretRow.id == secret_id))
    endpoint_rows.write(connection, row.id)


def _limit(
    connection: sa.Connection, endpoint_key: int, kept: list[UUID], until: datetime
) -> None:
    """Forget all secrets but those *kept*; let these sign no longer than *until*."""
    own = SecretRow.endpoint_id == endpoint_key
    connection.execute(sa.delete(SecretRow).where(own, SecretRow.id.not_in(kept)))
    is_longer = sa.or_(SecretRow.expires_at.is_(None), SecretRow.expires_at > until)
    connection.execute(
        sa.update(SecretRow).where(own, is_longer).values(expires_at=until)
    )
