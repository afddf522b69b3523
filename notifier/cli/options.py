"""Options that several commands have."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any
from uuid import UUID

import click

from notifier.audit.cursor import CursorInvalid, parse_cursor

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON, for programs."
)
limit_option = click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=50,
    show_default=True,
    help="How many at most.",
)


def cursor_option(listing: str) -> Decorator:
    """Make the option that goes on after a page of *listing*."""
    return click.option(
        "--cursor",
        "before",
        type=_Cursor(listing),
        help="Go on after a page: its `next`, from --json.",
    )


def choice(kind: type[StrEnum]) -> "click.Choice[str]":
    """Make a type of option whose values are those of *kind*, not their names."""
    return click.Choice([member.value for member in kind])


class _Cursor(click.ParamType[UUID]):
    """What an item of the next page comes after."""

    name = "cursor"

    def __init__(self, listing: str) -> None:
        self._listing = listing

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> UUID:
        """Read what a page called its ``next``."""
        try:
            return parse_cursor(self._listing, value)
        except CursorInvalid:
            self.fail(f"{value!r} is not the `next` of a page", param, ctx)
