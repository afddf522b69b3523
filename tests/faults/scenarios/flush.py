"""The embedded Redis loses all that it holds."""

import random

from tests.faults.scenario import Scenario
from tests.faults.site import Site


def _strike(site: Site, _source: random.Random, _count: int) -> str:
    with site.redis() as connection:
        connection.flushall()
    return "Redis flushed"


SCENARIO = Scenario(
    name="flush",
    summary="FLUSHALL on the embedded Redis, five times",
    times=5,
    may_repeat=False,
    strike=_strike,
)
