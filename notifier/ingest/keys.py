"""The keys of ingested events: the same event has the same key, whenever it comes.

The log sorts by its key, so that is a UUIDv7 of the event's time. What is random in
ours is here a hash of the source and of what its sender calls the event: an event that
is sent again meets its own row.

A time that cannot be is not used, nor is there one in all events. These take the time
of their receipt, in steps of ten seconds, and the keys of the steps before are looked
at too: what is sent again within five minutes is known again.
"""

from hashlib import blake2b
from typing import Final, NamedTuple
from uuid import UUID

from msgspec import ValidationError, convert

from notifier.ids import first_number, numbered

_NS_PER_S: Final = 1_000_000_000
# 2013-01-01: nobody had a registry of Docker's before.
_EARLIEST_NS: Final = 1_356_998_400 * _NS_PER_S
# Clocks differ. What lies further ahead would stand above all that is newer.
_MAX_AHEAD_NS: Final = 60 * _NS_PER_S

_STEP_NS: Final = 10 * _NS_PER_S
_STEPS: Final = 30

_UUID_LENGTH: Final = 36
_VERSION_AT: Final = 14
# The bits of a UUIDv7 that ours fill at random.
_HASH_BITS: Final = (1 << 62) - 1


class Key(NamedTuple):
    """The key of an event, the time that counts, and keys it may have had before."""

    id: UUID
    at_ns: int
    earlier: tuple[UUID, ...] = ()


def make_key(source_id: UUID, name: bytes, at_ns: int | None, now_ns: int) -> Key:
    """Make the key of what a source's sender calls *name*, which happened *at_ns*."""
    hash_ = _hash(source_id, name)
    if at_ns is not None and _EARLIEST_NS <= at_ns <= now_ns + _MAX_AHEAD_NS:
        return Key(_put(at_ns, hash_), at_ns)
    step_ns = now_ns - now_ns % _STEP_NS
    keys = [_put(step_ns - back * _STEP_NS, hash_) for back in range(_STEPS + 1)]
    return Key(keys[0], now_ns, tuple(keys[1:]))


def told_keys(name: str, at_ns: int) -> tuple[UUID, ...]:
    """Return the key of an event that is called *name*, if a log like ours has told it.

    It may be this very one, to which the event comes back. There the id begins with the
    time of the event; registry:3 makes ids of that version, too, at another moment.
    """
    if len(name) != _UUID_LENGTH or name[_VERSION_AT] != "7":
        return ()
    try:
        key = convert(name, UUID)
    except ValidationError:
        return ()
    begins_so = key.int | _HASH_BITS == first_number(at_ns) | _HASH_BITS
    return (key,) if begins_so else ()


def derived_uuid(*parts: str) -> UUID:
    """Make a UUID (version 8: of our own making) that is the same for equal parts."""
    digest = blake2b("\0".join(parts).encode(), digest_size=16).digest()
    value = int.from_bytes(digest) & ~(0xF << 76) & ~(0b11 << 62)
    return numbered(value | 0x8 << 76 | 0b10 << 62)


def _hash(source_id: UUID, name: bytes) -> int:
    digest = blake2b(name, digest_size=8, key=source_id.bytes).digest()
    return int.from_bytes(digest) & _HASH_BITS


def _put(at_ns: int, hash_: int) -> UUID:
    return numbered(first_number(at_ns) | hash_)
