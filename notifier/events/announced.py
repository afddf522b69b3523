"""Events as receivers get them: those that nobody looks at are not even read."""

from collections.abc import Callable, Sequence
from typing import overload

from notifier.events.event import Action, Event


class ReadLater(Sequence[Event]):
    """So many events; each is read, by its place, when somebody looks at it."""

    def __init__(self, number: int, read: Callable[[int], Event]) -> None:
        self._number = number
        self._read = read
        self._events: dict[int, Event] = {}

    def __len__(self) -> int:
        """Return how many they are."""
        return self._number

    @overload
    def __getitem__(self, place: int) -> Event: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Event]: ...
    def __getitem__(self, place: int | slice) -> Event | Sequence[Event]:
        """Return what stands at a place, or at several."""
        places = range(self._number)[place]
        if isinstance(places, int):
            return self._look_at(places)
        return [self._look_at(each) for each in places]

    def _look_at(self, place: int) -> Event:
        event = self._events.get(place)
        if event is None:
            event = self._events[place] = self._read(place)
        return event


class Announced(ReadLater):
    """The events at *places* of some, in that order, and the *actions* of these.

    What another registry tells comes as lines, and is an event once it is looked at.
    """

    def __init__(
        self,
        events: Sequence[Event],
        places: Sequence[int],
        actions: Sequence[Action],
    ) -> None:
        super().__init__(len(places), lambda place: events[places[place]])
        self.actions = actions
