"""How fast an endpoint is sent to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.delivery.pace import Pace


@given(st.floats(0.01, 1000), st.lists(st.floats(0, 2), max_size=60))
def test_no_more_are_sent_than_the_rate_allows(
    rate: float, pauses: list[float]
) -> None:
    pace, now, sent = Pace(), 1000.0, []
    for pause in pauses:
        now += pause
        if pace.wait_s(rate, now) == 0:
            pace.count(rate, now)
            sent.append(now)

    for start in sent:
        within = [at for at in sent if start <= at < start + 1]
        # What a busy moment held up is made up for, within a tenth of a second.
        assert len(within) <= rate * 1.1 + 2


def test_it_says_how_long_to_wait() -> None:
    pace = Pace()
    pace.count(2, 100.0)

    assert pace.wait_s(2, 100.0) == pytest.approx(0.4)
    assert pace.wait_s(2, 100.5) == 0


def test_without_a_rate_there_is_no_waiting() -> None:
    pace = Pace()
    pace.count(None, 100.0)

    assert pace.wait_s(None, 100.0) == 0


def test_a_rate_that_was_raised_counts_at_once() -> None:
    pace = Pace()
    pace.count(0.01, 100.0)

    assert pace.wait_s(10, 100.0) == pytest.approx(0.1)
