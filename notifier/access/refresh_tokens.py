"""Refresh tokens: what a client keeps in place of a password.

A client that asks for one gets access tokens for it until it has not asked for a month,
or until the password is another one.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from notifier.access.fields import checked_visible
from notifier.access.tables import RefreshTokenRow
from notifier.db import Transaction
from notifier.ids import uuid7

# Of one subject: beyond, the oldest ones go.
MAX_TOKENS: Final = 100
LIFE: Final = timedelta(days=30)

_RENEW_EVERY = timedelta(hours=1)
_BYTES = 32
_MAX_LENGTH = 128
_MAX_NAME = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    """Whom a refresh token is for, and by which password they got it."""

    subject: str
    credential: bytes


def issue(
    transaction: Transaction,
    *,
    token: RefreshToken,
    service: str,
    client_id: str,
    now: datetime,
) -> str:
    """Make a refresh token; return its text. Raises `AccessInvalid`."""
    text = secrets.token_urlsafe(_BYTES)
    transaction.execute(
        sa.insert(RefreshTokenRow).values(
            id=uuid7(),
            digest=_digest_of(text),
            subject=token.subject,
            credential=token.credential,
            service=checked_visible(service, "service", _MAX_NAME),
            client_id=checked_visible(client_id, "client_id", _MAX_NAME),
            expires_at=now + LIFE,
        )
    )
    own = RefreshTokenRow.subject == token.subject
    newest = (
        sa.select(RefreshTokenRow.id)
        .where(own)
        .order_by(RefreshTokenRow.id.desc())
        .limit(MAX_TOKENS)
    )
    transaction.execute(
        sa.delete(RefreshTokenRow).where(own, RefreshTokenRow.id.not_in(newest))
    )
    return text


def redeem(
    transaction: Transaction, text: str, *, service: str, now: datetime
) -> RefreshToken | None:
    """Return whom a token is for, and let it live on; None if it is of no use."""
    if len(text) > _MAX_LENGTH:
        return None
    row = transaction.execute(
        sa.select(RefreshTokenRow.__table__).where(
            RefreshTokenRow.digest == _digest_of(text),
            RefreshTokenRow.service == service,
            RefreshTokenRow.expires_at > now,
        )
    ).one_or_none()
    if row is None:
        return None
    if row.last_used_at is None or row.last_used_at <= now - _RENEW_EVERY:
        transaction.execute(
            sa.update(RefreshTokenRow)
            .where(RefreshTokenRow.id == row.id)
            .values(last_used_at=now, expires_at=now + LIFE)
        )
    return RefreshToken(subject=row.subject, credential=row.credential)


def credential_of(stored: str) -> bytes:
    """Return what a refresh token remembers of a password's hash."""
    return hashlib.sha256(stored.encode()).digest()


def _digest_of(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
