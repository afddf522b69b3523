"""One process of the server is killed, and the others see to it that it comes back."""

import random

from tests.faults.scenario import Scenario, Scene


def _kill_web(scene: Scene, source: random.Random, _count: int) -> str:
    scene.site.kill_one(source.choice(scene.site.family.web()))
    return "a web process, or one that stands beside them, killed"


def _kill_worker(scene: Scene, _source: random.Random, _count: int) -> str:
    scene.site.kill_one(scene.site.family.worker())
    return "the worker killed"


def _kill_redis(scene: Scene, _source: random.Random, _count: int) -> str:
    scene.site.kill_one(scene.site.family.redis())
    return "Redis killed"


def _kill_supervisor(scene: Scene, _source: random.Random, _count: int) -> str:
    scene.site.kill_one(scene.site.family.supervisor)
    # The others notice, end by themselves, and leave nothing in the way.
    return f"the supervisor killed, and ready again in {scene.site.restart():.1f} s"


WEB = Scenario(
    name="kill-web",
    summary="kill -9 of a web process, or of one that stands beside them, ten times",
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
REDIS = Scenario(
    name="kill-redis",
    summary="kill -9 of the embedded Redis, ten times",
    times=10,
    may_repeat=False,
    strike=_kill_redis,
)
SUPERVISOR = Scenario(
    name="kill-supervisor",
    summary="kill -9 of the supervisor, ten times, and a start after each",
    times=10,
    may_repeat=True,
    strike=_kill_supervisor,
)
