"""What is done to a server, and how it went."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Workload:
    """What is done again and again, and the events that doing it once makes.

    *heads* are the HEADs of a manifest: an event only where HEAD counts as a pull.
    """

    name: str
    events: int
    heads: int


WORKLOADS: Final = (
    Workload("push", events=3, heads=0),
    Workload("pull", events=3, heads=1),
    Workload("get", events=1, heads=0),
    Workload("head", events=0, heads=1),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one load did and how it went.

    *busy* is the share of its time that the busiest process of the client was on a CPU:
    near 1, the client was the limit. *cores* is what the client used altogether.
    """

    operations: int
    wall_s: float
    per_s: float
    p50_ms: float
    p99_ms: float
    errors: int
    error: str
    busy: float
    cores: float


def percentile(ordered: Sequence[float], percent: int) -> float:
    """Return the value that *percent* of the *ordered* values do not exceed."""
    if not ordered:
        return math.nan
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
