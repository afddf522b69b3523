"""One process of the server is killed, and the others see to it that it comes back."""

import os
import random
import signal
from contextlib import suppress

from tests.faults.scenario import Scenario
from tests.faults.site import Site


def _kill(pid: int) -> None:
    # It may have ended by itself, after one that was killed before.
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _kill_web(site: Site, source: random.Random, _count: int) -> str:
    _kill(source.choice(site.web_pids()))
    return "a web process, or the journal's mover, killed"


def _kill_worker(site: Site, _source: random.Random, _count: int) -> str:
    _kill(site.worker_pid())
    return "the worker killed"


def _kill_supervisor(site: Site, _source: random.Random, _count: int) -> str:
    _kill(site.supervisor())
    # The others notice, end by themselves, and leave nothing in the way.
    return f"the supervisor killed, and ready again in {site.restart():.1f} s"


WEB = Scenario(
    name="kill-web",
    summary="kill -9 of a web process or of the journal's mover, ten times",
    times=10,
    may_repeat=False,
    strike=_kill_web,
)
WORKER = Scenario(
    name="kill-worker",
    summary="kill -9 of the worker, ten times",
    times=10,
    may_repeat=True,
    strike=_kill_worker,
)
SUPERVISOR = Scenario(
    name="kill-supervisor",
    summary="kill -9 of the supervisor, three times, and a start after each",
    times=3,
    may_repeat=True,
    strike=_kill_supervisor,
)
