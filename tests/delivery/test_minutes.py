"""How attempts are summed up."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.delivery.deliveries import DeliveryState, Trigger
from notifier.delivery.minutes import Tally
from notifier.delivery.settlement import Settlement
from notifier.delivery.transport import Answer
from notifier.ids import uuid7

_DURATIONS = st.lists(st.integers(0, 60_000), min_size=1, max_size=50)


def _settlement(duration_ms: int, status: int | None = 200) -> Settlement:
    now = datetime.now(UTC)
    return Settlement(
        delivery_id=uuid7(),
        number=1,
        trigger=Trigger.SCHEDULE,
        answer=Answer(started_at=now, duration_ms=duration_ms, status=status),
        state=DeliveryState.DELIVERED,
        due_at=None,
    )


def _tally(durations: list[int]) -> Tally:
    return Tally.of(_settlement(each) for each in durations)


def test_what_was_accepted_is_counted_apart() -> None:
    statuses = [200, 204, 500, None]

    tally = Tally.of(_settlement(1, status) for status in statuses)

    assert (tally.accepted, tally.failed) == (2, 2)


@pytest.mark.parametrize("share", [0.5, 0.95, 1.0])
@given(_DURATIONS)
def test_a_percentile_is_about_right(share: float, durations: list[int]) -> None:
    place = max(-(-int(share * 100) * len(durations) // 100) - 1, 0)
    exact = sorted(durations)[place]

    found = _tally(durations).percentile_ms(share)

    assert found is not None
    assert exact / 1.51 - 1 <= found <= exact * 1.51 + 1


@given(_DURATIONS)
def test_percentiles_grow_with_their_share(durations: list[int]) -> None:
    tally = _tally(durations)

    found = [tally.percentile_ms(share) or 0.0 for share in (0.1, 0.5, 0.95, 1.0)]

    assert found == sorted(found)


@given(_DURATIONS, _DURATIONS)
def test_sums_count_all(first: list[int], second: list[int]) -> None:
    assert _tally(first) + _tally(second) == _tally([*first, *second])


@given(_DURATIONS)
def test_a_row_holds_it_whole(durations: list[int]) -> None:
    tally = _tally(durations)

    assert Tally.parse(tally.accepted, tally.failed, tally.render()) == tally


def test_of_nothing_there_is_no_percentile() -> None:
    assert Tally().percentile_ms(0.5) is None


def test_what_took_longer_than_any_bound_counts_as_the_last_one() -> None:
    assert _tally([10**8]).percentile_ms(0.5) == 65536
