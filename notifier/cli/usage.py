"""What commands that tell of usage have in common: options, pages and cells."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import click

from notifier.audit.timelines.counting import Counting
from notifier.audit.timelines.errors import NotCounted
from notifier.audit.timelines.selection import Selection
from notifier.audit.timelines.usage import Day, Usage
from notifier.cli.moments import SPAN
from notifier.cli.options import limit_option
from notifier.cli.place import Place
from notifier.events.envelope import render_timestamp
from notifier.registry.repositories import EVERYTHING

USAGE_HEADINGS: Final = ["pulls", "last pulled", "pushed"]
DAY_HEADINGS: Final = ["day", "pulls", "clients"]

_NS_PER_S: Final = 1_000_000_000
_OPTIONS: Final = (
    click.option(
        "--repository",
        "globs",
        multiple=True,
        metavar="GLOB",
        help="Of repositories that match; may be given several times.",
    ),
    click.option(
        "--unpulled-for",
        type=SPAN,
        help="Only what nobody has pulled, nor pushed, for that long: 90d.",
    ),
    limit_option,
    click.option("--cursor", help="Go on after a page: its `next`, from --json."),
)

days_option = click.option(
    "--days",
    type=click.IntRange(1, 400),
    default=30,
    show_default=True,
    help="How many days, until today.",
)

T = TypeVar("T")
P = TypeVar("P")


def selection_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that make up a selection, and those of its pages."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def take_selection(place: Place, options: Mapping[str, Any]) -> Selection:
    """Make a selection of the options above, once all is counted.

    Raises `NotCounted`.
    """
    ago_s = options["unpulled_for"]
    if not count(place) and ago_s is not None:
        raise NotCounted
    return Selection(
        globs=options["globs"] or EVERYTHING,
        unused_since_ns=None if ago_s is None else time.time_ns() - ago_s * _NS_PER_S,
    )


def count(place: Place) -> bool:
    """Count what is recorded by now; tell whether that is all."""
    return Counting(place.database, place.recorder).catch_up()


def all_of(
    limit: int, after: P, list_page: Callable[[int, P], tuple[Sequence[T], P]]
) -> tuple[Sequence[T], P]:
    """Return up to *limit* items of as many pages as that takes, and where to go on."""
    found: list[T] = []
    while True:
        page, next_ = list_page(limit - len(found), after)
        found += page
        if next_ is None or len(found) == limit:
            return found, next_
        after = next_


def usage_cells(usage: Usage) -> list[str]:
    """Return what stands below `USAGE_HEADINGS`."""
    return [
        f"{usage.pulls:,}",
        _minute(usage.last_pulled_ns),
        _minute(usage.pushed_ns),
    ]


def day_cells(day: Day) -> list[str]:
    """Return what stands below `DAY_HEADINGS`."""
    clients = ", ".join(f"{name} {pulls:,}" for name, pulls in day.clients.items())
    return [day.day.isoformat(), f"{day.pulls:,}", clients]


def _minute(at_ns: int | None) -> str:
    return "" if at_ns is None else render_timestamp(at_ns)[: len("2026-05-01T15:28")]
