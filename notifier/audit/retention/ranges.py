"""Ranges of ids."""

from bisect import bisect_right
from collections.abc import Iterable
from typing import Final
from uuid import UUID

_NOTHING: Final = UUID(int=0)


class Ranges:
    """What is within any of *ranges*, the ends of each included.

    They may overlap, and be many: to look one id up costs little.
    """

    def __init__(self, ranges: Iterable[tuple[UUID, UUID]]) -> None:
        ordered = sorted(ranges)
        self._firsts = [first for first, _ in ordered]
        # How far those reach that begin no later than each one.
        self._lasts: list[UUID] = []
        furthest = _NOTHING
        for _, last in ordered:
            furthest = max(furthest, last)
            self._lasts.append(furthest)

    def __contains__(self, id_: UUID) -> bool:
        place = bisect_right(self._firsts, id_)
        return place > 0 and id_ <= self._lasts[place - 1]
