"""UUIDv7: ids that sort by the time they were made (RFC 9562, section 5.7)."""

import os
import random
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec import convert

_NS_PER_MS = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MILLISECOND = timedelta(milliseconds=1)

# An id is no secret, so no system call is made for it: each would hand the interpreter
# to another thread. Processes that were forked must not make the same ids.
_random = random.Random()  # noqa: S311 - see above
os.register_at_fork(after_in_child=_random.seed)


def uuid7(at_ns: int | None = None) -> UUID:
    """Make an id for the moment *at_ns* (nanoseconds since 1970), or for now.

    The twelve bits after the millisecond hold its fraction (method 3 of section
    6.2), so ids of one process sort to a quarter of a microsecond.
    """
    value = first_number(time.time_ns() if at_ns is None else at_ns)
    return numbered(value | _random.getrandbits(62))


def made_at(id_: UUID) -> datetime:
    """Read the time out of a UUIDv7, to the millisecond: no column repeats it."""
    return _EPOCH + (id_.int >> 80) * _MILLISECOND


def first_uuid7(at_ns: int) -> UUID:
    """Return the lowest id that any event of the moment *at_ns* or later can have."""
    return numbered(first_number(at_ns))


def numbered(number: int) -> UUID:
    """Return the id that *number* is, in half the time that `UUID` itself takes."""
    return convert(number.to_bytes(16), UUID)


def first_number(at_ns: int) -> int:
    """Return the number that this id is."""
    milliseconds, rest = divmod(at_ns, _NS_PER_MS)
    fraction = (rest << 12) // _NS_PER_MS
    return milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62


def first_id(at: datetime) -> UUID:
    """Return the lowest id that anything made at that time or later can have."""
    return first_uuid7(max((at - _EPOCH) // _MICROSECOND, 0) * 1000)
