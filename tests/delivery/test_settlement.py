"""What an answer makes of a delivery."""

from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from notifier.delivery.deliveries import DeliveryState
from notifier.delivery.settlement import conclude
from notifier.delivery.transport import GONE, Answer

_NOW = datetime(2026, 7, 14, tzinfo=UTC)
_ANSWERS = st.builds(
    Answer,
    started_at=st.just(_NOW),
    duration_ms=st.just(1),
    status=st.integers(100, 599),
    retry_after=st.none() | st.just("90"),
) | st.builds(
    Answer, started_at=st.just(_NOW), duration_ms=st.just(1), error=st.just("timeout")
)
_REFUSALS = _ANSWERS.filter(lambda answer: not answer.is_accepted)


@given(st.sampled_from(DeliveryState), st.integers(1, 20), _ANSWERS)
def test_2xx_is_delivered_and_nothing_else_is(
    state: DeliveryState, attempts: int, answer: Answer
) -> None:
    after, due_at = conclude(state, attempts, answer, _NOW)

    if answer.is_accepted:
        assert (after, due_at) == (DeliveryState.DELIVERED, None)
    else:
        assert after is not DeliveryState.DELIVERED or after is state


@example(1, Answer(started_at=_NOW, duration_ms=1, status=GONE))
@given(st.integers(1, 20), _REFUSALS)
def test_what_is_pending_is_tried_ten_times(attempts: int, answer: Answer) -> None:
    after, due_at = conclude(DeliveryState.PENDING, attempts, answer, _NOW)

    if attempts < 10 and answer.status != GONE:
        assert after is DeliveryState.PENDING
        assert due_at is not None
        assert due_at > _NOW
    else:
        assert (after, due_at) == (DeliveryState.FAILED, None)


@given(
    st.sampled_from(DeliveryState).filter(lambda s: s is not DeliveryState.PENDING),
    st.integers(1, 20),
    _REFUSALS,
)
def test_a_redelivery_that_fails_takes_nothing_back_and_is_not_repeated(
    state: DeliveryState, attempts: int, answer: Answer
) -> None:
    assert conclude(state, attempts, answer, _NOW) == (state, None)


def test_retry_after_is_honoured() -> None:
    answer = Answer(started_at=_NOW, duration_ms=1, status=429, retry_after="90")

    _state, due_at = conclude(DeliveryState.PENDING, 1, answer, _NOW)

    assert due_at == _NOW + timedelta(seconds=90)
