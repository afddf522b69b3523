"""The embedded Redis has no room, or takes its time."""

import random
import time

from tests.faults.scenario import Scenario, Scene

_SLOW_MS = 2000


def _fill(scene: Scene, source: random.Random, _count: int) -> str:
    with scene.site.redis() as connection:
        connection.config_set("maxmemory-policy", "noeviction")
        connection.config_set("maxmemory", "1")
        full_s = source.uniform(0.5, 2.0)
        time.sleep(full_s)
        connection.config_set("maxmemory", "0")
    return f"Redis full for {full_s:.1f} s"


def _slow(scene: Scene, _source: random.Random, _count: int) -> str:
    with scene.site.redis() as connection:
        connection.client_pause(_SLOW_MS)
    return f"Redis answers after {_SLOW_MS / 1000:.0f} s"


FULL = Scenario(
    name="redis-full",
    summary="maxmemory of the embedded Redis reached, three times",
    times=3,
    may_repeat=False,
    strike=_fill,
)
SLOW = Scenario(
    name="redis-slow",
    summary="the embedded Redis answers nobody for two seconds, three times",
    times=3,
    may_repeat=False,
    strike=_slow,
)
