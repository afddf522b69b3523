"""The body of a request that brings bytes of a blob, and what its headers say of it."""

import re
from dataclasses import dataclass
from typing import Protocol

from notifier.registry.errors import RangeInvalid, SizeInvalid

_CONTENT_RANGE = re.compile(
    r"(?:bytes[ =])?([0-9]{1,18})-([0-9]{1,18})(?:/(?:[0-9]+|\*))?", re.ASCII
)


class Readable(Protocol):
    """Where a body comes from."""

    def read(self, size: int, /) -> bytes:
        """Return up to *size* bytes, none at the end."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A request's body, and what its headers say of it."""

    stream: Readable
    length: int | None = None
    content_range: str | None = None

    def expected_length(self, size: int) -> int | None:
        """Return how long it must be, by its headers, to go on at *size*; or None.

        Raises `RangeInvalid` if it does not go on there, `SizeInvalid` if its headers
        contradict each other.
        """
        if self.content_range is None:
            return self.length
        match = _CONTENT_RANGE.fullmatch(self.content_range.strip())
        if match is None:
            raise RangeInvalid(size, {"reason": "the range is not first-last"})
        first, last = int(match[1]), int(match[2])
        if first != size or last < first:
            raise RangeInvalid(size, {"range": self.content_range[:64], "size": size})
        length = last - first + 1
        if self.length is not None and self.length != length:
            raise SizeInvalid({"range": self.content_range[:64], "length": self.length})
        return length


def check_length(received: int, expected: int | None) -> None:
    """Raise `SizeInvalid` unless as much came as was expected, if anything was."""
    if expected is not None and received != expected:
        raise SizeInvalid({"received": received, "expected": expected})
