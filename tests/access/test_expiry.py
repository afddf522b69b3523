"""Tokens that nobody can use any more."""

from datetime import UTC, datetime, timedelta

from notifier.access import api_tokens, refresh_tokens
from notifier.access.expiry import KEPT, forget_expired
from notifier.access.refresh_tokens import LIFE, RefreshToken
from notifier.db import Database

NOW = datetime.now(UTC)


def test_api_tokens_are_forgotten_long_after_their_end(database: Database) -> None:
    ends = {"lives": None, "expires": NOW + timedelta(days=1), "revoked": None}
    with database.transaction() as transaction:
        made = {
            name: api_tokens.create(
                transaction,
                subject="user:alice",
                name=name,
                permits=["pull"],
                expires_at=expires_at,
            )[0]
            for name, expires_at in ends.items()
        }
        api_tokens.revoke(transaction, made["revoked"].id)

    left = []
    for after in (timedelta(), KEPT - timedelta(days=1), KEPT + timedelta(days=2)):
        forget_expired(database, NOW + after)
        with database.read() as connection:
            tokens = api_tokens.list_tokens(connection, limit=9)
        left.append({token.name for token in tokens})

    assert left == [set(ends), set(ends), {"lives"}]


def test_refresh_tokens_are_forgotten_at_their_end(database: Database) -> None:
    with database.transaction() as transaction:
        text = refresh_tokens.issue(
            transaction,
            token=RefreshToken(subject="user:alice", credential=b"x"),
            service="registry",
            client_id="docker",
            now=NOW,
        )

    forget_expired(database, NOW + LIFE)

    with database.transaction() as transaction:
        found = refresh_tokens.redeem(transaction, text, service="registry", now=NOW)
    assert found is None
