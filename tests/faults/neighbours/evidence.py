"""What a trial has left to be judged."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tests.faults.neighbours import findings
from tests.faults.neighbours.cast import HEALTHY, ROLES
from tests.faults.neighbours.fare import Fare
from tests.faults.neighbours.load import Load
from tests.faults.neighbours.memory import Sample
from tests.faults.neighbours.neighbour import Acceptance


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """The server's log and what it has on record, what the receivers have accepted.

    *attempts* are those at roles that try to lead elsewhere; all mappings are by the
    names of roles.
    """

    load: Load
    log: Sequence[dict[str, Any]]
    accepted: Mapping[str, Sequence[Acceptance]]
    attempts: Mapping[str, Sequence[Mapping[str, Any]]]
    statistics: Mapping[str, Mapping[str, Any]]
    samples: Sequence[Sample]
    trapped: int

    @cached_property
    def events(self) -> Sequence[dict[str, Any]]:
        """Return the events that everybody is told of."""
        return findings.events_for_all(self.log)

    @cached_property
    def fares(self) -> Mapping[str, Fare]:
        """Return how each receiver has fared."""
        by_id = {event["id"]: event for event in self.events}
        return {
            name: Fare.of(ROLES[name], self.accepted[name], by_id, statistics)
            for name, statistics in self.statistics.items()
        }

    def findings(self) -> Iterator[str]:
        """Tell of what must not be, on whatever machine."""
        yield from self.load.failures
        for name, acceptances in self.accepted.items():
            receipts = [receipt for receipt, _ in acceptances]
            # What the log lacks is told of once.
            entries = self.load.ledger.entries() if name == HEALTHY else []
            role = ROLES[name]
            yield from findings.what_was_told(role, entries, self.log, receipts)
        for name, attempts in self.attempts.items():
            yield from findings.where_it_went(ROLES[name], attempts)
        yield from findings.what_was_trapped(self.trapped)

    def excesses(self, rate: float) -> Iterator[str]:
        """Tell of figures that are too high, or of a *rate* that was not tried."""
        yield from findings.what_took_too_long(
            self.fares[HEALTHY], rate=rate, reached_rate=self.load.reached_rate
        )
        yield from findings.what_grew(self.samples)
