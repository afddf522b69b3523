"""What two globs have in common: the names that both of them match."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice, product
from typing import NamedTuple

from notifier.globs import matches

# Two globs with many gaps may overlap in very many ways. Nobody means that: what is
# beyond these bounds is left out, so that it is not allowed.
_MAX_WAYS = 64
_MAX_PLACES = 2_000
_MAX_PAIRS = 1_000

_PARTS = re.compile(r"(?:^|(?<=/))\*\*/|\*\*+|\*|[^*]")
_ANY, _COMPONENT = "**", "*"
_GAPS = {_ANY, _COMPONENT}
# Stands before what a ``**/`` at the beginning or after a slash is, if it is anything.
_OPTION = ""
_FOLDERS = (_OPTION, _ANY, "/")

_Elements = tuple[str, ...]


def overlaps(some: Sequence[str], others: Sequence[str]) -> Iterator[str]:
    """Yield globs of the names that are matched by one of *some* and one of *others*.

    Of lists with a thousand pairs, what the others have in common is left out.
    """
    for one, other in islice(product(some, others), _MAX_PAIRS):
        yield from overlap(one, other)


@lru_cache(maxsize=4096)
def overlap(one: str, other: str) -> tuple[str, ...]:
    """Return globs that together match exactly what both match.

    Of two that overlap in very many ways, some of that is left out.
    """
    if other in (one, _ANY):
        return (one,)
    if one == _ANY:
        return (other,)
    if "*" not in one:
        return (one,) if matches(other, one) else ()
    if "*" not in other:
        return (other,) if matches(one, other) else ()
    ways = _ways(_parse(one), _parse(other))
    return tuple(dict.fromkeys(map(_render, ways)))


class _Place(NamedTuple):
    """How far one has got in each of the two globs."""

    one: int
    other: int


class _Step(NamedTuple):
    """What both match between two places: a character, a gap or nothing."""

    element: str
    to: _Place


def _parse(glob: str) -> _Elements:
    """Return the characters and gaps of a glob."""
    elements: list[str] = []
    for part in _PARTS.findall(glob):
        if part == "**/":
            elements += _FOLDERS
        else:
            elements.append(_ANY if part.startswith(_ANY) else part)
    return tuple(elements)


def _ways(one: _Elements, other: _Elements) -> Sequence[_Elements]:
    """Find the ways from the beginnings of both to their ends."""
    start, end = _Place(0, 0), _Place(len(one), len(other))
    steps = {start: list(_steps(one, other, start))}
    ahead = [start]
    while ahead:
        for step in steps[ahead.pop()]:
            if step.to not in steps:
                steps[step.to] = list(_steps(one, other, step.to))
                ahead.append(step.to)
        if len(steps) > _MAX_PLACES:
            return ()
    ways: dict[_Place, list[_Elements]] = {}
    # Each step leads on, so the places behind it are done before.
    for place in sorted(steps, key=sum, reverse=True):
        found = (
            _prepend(step.element, way)
            for step in steps[place]
            for way in ways[step.to]
        )
        ways[place] = [()] if place == end else list(dict.fromkeys(found))
        del ways[place][_MAX_WAYS:]
    return ways[start]


def _steps(one: _Elements, other: _Elements, place: _Place) -> Iterator[_Step]:
    i, j = place
    a = one[i] if i < len(one) else None
    b = other[j] if j < len(other) else None
    if a == _OPTION:
        yield _Step(_OPTION, _Place(i + 1, j))
        yield _Step(_OPTION, _Place(i + len(_FOLDERS), j))
    elif b == _OPTION:
        yield _Step(_OPTION, _Place(i, j + 1))
        yield _Step(_OPTION, _Place(i, j + len(_FOLDERS)))
    elif a in _GAPS or b in _GAPS:
        yield from _steps_in_gaps(a, b, place)
    elif a is not None and a == b:
        yield _Step(a, _Place(i + 1, j + 1))


def _steps_in_gaps(a: str | None, b: str | None, place: _Place) -> Iterator[_Step]:
    """Yield the steps where at least one of the two has a gap.

    Of two gaps, one ends first, and the other goes on.
    """
    i, j = place
    both = a in _GAPS and b in _GAPS
    shared = (_ANY if a == b == _ANY else _COMPONENT) if both else _OPTION
    if a in _GAPS:
        yield _Step(shared, _Place(i + 1, j))
    if b in _GAPS:
        yield _Step(shared, _Place(i, j + 1))
    if a is not None and b is not None and not both:
        gap, character = (a, b) if a in _GAPS else (b, a)
        if gap == _ANY or character != "/":
            yield _Step(character, _Place(i + (gap == b), j + (gap == a)))


def _prepend(element: str, way: _Elements) -> _Elements:
    """Put an element before others; gaps side by side are one."""
    if element == _OPTION:
        return way
    if element in _GAPS and way and way[0] in _GAPS:
        return (max(element, way[0]), *way[1:])
    return (element, *way)


def _render(way: _Elements) -> str:
    """Write a glob that means this, and nothing more.

    Three asterisks are a gap like two, but with a slash behind they are not optional.
    """
    return "".join(way).replace("**/", "***/")
