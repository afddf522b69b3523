"""When a delivery is tried again."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notifier.delivery.schedule import (
    DELAYS_S,
    JITTER,
    MAX_RETRY_AFTER_S,
    next_attempt_at,
    parse_retry_after,
)

_NOW = datetime(2026, 7, 14, 12, tzinfo=UTC)
_TIMES = st.integers(10**9, 4 * 10**9).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)


def test_the_schedule_is_the_documented_one() -> None:
    hour = 3600

    assert DELAYS_S[:5] == (0, 5, 30, 120, 600)
    assert DELAYS_S[5:] == (hour, 3 * hour, 6 * hour, 12 * hour, 24 * hour)


@given(st.integers(1, 9), _TIMES)
def test_each_delay_is_that_of_the_schedule_give_or_take_a_fifth(
    attempts: int, now: datetime
) -> None:
    due_at = next_attempt_at(attempts, now)

    assert due_at is not None
    delay_s = (due_at - now).total_seconds()
    assert delay_s == pytest.approx(DELAYS_S[attempts], rel=JITTER + 0.001)


@given(st.integers(10, 100), st.none() | st.floats(0, 1e6))
def test_after_ten_attempts_there_is_no_other(
    attempts: int, retry_after_s: float | None
) -> None:
    assert next_attempt_at(attempts, _NOW, retry_after_s) is None


@given(st.integers(1, 9), st.floats(0, MAX_RETRY_AFTER_S))
def test_an_endpoint_is_not_asked_before_it_said(
    attempts: int, retry_after_s: float
) -> None:
    due_at = next_attempt_at(attempts, _NOW, retry_after_s)

    assert due_at is not None
    assert due_at >= _NOW + timedelta(seconds=retry_after_s)


@given(_TIMES, st.integers(-100_000, 200_000))
def test_a_date_is_the_seconds_until_then_within_bounds(
    now: datetime, seconds: int
) -> None:
    date = format_datetime(now + timedelta(seconds=seconds), usegmt=True)

    expected = min(max(seconds, 0), MAX_RETRY_AFTER_S)
    assert parse_retry_after(date, now) == expected


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        (" 120 ", 120),
        ("9999999999", MAX_RETRY_AFTER_S),
        ("Tue, 14 Jul 2026 12:00:10 GMT", 10),
        ("Tue, 14 Jul 2026 12:00:10 -0000", 10),
    ],
)
def test_seconds_and_dates_are_understood(text: str, seconds: float) -> None:
    assert parse_retry_after(text, _NOW) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "-1",
        "1.5",
        "٣",
        "9" * 11,
        "Tue, 14 Jul 2999999999 12:00:10 GMT",
        "Tue, 14 Jul 2026 12:00:10 +99999999999999999999",
    ],
)
def test_what_says_nothing_is_ignored(text: str) -> None:
    assert parse_retry_after(text, _NOW) is None


@example("Fri, 31 Dec 9999 23:59:59 -2359")
@example("Mon, 01 Jan 0001 00:00:00 +2359")
@given(st.text())
def test_no_header_breaks_it(text: str) -> None:
    seconds = parse_retry_after(text, _NOW)

    assert seconds is None or 0 <= seconds <= MAX_RETRY_AFTER_S
