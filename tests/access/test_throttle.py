"""The throttle of wrong passwords."""

import pytest

from notifier.access.refusals import TooManyAttempts
from notifier.access.throttle import PER_ACCOUNT, PER_ADDRESS, Throttle

HERE, THERE = "192.0.2.1", "198.51.100.1"


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(name="clock")
def _clock() -> Clock:
    return Clock()


@pytest.fixture(name="throttle")
def _throttle(clock: Clock) -> Throttle:
    return Throttle(clock)


def _fail(
    throttle: Throttle, times: int, account: str = "alice", at: str = HERE
) -> None:
    for _ in range(times):
        throttle.begin(account, at)


def test_an_account_has_so_many_attempts_a_minute_from_anywhere(
    throttle: Throttle, clock: Clock
) -> None:
    for number in range(PER_ACCOUNT):
        _fail(throttle, 1, at=f"192.0.2.{number}")

    with pytest.raises(TooManyAttempts) as refusal:
        throttle.begin("alice", THERE)
    throttle.begin("bob", HERE)

    assert refusal.value.retry_after_s == 60 / PER_ACCOUNT
    clock.now += refusal.value.retry_after_s
    throttle.begin("alice", THERE)
    with pytest.raises(TooManyAttempts):
        throttle.begin("alice", THERE)


def test_an_address_has_so_many_attempts_a_minute_for_all_accounts(
    throttle: Throttle,
) -> None:
    for number in range(PER_ADDRESS):
        _fail(throttle, 1, f"user-{number}")

    with pytest.raises(TooManyAttempts, match="try again in 2 s"):
        throttle.begin("another", HERE)
    throttle.begin("another", THERE)


def test_who_is_right_loses_nothing(throttle: Throttle) -> None:
    for _ in range(PER_ADDRESS * 2):
        prices = throttle.begin("alice", HERE)
        throttle.succeeded("alice", HERE, prices)

    _fail(throttle, PER_ACCOUNT)


def test_an_attack_from_elsewhere_does_not_keep_the_owner_out(
    throttle: Throttle,
) -> None:
    throttle.succeeded("alice", HERE, throttle.begin("alice", HERE))
    _fail(throttle, PER_ACCOUNT, at=THERE)

    throttle.begin("alice", HERE)
    with pytest.raises(TooManyAttempts):
        throttle.begin("alice", THERE)


def test_an_attempt_that_is_refused_costs_nothing(
    throttle: Throttle, clock: Clock
) -> None:
    _fail(throttle, PER_ACCOUNT)
    for _ in range(100):
        with pytest.raises(TooManyAttempts):
            throttle.begin("alice", HERE)

    clock.now += 60.0

    _fail(throttle, PER_ACCOUNT)


def test_the_addresses_of_one_ipv6_network_are_one(throttle: Throttle) -> None:
    for number in range(PER_ADDRESS):
        _fail(throttle, 1, f"user-{number}", f"2001:db8::{number:x}")

    with pytest.raises(TooManyAttempts):
        throttle.begin("another", "2001:db8::ffff")
    throttle.begin("another", "2001:db8:0:1::1")


def test_what_is_no_address_counts_as_it_is(throttle: Throttle) -> None:
    _fail(throttle, PER_ACCOUNT, at="unix:/run/x")


def test_memory_is_bounded(throttle: Throttle) -> None:
    for number in range(20_000):
        throttle.begin(f"user-{number}", f"10.0.{number // 250}.{number % 250}")

    assert len(throttle._used_until._values) <= 10_000
