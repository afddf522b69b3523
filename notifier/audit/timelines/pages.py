"""Pages of what is found on a way along an index, on which much may be passed over."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

P = TypeVar("P")
T = TypeVar("T")


def take_page(
    passed: Iterable[tuple[P, T | None]], *, limit: int, window: int
) -> tuple[Sequence[T], P | None]:
    """Return up to *limit* of the things *passed*, and the last place; None: of all.

    Places where there is nothing to be found count for
    the *window* too, so that no page takes long: it may be short, or empty, and still
    have a next.
    """
    found: list[T] = []
    last: P | None = None
    for count, (place, thing) in enumerate(passed):
        if len(found) == limit or count == window:
            return found, last
        last = place
        if thing is not None:
            found.append(thing)
    return found, None
