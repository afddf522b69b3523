"""The embedded Redis loses all that it holds."""

import random

from tests.faults.scenario import Scenario, Scene


def _strike(scene: Scene, _source: random.Random, _count: int) -> str:
    with scene.site.redis() as connection:
        connection.flushall()
    return "Redis flushed"


SCENARIO = Scenario(
    name="flush",
    summary="FLUSHALL on the embedded Redis, five times",
    times=5,
    may_repeat=False,
    strike=_strike,
)
