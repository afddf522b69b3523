"""Spans: from one event to another, in either direction.

They name events by the bytes of their ids, as walks find them: see `packed`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Self

from notifier.audit.questions import Question
from notifier.ids import first_uuid7

_LENGTH: Final = 16
_FIRST: Final = bytes(_LENGTH)
_LAST: Final = b"\xff" * _LENGTH


@dataclass(frozen=True, slots=True)
class Span:
    """The events from the id *low* up to, but without, the id *high*."""

    low: bytes
    high: bytes
    oldest_first: bool

    @classmethod
    def of(cls, question: Question) -> Self:
        """Return the span that lies between the question's times."""
        return cls(
            low=_bound(question.since_ns, _FIRST),
            high=_bound(question.until_ns, _LAST),
            oldest_first=question.oldest_first,
        )

    def up_to(self, id_: bytes) -> Self:
        """Return the part that ends with the event *id_*."""
        if self.oldest_first:
            return replace(self, high=min(self.high, _following(id_)))
        return replace(self, low=max(self.low, id_))

    def beyond(self, id_: bytes) -> Self:
        """Return the part that comes after the event *id_*."""
        if self.oldest_first:
            return replace(self, low=max(self.low, _following(id_)))
        return replace(self, high=min(self.high, id_))

    def sort(self, ids: Iterable[bytes]) -> list[bytes]:
        """Put *ids* in order."""
        return sorted(ids, reverse=not self.oldest_first)

    def first(self, ids: Iterable[bytes]) -> bytes:
        """Return the one of *ids* that comes first."""
        return min(ids) if self.oldest_first else max(ids)

    def __contains__(self, id_: bytes) -> bool:
        """Tell whether an event lies within."""
        return self.low <= id_ < self.high


def _bound(at_ns: int | None, default: bytes) -> bytes:
    """Return the least id of a moment: exact to a quarter of a microsecond."""
    return default if at_ns is None else first_uuid7(max(at_ns, 0)).bytes


def _following(id_: bytes) -> bytes:
    return _LAST if id_ == _LAST else (int.from_bytes(id_) + 1).to_bytes(_LENGTH)
