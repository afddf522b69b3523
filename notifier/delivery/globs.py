"""Globs: names with gaps.

``*`` stands for any characters but a slash, ``**`` for any characters. A ``**/``
at the beginning or after a slash also stands for nothing: ``**/app`` matches ``app``.
Everything else stands for itself.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

_PARTS = re.compile(r"(?:^|(?<=/))\*\*/|\*\*+|\*|[^*]+")


@lru_cache(maxsize=16_384)
def matches(pattern: str, name: str) -> bool:
    """Tell whether the whole of *name* fits *pattern*.

    All positions that may have been reached are followed at once, so that no pattern
    takes more than the product of both lengths: pushes wait for this.
    """
    reached = {0}
    for part in _PARTS.findall(pattern):
        reached = {end for start in reached for end in _ends(part, name, start)}
    return len(name) in reached


def _ends(part: str, name: str, start: int) -> Iterator[int]:
    """Find where *part* may end if it begins at *start*."""
    if part == "**/":
        yield start
        for position in range(start, len(name)):
            if name[position] == "/":
                yield position + 1
    elif part == "*":
        slash = name.find("/", start)
        yield from range(start, (len(name) if slash < 0 else slash) + 1)
    elif part.startswith("*"):
        yield from range(start, len(name) + 1)
    elif name.startswith(part, start):
        yield start + len(part)
