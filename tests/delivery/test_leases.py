"""One process at a time sends what an endpoint is to get."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from notifier.db import Database
from notifier.delivery import leases
from notifier.delivery.leases import LEASE_S

_NOW = datetime(2026, 7, 14, tzinfo=UTC)
_FIRST, _SECOND = uuid4(), uuid4()


@pytest.fixture(autouse=True)
def _taken(database: Database) -> None:
    with database.transaction() as transaction:
        assert leases.take(transaction.connection, 1, _FIRST, _NOW)


@pytest.mark.parametrize(
    ("later_s", "free"),
    [
        (0, False),
        (LEASE_S - 0.1, False),
        (LEASE_S, True),
        (-0.1, False),
        # The clock was stepped back: what seems to last for so long must be older.
        (-LEASE_S - 0.1, True),
        (-3600, True),
    ],
)
def test_a_lease_is_for_its_holder_until_it_runs_out(
    database: Database, later_s: float, *, free: bool
) -> None:
    now = _NOW + timedelta(seconds=later_s)

    with database.transaction() as transaction:
        taken = leases.take(transaction.connection, 1, _SECOND, now)

    assert taken is free


def test_its_holder_renews_it(database: Database) -> None:
    later = _NOW + timedelta(seconds=LEASE_S / 2)

    with database.transaction() as transaction:
        connection = transaction.connection
        assert leases.take(connection, 1, _FIRST, later)
        past_the_first = _NOW + timedelta(seconds=LEASE_S + 1)
        assert not leases.take(connection, 1, _SECOND, past_the_first)


def test_its_holder_alone_releases_it(database: Database) -> None:
    with database.transaction() as transaction:
        connection = transaction.connection
        leases.release(connection, 1, _SECOND)
        assert not leases.take(connection, 1, _SECOND, _NOW)
        leases.release(connection, 1, _FIRST)
        assert leases.take(connection, 1, _SECOND, _NOW)


def test_endpoints_have_leases_of_their_own(database: Database) -> None:
    with database.transaction() as transaction:
        assert leases.take(transaction.connection, 2, _SECOND, _NOW)
