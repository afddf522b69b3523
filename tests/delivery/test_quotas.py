"""How often a person may ask for a POST."""

import threading
from datetime import UTC, datetime, timedelta

import hypothesis
import pytest
from hypothesis import strategies as st

from notifier.db import Database
from notifier.delivery import quotas
from notifier.delivery.errors import QuotaExceeded
from notifier.delivery.quotas import PINGS, REDELIVERIES, Quota

_NOW = datetime(2026, 5, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


def _use(
    database: Database, now: datetime, quota: Quota = PINGS, endpoint: int = 1
) -> int:
    """Use it once; return in how many seconds to ask again, 0 if that was granted."""
    try:
        with database.transaction() as transaction:
            quotas.use(transaction.connection, quota, endpoint, now)
    except QuotaExceeded as refusal:
        return refusal.retry_after_s
    return 0


def test_all_of_a_minute_may_come_at_once_and_no_more(database: Database) -> None:
    uses = [_use(database, _NOW) for _ in range(12)]

    assert uses == [0] * 10 + [6, 6]


def test_then_there_is_one_whenever_its_share_of_a_minute_has_passed(
    database: Database,
) -> None:
    for _ in range(10):
        _use(database, _NOW)

    after = {
        seconds: _use(database, _NOW + seconds * _SECOND) for seconds in (5, 6, 7, 12)
    }

    assert after == {5: 1, 6: 0, 7: 5, 12: 0}


def test_endpoints_and_kinds_have_their_own(database: Database) -> None:
    for _ in range(10):
        _use(database, _NOW)

    assert _use(database, _NOW) > 0
    assert _use(database, _NOW, endpoint=2) == 0
    assert _use(database, _NOW, REDELIVERIES) == 0


def test_a_clock_that_was_set_back_does_not_block(database: Database) -> None:
    _use(database, _NOW + timedelta(days=1))

    assert [_use(database, _NOW) for _ in range(11)] == [0] * 10 + [6]


def test_clocks_that_differ_a_little_give_no_more(database: Database) -> None:
    for _ in range(10):
        _use(database, _NOW)

    assert _use(database, _NOW - 10 * _SECOND) == 6
    assert _use(database, _NOW + 5 * _SECOND) == 1


def test_what_is_undone_was_not_used(database: Database) -> None:
    def use_and_fail() -> None:
        with database.transaction() as transaction:
            quotas.use(transaction.connection, PINGS, 1, _NOW)
            raise ZeroDivisionError

    for _ in range(20):
        with pytest.raises(ZeroDivisionError):
            use_and_fail()

    assert _use(database, _NOW) == 0


def test_threads_do_not_share_one_use(database: Database) -> None:
    granted: list[int] = []

    def ask() -> None:
        granted.extend(_use(database, _NOW) == 0 for _ in range(5))
        database.leave()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(granted) == 10


@hypothesis.settings(
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
@hypothesis.given(st.lists(st.integers(0, 20), min_size=1, max_size=60), st.uuids())
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_minute_has_more_than_twice_its_share_however_they_come(
    database: Database, pauses: list[int], name: object
) -> None:
    endpoint = hash(name) % 2**31
    now, granted = _NOW, []
    for pause in pauses:
        now += pause * _SECOND
        if _use(database, now, endpoint=endpoint) == 0:
            granted.append(now)

    for moment in granted:
        within = [each for each in granted if moment <= each < moment + 60 * _SECOND]
        assert len(within) < 20
