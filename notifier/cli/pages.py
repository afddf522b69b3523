"""Listings that commands print whole."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar
from uuid import UUID

_PAGE = 1000


class _Item(Protocol):
    @property
    def id(self) -> UUID: ...


T = TypeVar("T", bound=_Item)


def all_pages(list_page: Callable[[int, UUID | None], Sequence[T]]) -> list[T]:
    """Return all items that *list_page* gives, by a limit and what they come after."""
    found: list[T] = []
    while True:
        page = list_page(_PAGE, found[-1].id if found else None)
        found += page
        if len(page) < _PAGE:
            return found
