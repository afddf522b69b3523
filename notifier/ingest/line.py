"""What web processes and the process that commits say to each other.

A request is parcels, an answer tells how many of their events are new. On a line, one
end speaks at a time.
"""

import struct
from collections.abc import Sequence
from typing import Final

from notifier.db import DatabaseFull, DatabaseUnavailable
from notifier.ingest.parcel import EventsWanted, Parcel

_LENGTH: Final = struct.Struct("<I")
_ANSWER: Final = struct.Struct("<BI")
_RECORDED, _WANTED, _UNAVAILABLE, _FULL, _FAILED = range(5)

ANSWER_LENGTH: Final = _ANSWER.size


class NotCommitted(Exception):
    """It may be tried by other means, which tell why it cannot be committed."""


def pack_request(parcels: Sequence[Parcel], *, with_events: bool) -> bytes:
    """Write a request; see `Parcel.packed`."""
    parts = []
    for parcel in parcels:
        packed = parcel.packed(with_events=with_events)
        parts += [_LENGTH.pack(len(packed)), packed]
    whole = b"".join(parts)
    return _LENGTH.pack(len(whole)) + whole


def read_request(data: bytearray | memoryview) -> list[Parcel] | None:
    """Read a request; return None if that is not all of it."""
    if len(data) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack_from(data)
    if len(data) < _LENGTH.size + length:
        return None
    parcels, view, place = [], memoryview(data), _LENGTH.size
    while place < len(data):
        (length,) = _LENGTH.unpack_from(data, place)
        place += _LENGTH.size
        parcels.append(Parcel.unpacked(view[place : place + length]))
        place += length
    return parcels


def pack_answer(result: int | Exception) -> bytes:
    """Write how many events are new, or that they could not be committed."""
    if isinstance(result, EventsWanted):
        return _ANSWER.pack(_WANTED, 0)
    if isinstance(result, DatabaseFull):
        return _ANSWER.pack(_FULL, 0)
    if isinstance(result, DatabaseUnavailable):
        return _ANSWER.pack(_UNAVAILABLE, 0)
    if isinstance(result, Exception):
        return _ANSWER.pack(_FAILED, 0)
    return _ANSWER.pack(_RECORDED, result)


def read_answer(data: bytes) -> int:
    """Read that; raise `EventsWanted`, `DatabaseUnavailable` or `NotCommitted`."""
    status, recorded = _ANSWER.unpack(data)
    if status == _WANTED:
        raise EventsWanted
    if status == _FULL:
        raise DatabaseFull("the database has no room for more")
    if status == _UNAVAILABLE:
        raise DatabaseUnavailable("the database cannot be reached, or is locked")
    if status == _FAILED:
        raise NotCommitted
    return int(recorded)
