"""Two hosts share one database, one Redis and one storage; one of them dies."""

import random
import time

from tests.faults.scenario import Scenario, Scene

_DEAD_S = (1.0, 5.0)


def _kill_host(scene: Scene, source: random.Random, count: int) -> str:
    host = scene.sites[count % len(scene.sites)]
    dead_s = source.uniform(*_DEAD_S)
    host.kill(source)
    # The other one goes on meanwhile, also with what was begun here.
    time.sleep(dead_s)
    host.start()
    return f"{host.folder.name} killed, and started again after {dead_s:.1f} s"


SCENARIO = Scenario(
    name="host-dead",
    summary="two hosts with one PostgreSQL and one Redis, each killed twice in turn",
    times=4,
    may_repeat=True,
    strike=_kill_host,
    databases=("postgresql",),
    hosts=2,
)
