"""The embedded Redis hangs: for a moment, again and again, and then for a minute."""

import os
import random
import signal
import time

from tests.faults.scenario import Scenario, Scene

_HANG_S = (0.2, 3.0)
_LONG_S = 60.0
# Which time is the long one.
_LONG = 4


def _strike(scene: Scene, source: random.Random, count: int) -> str:
    pid = scene.site.family.redis()
    hang_s = _LONG_S if count == _LONG else source.uniform(*_HANG_S)
    os.kill(pid, signal.SIGSTOP)
    time.sleep(hang_s)
    os.kill(pid, signal.SIGCONT)
    return f"Redis stopped for {hang_s:.1f} s"


SCENARIO = Scenario(
    name="redis-stop",
    summary="the embedded Redis stopped for up to 3 s, three times, and for a minute",
    times=4,
    may_repeat=False,
    strike=_strike,
)
