"""What is remembered of access, and when it is forgotten."""

import pytest

from notifier.access import grants, users
from notifier.access.errors import AccessInvalid
from notifier.access.latest import Latest
from notifier.access.permits import Permit
from notifier.db import Database


class Clock:
    """A clock that stands until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def _latest(database: Database, clock: Clock) -> Latest:
    return Latest(database, (), lambda: None, clock)


def _add_grant(database: Database) -> None:
    with database.transaction() as transaction:
        grants.add(transaction, subject="user:alice", permits=["pull"])


def test_the_view_stays_as_long_as_nothing_changes(database: Database) -> None:
    clock = Clock()
    latest = _latest(database, clock)
    view = latest.view()

    clock.now += 10

    assert latest.view() is view


def test_a_change_is_seen_a_second_later(database: Database) -> None:
    clock = Clock()
    latest = _latest(database, clock)
    view = latest.view()
    _add_grant(database)

    clock.now += 0.99
    assert latest.view() is view
    clock.now += 0.01
    assert latest.view() is not view


def test_a_change_that_was_undone_is_none(database: Database) -> None:
    clock = Clock()
    latest = _latest(database, clock)
    _add_grant(database)
    view = latest.view()

    # The version is renewed before the groups are looked at.
    with pytest.raises(AccessInvalid), database.transaction() as transaction:
        users.create(transaction, name="alice", groups=["no name"])
    clock.now += 1

    assert latest.view() is view


def test_what_was_read_before_a_change_is_not_taken_for_what_is_after_it(
    database: Database,
) -> None:
    """A request that is slow to read may come to remember it late."""
    clock = Clock()
    latest = _latest(database, clock)
    slow = latest.view().standings
    assert not slow.by_login("alice").permissions.allow(Permit.PULL)
    _add_grant(database)
    clock.now += 1

    fresh = latest.view().standings
    assert not slow.by_login("alice").permissions.allow(Permit.PULL)

    assert fresh.by_login("alice").permissions.allow(Permit.PULL)
    assert latest.view().standings is fresh


def test_what_changes_outside_the_database_counts_too(database: Database) -> None:
    clock, lines = Clock(), ["alice"]
    latest = Latest(database, (), lambda: tuple(lines), clock)
    view = latest.view()

    lines.append("bob")
    clock.now += 1

    assert latest.view() is not view
