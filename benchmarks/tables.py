"""Tables of figures, for people."""

from typing import Final

from rich import box
from rich.table import Table

# The share of its time on a CPU from which on a process was the limit.
BUSY: Final = 0.9

_WORDS: Final = {"workload", "server"}


def make_table(*headings: str, frame: box.Box) -> Table:
    """Make a table of these columns, without rows."""
    table = Table(
        box=frame,
        pad_edge=frame is box.MARKDOWN,
        collapse_padding=frame is not box.MARKDOWN,
    )
    for heading in headings:
        if heading in _WORDS:
            table.add_column(heading, no_wrap=True)
        else:
            table.add_column(heading, justify="right", overflow="fold")
    return table
