"""How endpoints fare, as their drains have summed it up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from notifier.delivery import breakers, minutes
from notifier.delivery.breaker import Breaker
from notifier.delivery.deliveries import DeliveryState
from notifier.delivery.endpoint import Endpoint
from notifier.delivery.settlement import settle
from notifier.delivery.statistics import (
    EndpointState,
    Statistics,
    get_statistics,
    list_statistics,
    statistics_by_name,
)
from notifier.delivery.tables import EndpointMinuteRow
from notifier.delivery.transport import INTERRUPTED, Answer
from tests.delivery.desk import Desk
from tests.receiver import Receiver, answers

_NOTHING = Statistics(
    state=EndpointState.CLOSED,
    attempts=0,
    accepted=0,
    success_share=None,
    p50_ms=None,
    p95_ms=None,
    pending=0,
    oldest_pending_at=None,
    last_error=None,
)


def _statistics(
    desk: Desk, endpoint: Endpoint, after: timedelta = timedelta(0)
) -> Statistics:
    with desk.database.read() as connection:
        return get_statistics(connection, endpoint.key, datetime.now(UTC) + after)


def _answer(desk: Desk, endpoint: Endpoint, at: datetime, **answer: object) -> None:
    """Let one push have been answered so, at that time."""
    desk.announce()
    [pending, *_] = desk.deliveries(state=DeliveryState.PENDING)
    values = {"started_at": at, "duration_ms": 10, **answer}
    with desk.database.transaction() as transaction:
        connection = transaction.connection
        came = {pending.id: Answer(**values)}  # type: ignore[arg-type]  # by name
        minutes.add(connection, endpoint.key, settle(connection, came, at), at)


def test_of_a_new_endpoint_nothing_is_known(desk: Desk) -> None:
    assert _statistics(desk, desk.create()) == _NOTHING


def test_a_drain_counts_what_it_sends(desk: Desk, receiver: Receiver) -> None:
    endpoint = desk.create(receiver.url)
    desk.announce()
    receiver.behaviour = answers(500)
    delivery = desk.send()

    failed = _statistics(desk, endpoint)
    assert (failed.attempts, failed.accepted, failed.success_share) == (1, 0, 0.0)
    assert (failed.pending, failed.oldest_pending_at) == (1, delivery.created_at)
    assert failed.last_error is not None
    assert (failed.last_error.status, failed.last_error.error) == (500, None)
    assert failed.last_error.delivery_id == delivery.id

    receiver.behaviour = answers(200)
    desk.hurry()
    desk.send(2)

    mended = _statistics(desk, endpoint)
    assert (mended.attempts, mended.accepted, mended.success_share) == (2, 1, 0.5)
    assert (mended.pending, mended.oldest_pending_at) == (0, None)
    assert mended.last_error == failed.last_error
    assert mended.p50_ms is not None
    assert mended.p95_ms is not None
    assert 0 <= mended.p50_ms <= mended.p95_ms < 5000


def test_only_the_last_hour_counts_but_for_the_last_error(desk: Desk) -> None:
    endpoint = desk.create()
    now = datetime.now(UTC)
    _answer(desk, endpoint, now - timedelta(minutes=61), error="timeout")
    _answer(desk, endpoint, now - timedelta(minutes=58), status=200)

    found = _statistics(desk, endpoint)
    later = _statistics(desk, endpoint, timedelta(minutes=10))

    assert (found.attempts, found.accepted) == (1, 1)
    assert later.attempts == 0
    assert later.last_error is not None
    assert later.last_error.error == "timeout"


def test_minutes_are_kept_for_no_longer_than_they_count(desk: Desk) -> None:
    endpoint = desk.create()
    now = datetime.now(UTC)
    for minutes_ago in (70, 65, 30, 0):
        _answer(desk, endpoint, now - timedelta(minutes=minutes_ago), status=200)

    with desk.database.read() as connection:
        kept = connection.scalars(sa.select(EndpointMinuteRow.minute)).all()
    assert sorted(minutes.minute_of(now) - minute for minute in kept) == [0, 30]


def test_an_attempt_that_we_gave_up_ourselves_does_not_count(desk: Desk) -> None:
    endpoint = desk.create()

    _answer(desk, endpoint, datetime.now(UTC), error=INTERRUPTED)

    found = _statistics(desk, endpoint)
    assert (found.attempts, found.last_error) == (0, None)


def test_each_endpoint_has_its_own(desk: Desk) -> None:
    first, second, removed = (desk.create() for _ in range(3))
    _answer(desk, first, datetime.now(UTC), status=500)
    desk.remove(removed)

    with desk.database.read() as connection:
        by_key = list_statistics(connection, datetime.now(UTC))
        by_name = statistics_by_name(connection, datetime.now(UTC))

    assert (by_key[first.key].attempts, by_key[second.key].attempts) == (1, 0)
    assert by_key[second.key].pending == 1
    assert by_name == {
        first.name: by_key[first.key],
        second.name: by_key[second.key],
    }


def test_the_state_is_that_of_the_breaker_unless_it_is_disabled(desk: Desk) -> None:
    opened, disabled, quiet = desk.create(), desk.create(), desk.create()
    pause = timedelta(seconds=30)
    breaker = Breaker(failures=10, openings=1, paused_until=datetime.now(UTC) + pause)
    with desk.database.transaction() as transaction:
        for endpoint in (opened, disabled):
            breakers.save(transaction.connection, endpoint.key, breaker)
    desk.update(disabled, enabled=False)

    assert _statistics(desk, opened).state is EndpointState.OPEN
    assert _statistics(desk, opened, 2 * pause).state is EndpointState.HALF_OPEN
    assert _statistics(desk, disabled).state is EndpointState.DISABLED
    assert _statistics(desk, quiet).state is EndpointState.CLOSED


def test_what_was_removed_meanwhile_is_disabled(desk: Desk) -> None:
    removed = desk.create()
    desk.remove(removed)

    assert _statistics(desk, removed) == replace(_NOTHING, state=EndpointState.DISABLED)


def test_what_is_pending_is_counted_along_its_index(sqlite_desk: Desk) -> None:
    statements: list[str] = []
    sa.event.listen(
        sqlite_desk.database.engine,
        "before_cursor_execute",
        lambda *event: statements.append(event[2]),
    )
    with sqlite_desk.database.read() as connection:
        list_statistics(connection, datetime.now(UTC))
        get_statistics(connection, 1, datetime.now(UTC))
        plans = []
        for text in [text for text in statements if "FROM deliveries" in text]:
            cursor = connection.connection.cursor()
            cursor.execute(f"EXPLAIN QUERY PLAN {text}", [1] * text.count("?"))
            plans.append(" ".join(step for *_, step in cursor.fetchall()))

    by_all, by_one = plans
    index = "deliveries USING COVERING INDEX ix_deliveries_due"
    assert by_all == f"SCAN {index}"
    assert by_one == f"SEARCH {index} (endpoint_id=? AND due_at>?)"
