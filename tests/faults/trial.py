"""One trial: a server, a load, a scenario, and the reckoning."""

import random
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.faults import load as loads
from tests.faults.contents import compare_contents
from tests.faults.images import Image, make_images
from tests.faults.listener import Listener, listening
from tests.faults.load import Load
from tests.faults.reckoning import Reckoning, reckon
from tests.faults.scenario import Scenario
from tests.faults.site import Site, open_site

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
    """How it went. *slowest_s* is of one request, an answer or the lack of one."""

    plan: Plan
    pushed: int
    reckoning: Reckoning
    slowest_s: float
    slowest_start_s: float
    findings: Sequence[str]
    kept: Path | None

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
            "slowest_request_s": round(self.slowest_s, 3),
            "slowest_start_s": round(self.slowest_start_s, 3),
            "findings": list(self.findings),
        }


def run_trial(plan: Plan, *, on_push: Callable[[], None], tell: Tell) -> Trial:
    """Try *plan*. What the server left is kept if anything is wrong with it."""
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    images = make_images(plan.pushes, plan.seed)
    with listening() as listener, open_site(plan.database, folder) as site:
        listener.expect(site.create_endpoint(listener.url)["secret"])
        with loads.running(site.url, images, on_push) as load:
            _disturb(plan, site, load, tell)
        reckoning = _settle(plan, site, load, listener)
        findings = [
            *load.failures,
            *reckoning.findings,
            *_contents(site, load, images),
            *site.stop(),
            *site.tracebacks(),
        ]
        trial = Trial(
            plan=plan,
            pushed=load.pushed,
            reckoning=reckoning,
            slowest_s=load.ledger.slowest_s,
            slowest_start_s=site.slowest_start_s,
            findings=findings,
            kept=folder if findings else None,
        )
    if not findings:
        shutil.rmtree(folder)
    return trial


def _disturb(plan: Plan, site: Site, load: Load, tell: Tell) -> None:
    source = random.Random(plan.seed)
    for count in load.moments(plan.scenario.times, source):
        pushed = load.pushed
        done = plan.scenario.strike(site, source, count)
        tell(f"{done}, at {pushed:,} pushes")


def _settle(plan: Plan, site: Site, load: Load, listener: Listener) -> Reckoning:
    """Wait until the outbox is empty and all is right, for a while; then reckon."""
    until = time.monotonic() + _PATIENCE_S
    while True:
        is_late = time.monotonic() > until
        if is_late or not site.has_pending():
            reckoning = reckon(
                load.ledger.entries(),
                site.log(),
                listener.receipts(),
                may_repeat=plan.scenario.may_repeat,
            )
            if is_late or not reckoning.findings:
                return reckoning
        time.sleep(_LOOK_EVERY_S)


def _contents(site: Site, load: Load, images: Sequence[Image]) -> list[str]:
    # Without failures, all images were acknowledged.
    return [] if load.failures else compare_contents(site.url, images)
