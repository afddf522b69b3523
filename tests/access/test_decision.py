"""Whether somebody may do something, and what says so."""

from typing import Any

import pytest

from notifier.access import grants, users
from notifier.access.decision import Decision, decide
from notifier.access.permits import Permit
from notifier.access.subjects import Kind
from notifier.config import Settings
from notifier.db import Database


def _decide(
    database: Database,
    name: str,
    permit: Permit = Permit.PUSH,
    repository: str | None = "team/app",
    **settings: Any,
) -> Decision:
    with database.read() as connection:
        return decide(connection, Settings(**settings), name, permit, repository)


def _grant(database: Database, subject: str, *permits: str, on: str = "**") -> None:
    with database.transaction() as transaction:
        grants.add(transaction, subject=subject, permits=permits, repositories=[on])


def test_everybody_may_do_everything_until_access_is_configured(
    database: Database,
) -> None:
    decision = _decide(database, "alice", Permit.ADMIN, None)

    assert decision.allowed
    assert decision.reason.startswith("no access is configured")
    assert not _decide(database, "alice", host="0.0.0.0").allowed
    assert not _decide(database, "alice", anonymous=()).allowed


@pytest.mark.parametrize(
    ("subject", "by"),
    [
        ("alice", "user:alice"),
        ("bob", "group:team"),
        ("ci", "authenticated"),
        ("user:ci", "authenticated"),
        ("group:team", "group:team"),
        ("authenticated", "authenticated"),
        ("anonymous", "anonymous"),
    ],
)
def test_the_grant_that_is_nearest_decides(
    database: Database, subject: str, by: str
) -> None:
    with database.transaction() as transaction:
        users.create(transaction, name="alice", groups=["team"])
        users.create(transaction, name="bob", groups=["team"])
        users.create(transaction, name="ci", kind=Kind.ROBOT)
    for given in ("anonymous", "authenticated", "group:team", "user:alice"):
        _grant(database, given, "push", on="team/*")

    decision = _decide(database, subject)

    assert decision.allowed
    assert decision.grant is not None
    assert decision.grant.subject == by
    assert decision.reason == f"it is granted to {by}"


def test_nothing_is_allowed_that_nothing_grants(database: Database) -> None:
    _grant(database, "user:alice", "push", on="other/*")
    _grant(database, "user:alice", "pull")

    decision = _decide(database, "alice")

    assert (decision.allowed, decision.reason) == (False, "nothing grants it")
    assert decision.subject == "user:alice"
    assert _decide(database, "alice", repository=None).allowed


def test_an_admin_may_do_everything(database: Database) -> None:
    _grant(database, "user:root", "admin")

    assert all(_decide(database, "root", permit).allowed for permit in Permit)


def test_settings_may_let_everybody_do_so(database: Database) -> None:
    decision = _decide(database, "anonymous", anonymous=("push",))

    assert decision.allowed
    assert decision.reason == "NOTIFIER_ANONYMOUS lets everybody do so"


def test_who_is_disabled_may_do_nothing(database: Database) -> None:
    _grant(database, "user:alice", "admin")
    with database.transaction() as transaction:
        alice = users.create(transaction, name="alice")
        users.set_disabled(transaction, alice.id, disabled=True)

    decision = _decide(database, "alice", anonymous=("all",))

    assert (decision.allowed, decision.reason) == (False, "they are disabled")
