"""Work: what a repair does, part by part, each from where the last one ended."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar

import sqlalchemy as sa

from notifier.db import Transaction

T = TypeVar("T")

# How many rows one look may pass over: a selection that few of them meet is gone
# through in several looks, and never in one that takes seconds.
WINDOW = 10_000

_COUNT_AT_ONCE = 1000
START: Final = ""


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """What a look has found, and the *cursor* of the next; None at the end."""

    items: Sequence[T]
    cursor: str | None


class Work(Protocol[T]):
    """What one repair goes through and does; T is what it does it to."""

    def look(self, connection: sa.Connection, cursor: str, limit: int) -> Part[T]:
        """Find up to *limit* items that come after *cursor*, which begins empty."""
        ...

    def do(self, transaction: Transaction, items: Sequence[T]) -> None:
        """Do what is to be done to them, and to no other."""
        ...


class Count(NamedTuple):
    """How many items there are, or at least are if it is not *complete*."""

    total: int
    complete: bool


def count(
    connection: sa.Connection, work: Work[Any], *, for_s: float | None = None
) -> Count:
    """Count what *work* would be done to, as far as one gets in *for_s* seconds."""
    until = math.inf if for_s is None else time.monotonic() + for_s
    cursor: str | None = START
    total = 0
    while cursor is not None and time.monotonic() < until:
        part = work.look(connection, cursor, _COUNT_AT_ONCE)
        total += len(part.items)
        cursor = part.cursor
    return Count(total, cursor is None)
