"""What a scenario is."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.site import DATABASES, Site

Strike = Callable[[Site, random.Random, int], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Something that goes wrong, some *times*, at random moments of the load.

    *strike* makes it go wrong, is told for which time, and returns what it has done.
    Then the server must be up, or come up by itself. *may_repeat* says that what was
    in flight may be delivered twice. Not every database can suffer from it.
    """

    name: str
    summary: str
    times: int
    may_repeat: bool
    strike: Strike
    databases: tuple[str, ...] = DATABASES
