"""Grants: who may do what, where."""

from uuid import uuid4

import pytest

from notifier.access import grants
from notifier.access.errors import AccessInvalid, GrantUnknown, TooMany
from notifier.access.grants import Grant
from notifier.access.permits import Permit
from notifier.access.state import get_version
from notifier.db import Database


def _add(database: Database, subject: str = "user:alice", **more: object) -> Grant:
    with database.transaction() as transaction:
        return grants.add(
            transaction,
            **{"subject": subject, "permits": ["pull"], **more},  # type: ignore[arg-type]  # as the test has it
        )


def test_a_grant_is_kept_as_it_is_given(database: Database) -> None:
    given = _add(database, permits=["push", "pull"], repositories=["team/*", "base"])

    with database.read() as connection:
        assert grants.get(connection, given.id) == given
    assert given.subject == "user:alice"
    assert given.permits == (Permit.PULL, Permit.PUSH)
    assert given.repositories == ("team/*", "base")
    assert given.created_at.tzinfo is not None


def test_a_grant_is_on_everything_if_nothing_is_named(database: Database) -> None:
    assert _add(database, permits=["admin"]).repositories == ("**",)


def test_grants_are_listed_newest_first_by_pages_and_by_subject(
    database: Database,
) -> None:
    one, two, three = (_add(database, f"user:{name}") for name in ("a", "b", "a"))

    with database.read() as connection:
        first = grants.list_grants(connection, limit=2)
        rest = grants.list_grants(connection, limit=2, after=first[-1].id)
        of_a = grants.list_grants(connection, limit=9, subject="user:a")
        for_both = grants.list_for(connection, ["user:a", "user:b"])

    assert [*first, *rest] == [three, two, one]
    assert of_a == [three, one]
    assert for_both == [one, two, three]


@pytest.mark.parametrize("subject", ["alice", "user:a\0b", ""])
def test_of_what_is_no_subject_nothing_is_listed(
    database: Database, subject: str
) -> None:
    with database.read() as connection, pytest.raises(AccessInvalid):
        grants.list_grants(connection, limit=1, subject=subject)


def test_a_grant_says_what_it_gives(database: Database) -> None:
    given = _add(database, repositories=["team/*"])

    assert given.gives(Permit.PULL, "team/app")
    assert given.gives(Permit.PULL)
    assert not given.gives(Permit.PULL, "other/app")
    assert not given.gives(Permit.PUSH, "team/app")


def test_grants_add_up(database: Database) -> None:
    found = grants.permissions_of(
        [
            _add(database, repositories=["team/*"]),
            _add(database, permits=["push"], repositories=["base"]),
        ]
    )

    assert found.globs_for(Permit.PULL) == ("team/*",)
    assert found.globs_for(Permit.PUSH) == ("base",)


def test_a_grant_that_is_removed_is_gone_and_the_version_changes(
    database: Database,
) -> None:
    given = _add(database)
    with database.read() as connection:
        before = get_version(connection)

    with database.transaction() as transaction:
        assert grants.remove(transaction, given.id) == given

    with database.read() as connection:
        assert grants.list_grants(connection, limit=1) == []
        assert get_version(connection) != before


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"subject": "alice"}, "subject"),
        ({"permits": []}, "permits"),
        ({"repositories": []}, "repositories"),
        ({"permits": ["operator"], "repositories": ["team/*"]}, "repositories"),
    ],
)
def test_a_grant_that_cannot_be_leaves_nothing(
    database: Database, more: dict[str, object], field: str
) -> None:
    with pytest.raises(AccessInvalid, match=rf"^{field}: "):
        _add(database, **more)  # type: ignore[arg-type]  # as the test has it

    with database.read() as connection:
        assert grants.list_grants(connection, limit=1) == []


def test_a_subject_may_have_so_many_grants(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grants, "MAX_GRANTS", 1)
    _add(database)

    with pytest.raises(TooMany, match="there are 1 grants of user:alice already"):
        _add(database)
    _add(database, "user:bob")


def test_a_grant_that_is_not_there_cannot_be_removed(database: Database) -> None:
    with pytest.raises(GrantUnknown), database.transaction() as transaction:
        grants.remove(transaction, uuid4())
