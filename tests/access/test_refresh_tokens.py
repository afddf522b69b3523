"""Refresh tokens."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from notifier.access import refresh_tokens, users
from notifier.access.errors import AccessInvalid
from notifier.access.refresh_tokens import LIFE, RefreshToken, credential_of
from notifier.access.tables import RefreshTokenRow
from notifier.db import Database

NOW = datetime.now(UTC)
TOKEN = RefreshToken(subject="user:alice", credential=credential_of("$2b$…"))


def _issue(database: Database, token: RefreshToken = TOKEN, **more: str) -> str:
    values = {"service": "registry", "client_id": "docker", **more}
    with database.transaction() as transaction:
        return refresh_tokens.issue(transaction, token=token, now=NOW, **values)


def _redeem(
    database: Database, text: str, service: str = "registry", at: datetime = NOW
) -> RefreshToken | None:
    with database.transaction() as transaction:
        return refresh_tokens.redeem(transaction, text, service=service, now=at)


def test_a_token_is_redeemed_as_often_as_wanted(database: Database) -> None:
    text = _issue(database)

    assert _redeem(database, text) == TOKEN
    assert _redeem(database, text) == TOKEN


@pytest.mark.parametrize("text", ["", "x", "x" * 43, "x" * 100_000])
def test_what_is_no_token_is_of_no_use(database: Database, text: str) -> None:
    _issue(database)

    assert _redeem(database, text) is None


def test_a_token_is_for_one_service(database: Database) -> None:
    assert _redeem(database, _issue(database), "another") is None


def test_a_token_lives_for_a_month_after_each_use(database: Database) -> None:
    used, unused = _issue(database), _issue(database)

    assert _redeem(database, used, at=NOW + LIFE / 2) is not None

    assert _redeem(database, unused, at=NOW + LIFE) is None
    assert _redeem(database, used, at=NOW + LIFE) is not None
    assert _redeem(database, used, at=NOW + LIFE * 3) is None


def test_a_use_is_written_down_once_an_hour(database: Database) -> None:
    text = _issue(database)
    for minutes in (0, 59, 61):
        _redeem(database, text, at=NOW + timedelta(minutes=minutes))

    with database.read() as connection:
        used = connection.scalar(sa.select(RefreshTokenRow.last_used_at))
    assert used == NOW + timedelta(minutes=61)


def test_the_text_of_a_token_is_not_kept(database: Database) -> None:
    text = _issue(database)

    with database.read() as connection:
        [row] = connection.execute(sa.select(RefreshTokenRow.__table__))
    assert text not in repr(row)


def test_beyond_so_many_the_oldest_token_goes(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh_tokens, "MAX_TOKENS", 2)
    other = RefreshToken(subject="user:bob", credential=b"x")
    kept = _issue(database, other)

    first, second, third = (_issue(database) for _ in range(3))

    assert _redeem(database, first) is None
    for text in (second, third, kept):
        assert _redeem(database, text) is not None


@pytest.mark.parametrize("field", ["service", "client_id"])
def test_who_asks_can_be_shown(database: Database, field: str) -> None:
    with pytest.raises(AccessInvalid, match=rf"^{field}: "):
        _issue(database, TOKEN, **{field: "a\nb"})


def test_another_password_ends_them(database: Database) -> None:
    with database.transaction() as transaction:
        alice = users.create(transaction, name="alice")
    text = _issue(database)

    with database.transaction() as transaction:
        users.set_password(transaction, alice.id, None)

    assert _redeem(database, text) is None
