"""Every process of the server is killed at once, and it is started again."""

import random

from tests.faults.scenario import Scenario, Scene


def _strike(scene: Scene, source: random.Random, _count: int) -> str:
    scene.site.kill(source)
    return f"killed, and ready again in {scene.site.start():.1f} s"


SCENARIO = Scenario(
    name="kill",
    summary="kill -9 of every process, ten times, and a start after each",
    times=10,
    may_repeat=True,
    strike=_strike,
)
