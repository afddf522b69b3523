"""How each receiver has fared."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from tests.faults.neighbours.cast import Role
from tests.faults.neighbours.neighbour import Acceptance


@dataclass(frozen=True, slots=True, kw_only=True)
class Fare:
    """What one receiver has accepted, and when: seconds after the event's timestamp.

    Percentiles are None if it has accepted nothing.
    """

    role: Role
    delivered: int
    attempts: int
    pending: int
    p50_s: float | None
    p99_s: float | None
    max_s: float | None

    @classmethod
    def of(
        cls,
        role: Role,
        acceptances: Sequence[Acceptance],
        events: Mapping[str, Mapping[str, Any]],
        statistics: Mapping[str, Any],
    ) -> Self:
        """Compare acceptances with the *events* by their ids; each counts once."""
        first: dict[str, float] = {}
        for receipt, at in acceptances:
            first.setdefault(receipt.webhook_id, at)
        lags = sorted(
            at - _seconds(events[id_]) for id_, at in first.items() if id_ in events
        )
        return cls(
            role=role,
            delivered=len(lags),
            attempts=statistics["attempts"],
            pending=statistics["pending"],
            p50_s=_percentile(lags, 50),
            p99_s=_percentile(lags, 99),
            max_s=_percentile(lags, 100),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the figures, for programs."""
        return {
            "name": self.role.name,
            "behaviour": self.role.summary,
            "delivered": self.delivered,
            "attempts": self.attempts,
            "pending": self.pending,
            "p50_s": self.p50_s,
            "p99_s": self.p99_s,
            "max_s": self.max_s,
        }


def _seconds(event: Mapping[str, Any]) -> float:
    return datetime.fromisoformat(event["timestamp"]).timestamp()


def _percentile(ordered: Sequence[float], percent: int) -> float | None:
    if not ordered:
        return None
    return round(ordered[math.ceil(len(ordered) * percent / 100) - 1], 4)
