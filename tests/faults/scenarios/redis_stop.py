"""The embedded Redis hangs, or dies, again and again."""

import os
import random
import signal
import time

from tests.faults.scenario import Scenario, Scene

_HANG_S = (0.2, 3.0)


def _strike(scene: Scene, source: random.Random, count: int) -> str:
    pid = scene.site.family.redis()
    if count % 2 == 0:
        os.kill(pid, signal.SIGKILL)
        return "Redis killed"
    hang_s = source.uniform(*_HANG_S)
    os.kill(pid, signal.SIGSTOP)
    time.sleep(hang_s)
    os.kill(pid, signal.SIGCONT)
    return f"Redis stopped for {hang_s:.1f} s"


SCENARIO = Scenario(
    name="redis-stop",
    summary="the embedded Redis stopped and killed in turn, three times each",
    times=6,
    may_repeat=False,
    strike=_strike,
)
