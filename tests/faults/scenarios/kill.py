"""Every process of the server is killed at once, and it is started again."""

import random

from tests.faults.scenario import Scenario
from tests.faults.site import Site


def _strike(site: Site, source: random.Random, _count: int) -> str:
    site.kill(source)
    return f"killed, and ready again in {site.start():.1f} s"


SCENARIO = Scenario(
    name="kill",
    summary="kill -9 of every process, three times, and a start after each",
    times=3,
    may_repeat=True,
    strike=_strike,
)
