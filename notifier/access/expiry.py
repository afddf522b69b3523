"""Tokens that nobody can use any more are forgotten after a time."""

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from notifier.access.tables import ApiTokenRow, RefreshTokenRow
from notifier.db import Database

# So long lists still show that a token was there, and how it ended.
KEPT: Final = timedelta(days=90)


def forget_expired(database: Database, now: datetime) -> None:
    """Delete refresh tokens that have expired, and API tokens that did long ago."""
    before = now - KEPT
    over = sa.or_(ApiTokenRow.expires_at <= before, ApiTokenRow.revoked_at <= before)
    with database.transaction() as transaction:
        transaction.execute(
            sa.delete(RefreshTokenRow).where(RefreshTokenRow.expires_at <= now)
        )
        transaction.execute(sa.delete(ApiTokenRow).where(over))
