"""What can grow: the sizes of what a server has, is told of and is asked by."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from benchmarks.images import REPOSITORIES, Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large everything is.

    *endpoints* are told of everything, *others* have filters that nothing passes.
    *events* are in the log before; none is a new log.
    """

    repositories: int = REPOSITORIES
    endpoints: int = 1
    others: int = 0
    events: int = 0
    layers: int = 1
    connections: int = 8

    @property
    def shape(self) -> Shape:
        """Return what images are like."""
        return Shape(layers=self.layers, repositories=self.repositories)


@dataclass(frozen=True, slots=True)
class Growth:
    """A field of `Size` that is *small* once and *large* once, all else being equal."""

    name: str
    small: int
    large: int

    def sizes(self) -> Mapping[str, Size]:
        """Return both, by what they are called, the small one first."""
        return {
            f"{self.name} {number:,}": replace(Size(), **{self.name: number})
            for number in (self.small, self.large)
        }


GROWTHS: Final = (
    Growth("repositories", 10, 10_000),
    Growth("endpoints", 1, 100),
    Growth("others", 0, 100),
    Growth("events", 100_000, 10_000_000),
    Growth("layers", 1, 200),
    Growth("connections", 1, 64),
)
QUICK: Final = {
    "repositories": 300,
    "endpoints": 10,
    "others": 100,
    "events": 300_000,
    "layers": 20,
    "connections": 64,
}
