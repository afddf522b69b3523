"""Globs: names with gaps.

``*`` stands for any characters but a slash, ``**`` for any characters. A ``**/``
at the beginning or after a slash also stands for nothing: ``**/app`` matches ``app``.
Everything else stands for itself.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

_PARTS = re.compile(r"(?:^|(?<=/))\*\*/|\*\*+|\*|[^*]+")


@lru_cache(maxsize=16_384)
def matches(pattern: str, name: str) -> bool:
    """Tell whether the whole of *name* fits *pattern*.

    All positions that may have been reached are followed at once, and no position is
    looked at twice for a part: pushes wait for this.
    """
    reached = {0}
    for part in _PARTS.findall(pattern):
        if not reached:
            return False
        reached = set(_ends(part, name, reached))
    return len(name) in reached


def _ends(part: str, name: str, reached: set[int]) -> Iterable[int]:
    """Find where *part* may end if it begins at any of the positions *reached*."""
    if part == "**/":
        first = min(reached)
        slashes = (
            end for end in range(first + 1, len(name) + 1) if name[end - 1] == "/"
        )
        return reached.union(slashes)
    if part == "*":
        return _ends_of_component(name, reached)
    if part.startswith("*"):
        return range(min(reached), len(name) + 1)
    return [start + len(part) for start in reached if name.startswith(part, start)]


def _ends_of_component(name: str, reached: set[int]) -> Iterable[int]:
    """Yield all positions from any of *reached* to the next slash, once each."""
    seen = 0
    for start in sorted(reached):
        slash = name.find("/", start)
        end = (len(name) if slash < 0 else slash) + 1
        yield from range(max(start, seen), end)
        seen = max(seen, end)
