"""One trial: a server, a load, a scenario, and the reckoning."""

import random
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from tests.faults.client import SOURCE
from tests.faults.contents import compare_contents
from tests.faults.images import make_images
from tests.faults.listener import Listener, listening
from tests.faults.load import Load
from tests.faults.reckoning import Reckoning, reckon
from tests.faults.scenario import Scenario, Scene
from tests.faults.site import Site, open_hosts

Tell = Callable[[str], None]

# After the last push, everything has to be told within this time.
_PATIENCE_S = 120.0
_LOOK_EVERY_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is tried."""

    scenario: Scenario
    database: str
    pushes: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How it went.

    *refusals* counts requests that were refused for now, by status; *slowest_s* is of
    one request, an answer or the lack of one.
    """

    plan: Plan
    pushed: int
    reckoning: Reckoning
    refusals: Mapping[int, int]
    slowest_s: float
    slowest_start_s: float
    findings: Sequence[str]
    kept: Path | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return all of it, for programs."""
        figures = asdict(self.reckoning)
        del figures["findings"]
        return {
            "scenario": self.plan.scenario.name,
            "database": self.plan.database,
            "seed": self.plan.seed,
            "pushes": self.plan.pushes,
            "pushed": self.pushed,
            **figures,
            "refusals": dict(self.refusals),
            "slowest_request_s": round(self.slowest_s, 3),
            "slowest_start_s": round(self.slowest_start_s, 3),
            "findings": list(self.findings),
        }


def run_trial(plan: Plan, *, on_push: Callable[[], None], tell: Tell) -> Trial:
    """Try *plan*. What the server left is kept if anything is wrong with it.

    Raises `Skipped` if it cannot be tried here.
    """
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    with ExitStack() as stack:
        settings = stack.enter_context(plan.scenario.ground(folder))
        hosts = open_hosts(plan.database, folder, plan.scenario.hosts, **settings)
        sites = stack.enter_context(hosts)
        listener = stack.enter_context(listening(settings))
        trial = _try(plan, sites, listener, on_push=on_push, tell=tell)
    if trial.findings:
        return replace(trial, kept=folder)
    shutil.rmtree(folder)
    return trial


def _try(
    plan: Plan,
    sites: Sequence[Site],
    listener: Listener,
    *,
    on_push: Callable[[], None],
    tell: Tell,
) -> Trial:
    images = make_images(plan.pushes, plan.seed)
    token = sites[0].create_source(SOURCE)
    endpoint = sites[0].create_endpoint(listener.url, **plan.scenario.endpoint)
    listener.expect(endpoint["secret"])
    load = Load([site.url for site in sites], images, on_push, token)
    scene = Scene(
        sites=sites,
        load=load,
        listener=listener,
        images=images,
        endpoint_id=endpoint["id"],
    )
    with plan.scenario.around(scene), load.running():
        _disturb(plan, scene, tell)
    reckoning = _settle(plan, scene)
    return Trial(
        plan=plan,
        pushed=load.pushed,
        reckoning=reckoning,
        refusals=load.ledger.refusals(),
        slowest_s=load.ledger.slowest_s,
        slowest_start_s=max(site.slowest_start_s for site in sites),
        findings=[
            *load.failures,
            *reckoning.findings,
            *_contents(scene),
            *plan.scenario.examine(scene),
            *(wrong for site in sites for wrong in site.stop()),
            *(line for site in sites for line in site.tracebacks()),
        ],
    )


def _disturb(plan: Plan, scene: Scene, tell: Tell) -> None:
    source = random.Random(plan.seed)
    for count in scene.load.moments(plan.scenario.times, source):
        pushed = scene.load.pushed
        done = plan.scenario.strike(scene, source, count)
        tell(f"{done}, at {pushed:,} pushes")


def _settle(plan: Plan, scene: Scene) -> Reckoning:
    """Wait until the outbox is empty and all is right, for a while; then reckon."""
    until = time.monotonic() + _PATIENCE_S
    while True:
        is_late = time.monotonic() > until
        if is_late or not scene.site.has_pending():
            reckoning = reckon(
                scene.load.ledger.entries(),
                scene.site.log(),
                scene.listener.receipts(),
                may_repeat=plan.scenario.may_repeat,
            )
            if is_late or not reckoning.findings:
                return reckoning
        time.sleep(_LOOK_EVERY_S)


def _contents(scene: Scene) -> list[str]:
    # Without failures, all images were acknowledged.
    if scene.load.failures:
        return []
    return compare_contents(scene.site.url, scene.images)
