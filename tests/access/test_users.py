"""Users, and the groups they are in."""

from collections.abc import Callable
from uuid import uuid4

import pytest
import sqlalchemy as sa

from notifier.access import grants, users
from notifier.access.errors import AccessInvalid, NameTaken, TooMany, UserUnknown
from notifier.access.passwords import PasswordHash
from notifier.access.state import get_version
from notifier.access.subjects import Kind
from notifier.access.tables import UserRow
from notifier.access.users import User
from notifier.db import Database, Transaction

HASH = PasswordHash("$argon2id$…")

_Change = Callable[[Transaction], User]


def _create(database: Database, name: str = "alice", **more: object) -> User:
    with database.transaction() as transaction:
        return users.create(transaction, name=name, **more)  # type: ignore[arg-type]  # as the test has it


def test_a_user_is_found_by_name_and_by_id(database: Database) -> None:
    alice = _create(database, groups=["team", "ops", "team"], password_hash=HASH)
    ci = _create(database, "ci", kind=Kind.ROBOT)

    with database.read() as connection:
        assert users.find_by_name(connection, "alice") == alice
        assert users.get(connection, ci.id) == ci
        for name in ("bob", "", "a\0b"):
            assert users.find_by_name(connection, name) is None
    assert (alice.subject, ci.subject) == ("user:alice", "robot:ci")
    assert (alice.groups, ci.groups) == (("ops", "team"), ())
    assert (alice.has_password, ci.has_password) == (True, False)
    assert not alice.disabled
    assert alice.created_at.tzinfo is not None


def test_users_are_listed_newest_first_by_pages(database: Database) -> None:
    made = [_create(database, name) for name in ("a", "b", "c")]

    with database.read() as connection:
        first = users.list_users(connection, limit=2)
        rest = users.list_users(connection, limit=2, after=first[-1].id)

    assert [*first, *rest] == made[::-1]


def test_a_name_is_taken_by_a_user_or_a_robot(database: Database) -> None:
    _create(database)

    with pytest.raises(NameTaken, match="alice is there already"):
        _create(database, kind=Kind.ROBOT)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": "a:b"}, "name"),
        ({"groups": ["a b"]}, "groups"),
        ({"groups": [f"g{n}" for n in range(51)]}, "groups"),
    ],
)
def test_a_user_that_cannot_be_leaves_nothing(
    database: Database, more: dict[str, object], field: str
) -> None:
    with pytest.raises(AccessInvalid, match=rf"^{field}: "):
        _create(database, **more)  # type: ignore[arg-type]  # as the test has it

    with database.read() as connection:
        assert users.list_users(connection, limit=1) == []
        assert get_version(connection) is None


def test_there_may_be_so_many_users(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(users, "MAX_USERS", 1)
    _create(database)

    with pytest.raises(TooMany, match="there are 1 users already"):
        _create(database, "bob")


def test_a_user_changes_and_the_version_with_them(database: Database) -> None:
    alice = _create(database)
    versions = set()

    changes: list[_Change] = [
        lambda t: users.set_password(t, alice.id, HASH),
        lambda t: users.set_disabled(t, alice.id, disabled=True),
        lambda t: users.set_groups(t, alice.id, ["team"]),
    ]
    for change in changes:
        with database.transaction() as transaction:
            changed = change(transaction)
        with database.read() as connection:
            assert users.get(connection, alice.id) == changed
            versions.add(get_version(connection))

    assert changed.has_password
    assert changed.disabled
    assert changed.groups == ("team",)
    assert changed.updated_at > alice.updated_at
    assert len(versions) == 3


def test_a_password_can_be_taken_away(database: Database) -> None:
    alice = _create(database, password_hash=HASH)

    with database.transaction() as transaction:
        changed = users.set_password(transaction, alice.id, None)

    assert not changed.has_password


def test_who_takes_the_name_of_a_removed_user_has_nothing_of_theirs(
    database: Database,
) -> None:
    alice = _create(database, groups=["team"])
    with database.transaction() as transaction:
        grants.add(transaction, subject=alice.subject, permits=["pull"])
        kept = grants.add(transaction, subject="group:team", permits=["pull"])

    with database.transaction() as transaction:
        assert users.remove(transaction, alice.id) == alice
    again = _create(database)

    assert again.groups == ()
    with database.read() as connection:
        assert grants.list_grants(connection, limit=9) == [kept]


def test_who_is_not_there_cannot_be_changed(database: Database) -> None:
    with pytest.raises(UserUnknown), database.transaction() as transaction:
        users.remove(transaction, uuid4())
    with pytest.raises(UserUnknown), database.transaction() as transaction:
        users.set_groups(transaction, uuid4(), [])
    with pytest.raises(UserUnknown), database.read() as connection:
        users.get(connection, uuid4())


def test_what_is_shown_of_a_user_has_no_hash(database: Database) -> None:
    alice = _create(database, password_hash=HASH)

    with database.read() as connection:
        assert connection.scalar(sa.select(UserRow.password_hash)) == HASH
    assert "argon2" not in repr(alice)
