"""Rates: how often somebody may do something."""

from notifier.web.rates import BURST_S, Rate


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_what_may_be_done_in_ten_seconds_may_be_done_at_once() -> None:
    clock = Clock()
    rate = Rate(2, clock)

    first = [rate.take("a") for _ in range(int(2 * BURST_S))]
    beyond = rate.take("a")
    clock.now += 0.5
    later = rate.take("a")

    assert set(first) == {0}
    assert beyond == 1
    assert later == 0
    assert rate.take("a") == 1


def test_each_key_has_a_rate_of_its_own() -> None:
    rate = Rate(1, Clock())

    while not rate.take(("alice", "team/app")):
        pass

    assert rate.take(("alice", "team/web")) == 0
    assert rate.take(("bob", "team/app")) == 0


def test_nought_is_any_number() -> None:
    rate = Rate(0, Clock())

    assert {rate.take("a") for _ in range(10_000)} == {0}


def test_a_rate_below_one_in_ten_seconds_lets_one_through() -> None:
    clock = Clock()
    rate = Rate(0.01, clock)

    assert rate.take("a") == 0
    assert rate.take("a") == 100
    clock.now += 100
    assert rate.take("a") == 0
