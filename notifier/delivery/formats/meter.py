"""The meter: what a rendering has cost so far."""

from collections.abc import Mapping
from typing import Any, Final

from jinja2 import Undefined
from jinja2.exceptions import SecurityError

MAX_LENGTH: Final = 64 * 1024
# About a tenth of a second; an event is an object of some twenty values.
MAX_COST: Final = 100_000
_FREE_CHARACTERS = 64


class Meter:
    """Counts nodes that are run and characters that are made, and says when to stop."""

    def __init__(self) -> None:
        self._left = MAX_COST

    def spend(self, cost: int) -> None:
        """Pay; raise `SecurityError` if too much was spent."""
        self._left -= cost
        if self._left < 0:
            raise SecurityError("it does too much")

    def spend_text(self, length: int) -> None:
        """Pay for a text before it is made; raise `SecurityError`."""
        if length > MAX_LENGTH:
            raise SecurityError(f"it makes a text of more than {MAX_LENGTH} characters")
        self.spend(1 + length // _FREE_CHARACTERS)

    def spend_value(self, value: Any) -> None:
        """Pay for each item within *value*; raise `SecurityError` or `UndefinedError`.

        Within a list the same list may stand twice, and so on: it is paid for twice.
        """
        pending = [value]
        while pending:
            item = pending.pop()
            if isinstance(item, str):
                self.spend_text(len(item))
            elif isinstance(item, Mapping):
                self.spend(1 + len(item))
                pending += item.values()
            elif isinstance(item, list | tuple):
                self.spend(1 + len(item))
                pending += item
            else:
                require_defined(item)
                self.spend(1)


def require_defined(value: Any) -> None:
    """Raise `UndefinedError` for what is not there."""
    if isinstance(value, Undefined):
        # It knows its name, and raises the error as soon as it is used.
        str(value)
