"""What was found out lately, within a bound."""

from collections import OrderedDict
from collections.abc import Hashable
from contextlib import suppress
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """A map that forgets what was asked for longest ago. Threads may share it."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        """Return what is known, or None."""
        # Each call is one step, which no thread interrupts.
        value = self._values.get(key)
        if value is not None:
            # It may have been forgotten meanwhile.
            with suppress(KeyError):
                self._values.move_to_end(key)
        return value

    def put(self, key: K, value: V) -> None:
        """Remember a value, which is not None."""
        self._values[key] = value
        while len(self._values) > self._size:
            # Other threads may have made room meanwhile.
            with suppress(KeyError):
                self._values.popitem(last=False)

    def drop(self, key: K) -> None:
        """Forget a value."""
        self._values.pop(key, None)
