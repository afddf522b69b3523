"""What a server has that can be asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.images import ONE_LAYER, Image, Shape, build_image

# What one page of the catalog holds, and how many tags one repository has.
LISTED: Final = 100


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of names: where it is, and under which key it has which."""

    path: str
    key: str
    names: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """Images and a large blob to pull, lists to read and questions to ask.

    What is pushed has the *shape* of what is there.
    The lists are of repositories of their own: their length does not depend on how much
    was pushed.
    """

    images: Sequence[Image]
    shape: Shape = ONE_LAYER
    catalog: Listing | None = None
    tags: Listing | None = None
    blob: str = ""
    questions: Sequence[str] = ()


def build_listed(series: str) -> list[Image]:
    """Make a hundred images of one repository, and one of each of 99 others."""
    team, shape = _team(series), ONE_LAYER
    tagged = [build_image(series, n, shape, f"{team}/tagged") for n in range(LISTED)]
    others = [
        build_image(series, n, shape, f"{team}/repository-{n}")
        for n in range(LISTED, 2 * LISTED - 1)
    ]
    return tagged + others


def catalog_of(series: str, listed: Sequence[Image]) -> Listing:
    """Return the page of the catalog that has exactly their repositories."""
    names = sorted({image.repository for image in listed})
    path = f"/v2/_catalog?n={len(names)}&last={_team(series)}"
    return Listing(path, "repositories", names)


def tags_of(listed: Sequence[Image]) -> Listing:
    """Return the list of tags of the first one's repository."""
    repository = listed[0].repository
    tags = sorted(image.tag for image in listed if image.repository == repository)
    return Listing(f"/v2/{repository}/tags/list", "tags", tags)


def _team(series: str) -> str:
    return f"listed-{series}"
