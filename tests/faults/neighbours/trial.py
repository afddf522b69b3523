"""One trial: a server, a load, a healthy receiver and its neighbours."""

import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults.neighbours import load, memory
from tests.faults.neighbours.evidence import Evidence
from tests.faults.neighbours.fare import Fare
from tests.faults.neighbours.guests import Guest, inviting
from tests.faults.neighbours.load import Load
from tests.faults.neighbours.memory import Growth, Memory, growth_of_all
from tests.faults.neighbours.places import SETTINGS
from tests.faults.neighbours.trap import Trap, trap
from tests.faults.site import Site, open_site

Tell = Callable[[str], None]

_MODULE = "tests.faults.neighbours.rebound"
# Of the time of the load; the rest of it comes while they catch up.
_RECOVER_AT = 0.5
# After the last request, everything has to be told within this time.
_PATIENCE_S = 120.0
_LOOK_EVERY_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is tried: *rate* events a second, for some *seconds*."""

    database: str
    seconds: float
    rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How it went. *findings* must not be; *excesses* need not be on a busy machine."""

    plan: Plan
    reached_rate: float
    slowest_s: float
    events: int
    fares: Sequence[Fare]
    trapped: int
    growth: Growth
    findings: Sequence[str]
    excesses: Sequence[str]
    kept: Path | None

    def as_dict(self) -> dict[str, Any]:
        """Return all of it, for programs."""
        return {
            "database": self.plan.database,
            "seconds": self.plan.seconds,
            "rate": self.plan.rate,
            "reached_rate": round(self.reached_rate, 1),
            "slowest_request_s": round(self.slowest_s, 3),
            "events": self.events,
            "receivers": [fare.as_dict() for fare in self.fares],
            "trapped_connections": self.trapped,
            "memory_early_mb": round(self.growth.early_mb, 1),
            "memory_late_mb": round(self.growth.late_mb, 1),
            "findings": list(self.findings),
            "excesses": list(self.excesses),
        }


def run_trial(plan: Plan, *, tell: Tell) -> Trial:
    """Try *plan*. What the server left is kept if anything is wrong with it."""
    folder = Path(tempfile.mkdtemp(prefix="neighbours-"))
    with (
        trap() as trapped,
        open_site(plan.database, folder, module=_MODULE, **SETTINGS) as site,
        inviting(site, trapped) as guests,
    ):
        with (
            memory.watching(site.family.pids) as watched,
            load.running(site.url, plan.rate, plan.seconds) as requests,
        ):
            _let_some_recover(plan, guests, tell)
        _settle(site, guests, tell)
        evidence = _gather(site, guests, requests, watched, trapped)
        wrong = [*evidence.findings(), *site.stop(), *site.tracebacks()]
    if not wrong:
        shutil.rmtree(folder)
    return _sum_up(plan, evidence, wrong, folder if wrong else None)


def _let_some_recover(plan: Plan, guests: Sequence[Guest], tell: Tell) -> None:
    time.sleep(plan.seconds * _RECOVER_AT)
    for guest in guests:
        if guest.role.recovers:
            guest.recover()
            tell(f"{guest.role.name} has recovered")


def _settle(site: Site, guests: Sequence[Guest], tell: Tell) -> None:
    """Wait until those have everything that recover.

    Who is still left in peace after its failures is pinged, as one does who knows that
    it is back.
    """
    for guest in guests:
        if guest.role.recovers and site.has_pending(guest.endpoint_id):
            tell(f"{guest.role.name} is pinged")
            site.ping(guest.endpoint_id)
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until and _is_waiting(site, guests):
        time.sleep(_LOOK_EVERY_S)


def _is_waiting(site: Site, guests: Sequence[Guest]) -> bool:
    return any(
        guest.role.takes_all and site.has_pending(guest.endpoint_id) for guest in guests
    )


def _gather(
    site: Site,
    guests: Sequence[Guest],
    requests: Load,
    watched: Memory,
    trapped: Trap,
) -> Evidence:
    return Evidence(
        load=requests,
        log=site.log(),
        accepted={guest.role.name: guest.acceptances() for guest in guests},
        attempts={
            guest.role.name: site.attempts(guest.endpoint_id)
            for guest in guests
            if guest.role.answers is not None
        },
        statistics={
            guest.role.name: site.statistics(guest.endpoint_id) for guest in guests
        },
        samples=watched.samples,
        trapped=trapped.connections,
    )


def _sum_up(
    plan: Plan, evidence: Evidence, wrong: Sequence[str], kept: Path | None
) -> Trial:
    return Trial(
        plan=plan,
        reached_rate=evidence.load.reached_rate,
        slowest_s=evidence.load.ledger.slowest_s,
        events=len(evidence.events),
        fares=list(evidence.fares.values()),
        trapped=evidence.trapped,
        growth=growth_of_all(evidence.samples),
        findings=wrong,
        excesses=list(evidence.excesses(plan.rate)),
        kept=kept,
    )
