"""When an endpoint that takes nothing is left in peace."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.delivery.breaker import (
    FAILURES_TO_OPEN,
    MAX_OPEN_S,
    MAX_RETRY_AFTER_S,
    OPEN_S,
    Breaker,
    BreakerState,
)
from notifier.delivery.transport import INTERRUPTED, Answer

_NOW = datetime(2026, 7, 14, 12, tzinfo=UTC)


def answer(
    status: int | None = 500, error: str | None = None, retry_after: str | None = None
) -> Answer:
    return Answer(
        started_at=_NOW,
        duration_ms=1,
        status=status,
        error=error if status else error or "timeout",
        retry_after=retry_after,
    )


_ANSWERS = st.sampled_from(
    [answer(200), answer(404), answer(429), answer(503), answer(410), answer(None)]
)


def failed(times: int, breaker: Breaker | None = None) -> Breaker:
    return (breaker or Breaker()).after([answer()] * times, _NOW)


def test_it_opens_after_ten_failures_in_a_row() -> None:
    assert failed(9).state(_NOW) is BreakerState.CLOSED
    assert failed(10).state(_NOW) is BreakerState.OPEN
    assert failed(10).paused_until == _NOW + timedelta(seconds=OPEN_S)


def test_it_is_half_open_when_the_pause_is_over() -> None:
    later = _NOW + timedelta(seconds=OPEN_S)

    assert failed(10).state(later) is BreakerState.HALF_OPEN
    assert not failed(10).is_paused(later)


@given(st.lists(_ANSWERS))
def test_one_success_closes_it(answers: list[Answer]) -> None:
    assert Breaker().after([*answers, answer(204)], _NOW) == Breaker()


def test_a_probe_that_fails_doubles_the_pause_up_to_a_quarter_of_an_hour() -> None:
    breaker, now = failed(10), _NOW
    pauses = []
    for _ in range(8):
        assert breaker.paused_until is not None
        pauses.append((breaker.paused_until - now).total_seconds())
        now = breaker.paused_until
        breaker = breaker.after([answer()], now)

    assert pauses == [30, 60, 120, 240, 480, MAX_OPEN_S, MAX_OPEN_S, MAX_OPEN_S]


def test_what_was_under_way_when_it_opened_is_no_probe() -> None:
    assert failed(6, failed(10)).paused_until == failed(10).paused_until


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_an_endpoint_that_asks_for_less_is_paused_with_its_breaker_closed(
    status: int,
) -> None:
    breaker = Breaker().after([answer(status)], _NOW)

    assert breaker.state(_NOW) is BreakerState.CLOSED
    assert breaker.paused_until == _NOW + timedelta(seconds=1)


@pytest.mark.parametrize("status", [400, 404, 500, None])
def test_other_failures_do_not_pause_it(status: int | None) -> None:
    assert not Breaker().after([answer(status)], _NOW).is_paused(_NOW)


@pytest.mark.parametrize(
    ("asked", "pause_s"), [("7", 7.0), ("86400", MAX_RETRY_AFTER_S)]
)
def test_it_is_paused_for_as_long_as_it_asks_but_for_an_hour_at_most(
    asked: str, pause_s: float
) -> None:
    breaker = Breaker().after([answer(503, retry_after=asked)], _NOW)

    assert breaker.paused_until == _NOW + timedelta(seconds=pause_s)


def test_the_pauses_of_one_that_asks_for_less_again_and_again_grow() -> None:
    breaker = Breaker().after([answer(429)] * 4, _NOW)

    assert breaker.paused_until == _NOW + timedelta(seconds=8)


def test_what_we_gave_up_ourselves_says_nothing() -> None:
    interrupted = answer(None, error=INTERRUPTED)

    assert failed(9).after([interrupted] * 5, _NOW) == failed(9)


def test_410_says_that_it_is_gone() -> None:
    assert Breaker().after([answer(410)], _NOW).is_gone
    assert not Breaker().after([answer(404)], _NOW).is_gone


def test_it_has_failed_for_as_long_as_there_was_no_success() -> None:
    later = _NOW + timedelta(hours=1)
    breaker = failed(9).after([answer()], later)

    assert breaker.has_failed_for(3600, later)
    assert not breaker.has_failed_for(3601, later)
    assert not breaker.after([answer(200)], later).has_failed_for(0, later)


def test_a_few_failures_are_not_taken_for_the_end() -> None:
    assert not failed(FAILURES_TO_OPEN - 1).has_failed_for(0, _NOW)


@given(st.lists(_ANSWERS), st.lists(_ANSWERS))
def test_answers_may_come_together_or_one_by_one(
    first: list[Answer], second: list[Answer]
) -> None:
    together = Breaker().after([*first, *second], _NOW)

    assert Breaker().after(first, _NOW).after(second, _NOW) == together
