"""What a scenario is."""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.images import Image
from tests.faults.listener import Listener
from tests.faults.load import Load
from tests.faults.site import DATABASES, Site


class Skipped(Exception):
    """This machine does not permit what a scenario needs. The message says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A server under load, and who hears of it, as the endpoint of that id.

    Of several *sites*, one on each host, the first is the *site* that is asked. In
    *notes* a scenario counts what it likes.
    """

    sites: Sequence[Site]
    load: Load
    listener: Listener
    images: Sequence[Image]
    endpoint_id: str
    notes: Counter[object] = field(default_factory=Counter)

    @property
    def site(self) -> Site:
        """Return the one that is asked."""
        return self.sites[0]


Strike = Callable[[Scene, random.Random, int], str]
Ground = Callable[[Path], AbstractContextManager[Mapping[str, str]]]
Around = Callable[[Scene], AbstractContextManager[None]]
Examine = Callable[[Scene], Sequence[str]]


def _any_ground(_folder: Path) -> AbstractContextManager[Mapping[str, str]]:
    return nullcontext({})


def with_settings(**settings: str) -> Ground:
    """Give the server these settings, in any folder."""
    return lambda _folder: nullcontext(settings)


def _nothing_around(_scene: Scene) -> AbstractContextManager[None]:
    return nullcontext()


def _do_no_more(_scene: Scene, _source: random.Random, _count: int) -> str:
    return "no more than what is around"


def _nothing_more(_scene: Scene) -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Something that goes wrong, some *times*, at random moments of the load.

    *strike* makes it go wrong, is told for which time, and returns what it has done.
    Then the server must be up, or come up by itself. *may_repeat* says that what was
    in flight may be delivered twice. Not every database can suffer from it. There may
    be several *hosts*.

    *ground* prepares the folder that the server gets, and gives settings; it may raise
    `Skipped`. *endpoint* has fields of the endpoint. *around* is what lasts as long as
    the load: when it has ended, the deliveries are waited for. *examine* finds what is
    wrong besides.
    """

    name: str
    summary: str
    times: int
    may_repeat: bool
    strike: Strike = _do_no_more
    databases: tuple[str, ...] = DATABASES
    hosts: int = 1
    ground: Ground = _any_ground
    endpoint: Mapping[str, Any] = field(default_factory=dict)
    around: Around = _nothing_around
    examine: Examine = _nothing_more
