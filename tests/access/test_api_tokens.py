"""API tokens."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from notifier.access import api_tokens
from notifier.access.api_tokens import ApiToken
from notifier.access.errors import AccessInvalid, NameTaken, TokenUnknown, TooMany
from notifier.access.permits import Permit
from notifier.access.state import get_version
from notifier.access.tables import ApiTokenRow
from notifier.access.token_text import digest_of, is_token, new_token
from notifier.db import Database

NOW = datetime.now(UTC)


def _create(
    database: Database, name: str = "ci", **more: object
) -> tuple[ApiToken, str]:
    values = {"subject": "user:alice", "permits": ["push", "pull"], **more}
    with database.transaction() as transaction:
        return api_tokens.create(transaction, name=name, **values)  # type: ignore[arg-type]  # as the test has it


def test_a_token_is_known_by_its_beginning_and_its_check() -> None:
    texts = {new_token() for _ in range(50)}

    assert len(texts) == 50
    for text in texts:
        assert re.fullmatch(r"ntf_[0-9A-Za-z]{36}", text)
        assert is_token(text)


@given(st.integers(4, 39), st.sampled_from("0aZ"))
def test_a_token_with_another_character_is_none(place: int, character: str) -> None:
    text = new_token()
    changed = text[:place] + character + text[place + 1 :]

    assert is_token(changed) == (changed == text)


@pytest.mark.parametrize(
    "text", ["", "ntf_", "ntf_" + "0" * 36, "ghp_" + "a" * 36, "ntf_" + "\u0660" * 36]
)
def test_what_is_no_token_is_not_taken_for_one(text: str) -> None:
    assert not is_token(text)


def test_a_token_is_found_by_its_digest_and_its_text_is_not_kept(
    database: Database,
) -> None:
    made, text = _create(database, repositories=["team/*"])

    with database.read() as connection:
        assert api_tokens.find(connection, digest_of(text)) == made
        assert api_tokens.find(connection, digest_of(new_token())) is None
        [row] = connection.execute(sa.select(ApiTokenRow.__table__))
    assert text not in repr(row)
    assert text.encode() not in row.digest
    assert made.permits == (Permit.PULL, Permit.PUSH)
    assert made.permissions.globs_for(Permit.PUSH) == ("team/*",)
    assert (made.expires_at, made.last_used_at, made.revoked_at) == (None, None, None)


def test_tokens_are_listed_newest_first_by_pages_and_by_owner(
    database: Database,
) -> None:
    one, _ = _create(database, "one")
    two, _ = _create(database, "two", subject="robot:ci")
    three, _ = _create(database, "three")

    with database.read() as connection:
        first = api_tokens.list_tokens(connection, limit=2)
        rest = api_tokens.list_tokens(connection, limit=2, after=first[-1].id)
        own = api_tokens.list_tokens(connection, limit=9, subject="user:alice")

    assert [*first, *rest] == [three, two, one]
    assert own == [three, one]


def test_of_what_is_no_subject_nothing_is_listed(database: Database) -> None:
    with database.read() as connection, pytest.raises(AccessInvalid):
        api_tokens.list_tokens(connection, limit=1, subject="user:a\0b")


def test_a_token_is_revoked_once_and_the_version_changes(database: Database) -> None:
    made, _ = _create(database)
    with database.read() as connection:
        before = get_version(connection)

    with database.transaction() as transaction:
        revoked = api_tokens.revoke(transaction, made.id)

    assert revoked.revoked_at is not None
    with database.read() as connection:
        assert get_version(connection) != before
    for id_ in (made.id, uuid4()):
        with pytest.raises(TokenUnknown), database.transaction() as transaction:
            api_tokens.revoke(transaction, id_)


def test_a_name_is_taken_as_long_as_its_token_lives(database: Database) -> None:
    made, _ = _create(database)
    with pytest.raises(NameTaken, match="ci is there already"):
        _create(database)
    _create(database, subject="user:bob")

    with database.transaction() as transaction:
        api_tokens.revoke(transaction, made.id)

    _create(database)


def test_an_owner_may_have_so_many_tokens(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_tokens, "MAX_TOKENS", 1)
    _create(database)

    with pytest.raises(TooMany, match="there are 1 tokens of user:alice already"):
        _create(database, "another")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": ""}, "name"),
        ({"subject": "group:team"}, "subject"),
        ({"subject": "anonymous"}, "subject"),
        ({"subject": "alice"}, "subject"),
        ({"permits": []}, "permits"),
        ({"repositories": []}, "repositories"),
        ({"permits": ["admin"], "repositories": ["team/*"]}, "repositories"),
        ({"expires_at": NOW - timedelta(seconds=1)}, "expires_at"),
    ],
)
def test_a_token_that_cannot_be_leaves_nothing(
    database: Database, more: dict[str, object], field: str
) -> None:
    with pytest.raises(AccessInvalid, match=rf"^{field}: "):
        _create(database, **more)  # type: ignore[arg-type]  # as the test has it

    with database.read() as connection:
        assert api_tokens.list_tokens(connection, limit=1) == []


def test_a_token_expires_at_its_time(database: Database) -> None:
    made, _ = _create(database, expires_at=NOW + timedelta(hours=1))

    assert not made.has_expired(NOW + timedelta(minutes=59))
    assert made.has_expired(NOW + timedelta(hours=1))


def test_uses_are_written_down_once_a_minute(database: Database) -> None:
    made, _ = _create(database)
    with database.read() as connection:
        before = get_version(connection)

    for seconds in (0, 30, 59, 61, 90):
        with database.transaction() as transaction:
            api_tokens.note_use(transaction, made.id, NOW + timedelta(seconds=seconds))

    with database.read() as connection:
        used = api_tokens.get(connection, made.id).last_used_at
        assert get_version(connection) == before
    assert used == NOW + timedelta(seconds=61)


def test_of_tokens_that_are_made_and_expire_only_so_many_are_kept(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_tokens, "MAX_SHOWN", 3)
    _create(database, name="kept", expires_at=NOW + timedelta(days=1))
    for number in range(4):
        token, _ = _create(database, name=f"{number}")
        with database.transaction() as transaction:
            transaction.execute(
                sa.update(ApiTokenRow)
                .where(ApiTokenRow.id == token.id)
                .values(expires_at=NOW - timedelta(seconds=1))
            )

    _create(database, name="last")

    with database.read() as connection:
        found = api_tokens.list_tokens(connection, subject="user:alice", limit=10)
    assert [token.name for token in found] == ["last", "3", "2", "kept"]


def test_of_tokens_that_are_made_and_revoked_only_so_many_are_kept(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_tokens, "MAX_SHOWN", 3)
    kept, _ = _create(database, name="kept")
    for number in range(4):
        token, _ = _create(database, name=f"{number}")
        with database.transaction() as transaction:
            api_tokens.revoke(transaction, token.id)

    _create(database, name="last")

    with database.read() as connection:
        found = api_tokens.list_tokens(connection, subject="user:alice", limit=10)
    assert [token.name for token in found] == ["last", "3", "2", "kept"]
    assert found[-1].id == kept.id
