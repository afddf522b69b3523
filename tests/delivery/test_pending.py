"""What a drain has in hand."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from notifier.delivery.bodies import Body
from notifier.delivery.formats import DEFAULT_FORMAT
from notifier.delivery.letters import Letter
from notifier.delivery.pending import Pending
from notifier.delivery.transport import Answer
from notifier.ids import uuid7
from tests import factories

_NOW = datetime(2026, 7, 14, 12, tzinfo=UTC)
_BODY = Body(factories.event(), None)


def letter(lane: int | None = None) -> Letter:
    return Letter(
        delivery_id=uuid7(),
        event_id=uuid7(),
        lane=lane,
        format=DEFAULT_FORMAT,
        body=_BODY,
    )


def answer(status: int = 200) -> Answer:
    return Answer(started_at=_NOW, duration_ms=1, status=status)


@given(st.lists(st.none(), max_size=20), st.integers(1, 8))
def test_without_lanes_all_go_in_the_order_in_which_they_came(
    lanes: list[None], most: int
) -> None:
    pending, letters = Pending(), [letter(lane) for lane in lanes]
    pending.add(letters)

    taken: list[Letter] = []
    while batch := pending.take(most):
        assert len(batch) <= most
        taken += batch

    assert taken == letters


def test_a_lane_waits_while_one_of_it_is_in_flight_and_others_go_on() -> None:
    pending = Pending()
    first, second, other = letter(1), letter(1), letter(2)
    pending.add([first, second, other])

    assert pending.take(1) == [first]
    assert pending.take(1) == [other]
    assert pending.take(1) == []

    pending.answer([first], answer())
    assert pending.take(1) == [second]


def test_several_of_a_lane_may_go_together() -> None:
    pending, letters = Pending(), [letter(1), letter(1), letter(1)]
    pending.add(letters)

    assert pending.take(2) == letters[:2]
    assert pending.count_sendable(2) == 0


def test_what_comes_after_a_failure_is_forgotten_when_that_is_settled() -> None:
    pending = Pending()
    first, second, other = letter(1), letter(1), letter(2)
    pending.add([first, second, other])
    pending.answer(pending.take(1), answer(500))

    assert pending.take(1) == [other]
    pending.settle()

    assert first.delivery_id not in pending
    assert second.delivery_id not in pending
    assert other.delivery_id in pending


class Hand(RuleBasedStateMachine):
    """Letters come, go, and are answered in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.pending = Pending()
        self.in_flight: list[list[Letter]] = []
        self.accepted: list[Letter] = []

    @rule(lanes=st.lists(st.sampled_from([None, 1, 2]), max_size=4))
    def add(self, lanes: list[int | None]) -> None:
        letters = [letter(lane) for lane in lanes]
        self.pending.add(letters)

    @rule(most=st.integers(1, 3))
    def take(self, most: int) -> None:
        expected = self.pending.count_sendable(most)
        batch = list(self.pending.take(most))
        assert len(batch) == expected
        if batch:
            self.in_flight.append(batch)

    @precondition(lambda self: self.in_flight)
    @rule(data=st.data(), status=st.sampled_from([200, 500]))
    def answer(self, data: st.DataObject, status: int) -> None:
        place = data.draw(st.integers(0, len(self.in_flight) - 1))
        batch = self.in_flight.pop(place)
        self.pending.answer(batch, answer(status))
        if status == 200:
            self.accepted += batch

    @rule()
    def settle(self) -> None:
        self.pending.settle()
        assert not self.pending.answers

    @rule()
    def drop(self) -> None:
        self.pending.drop_ready()
        assert self.pending.ready == 0

    @invariant()
    def of_a_lane_one_post_is_in_flight_at_most(self) -> None:
        lanes = [
            lane
            for batch in self.in_flight
            for lane in {item.lane for item in batch}
            if lane is not None
        ]
        assert len(lanes) == len(set(lanes))

    @invariant()
    def a_lane_is_accepted_in_order(self) -> None:
        for lane in (1, 2):
            ids = [item.delivery_id for item in self.accepted if item.lane == lane]
            assert ids == sorted(ids)

    @invariant()
    def all_in_hand_are_ready_in_flight_or_answered(self) -> None:
        flying = sum(map(len, self.in_flight))
        ready, answered = self.pending.ready, len(self.pending.answers)
        assert len(self.pending) == ready + flying + answered


TestHand = Hand.TestCase
