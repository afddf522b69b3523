"""What commands print: tables for people, JSON for programs.

The JSON is that of the REST API, so that one program reads both.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click
import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

# A terminal breaks what is longer than its lines by itself: so it can be copied whole,
# and columns do not shrink to a few letters each.
_WIDTH = 1000
_SHORT_DIGEST = len("sha256:") + 12


def print_json(value: Any) -> None:
    """Print *value* for programs, over several lines."""
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2))


def print_json_line(value: Any) -> None:
    """Print *value* for programs, as one line of many."""
    click.echo(orjson.dumps(value))


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under their headings."""
    table = _grid(headings)
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))
    _print(table)


def print_fields(fields: Mapping[str, str]) -> None:
    """Print names and values, one pair a line; what has no value is left out."""
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(overflow="fold")
    for name, value in fields.items():
        if value:
            table.add_row(Text(name, style="bold"), Text(visible(value)))
    _print(table)


def visible(text: str) -> str:
    """Return *text* without what commands a terminal: strangers may have written it."""
    return "".join(
        c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def visible_line(text: str) -> str:
    """Return that as one line."""
    return visible(text.replace("\n", "\N{REPLACEMENT CHARACTER}"))


def short_digest(digest: str) -> str:
    """Return as much of a digest as tells it from others."""
    return digest[:_SHORT_DIGEST]


def moment(at: datetime | None) -> str:
    """Return a time for people, in UTC and to the second."""
    return "" if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _grid(headings: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold", no_wrap=heading in {"id", "time"})
    return table


def _print(table: Table) -> None:
    console = Console(width=_WIDTH, highlight=False)
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        click.echo(line.rstrip())
