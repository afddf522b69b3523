"""Events that are announced are read when somebody looks at them, and then once."""

from notifier.events.announced import Announced, ReadLater
from notifier.events.event import Action
from tests import factories

_EVENTS = [factories.event() for _ in range(5)]


def test_only_what_is_looked_at_is_read_and_that_once() -> None:
    read: list[int] = []

    def note(place: int) -> "object":
        read.append(place)
        return _EVENTS[place]

    later = ReadLater(5, note)  # type: ignore[arg-type]  # it does return events

    assert len(later) == 5
    assert read == []
    assert (later[3], later[-2]) == (_EVENTS[3], _EVENTS[3])
    assert read == [3]
    assert later[1:3] == _EVENTS[1:3]
    assert list(later) == _EVENTS
    assert sorted(read) == [0, 1, 2, 3, 4]


def test_what_is_announced_are_those_at_their_places() -> None:
    announced = Announced(_EVENTS, [4, 0], [Action.PUSH] * 2)

    assert list(announced) == [_EVENTS[4], _EVENTS[0]]
    assert len(announced) == 2
    assert _EVENTS[0] in announced
    assert _EVENTS[1] not in announced
