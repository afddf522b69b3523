"""What is done to a server, and how it went."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Act:
    """What a client does, in so many *requests*, and the *events* that come of it.

    *heads* are the HEADs of a manifest: an event only where HEAD counts as a pull. Each
    layer after the first takes *per_layer* requests more, and makes an event more if it
    takes any.
    """

    name: str
    requests: int
    events: int
    heads: int = 0
    per_layer: int = 0

    def count_requests(self, layers: int) -> int:
        """Return how many it takes with so many layers."""
        return self.requests + (layers - 1) * self.per_layer

    def count_events(self, layers: int, *, head_is_pull: bool) -> int:
        """Return how many come of it with so many layers."""
        more = layers - 1 if self.per_layer else 0
        return self.events + more + self.heads * head_is_pull


BLOB_MEGABYTES: Final = 100

ACTS: Final = {
    act.name: act
    for act in (
        Act("push", requests=5, events=3, per_layer=2),
        Act("pull", requests=4, events=3, heads=1, per_layer=1),
        Act("get", requests=1, events=1),
        Act("get-digest", requests=1, events=1),
        Act("head", requests=1, events=0, heads=1),
        Act("catalog", requests=1, events=0),
        Act("tags", requests=1, events=0),
        Act("question", requests=1, events=0),
        Act("push-blob", requests=3, events=1),
        Act("pull-blob", requests=1, events=1),
    )
}


@dataclass(frozen=True, slots=True)
class Workload:
    """Acts that are done again and again, each client doing one after the other.

    One of many *megabytes* is for few *connections*. With *per_s*, `wrk` rests so long
    that it asks no more than so often.
    """

    name: str
    acts: tuple[str, ...]
    connections: Sequence[int] = ()
    megabytes: int = 0
    per_s: int = 0


PUSH: Final = Workload("push", ("push",))
PULL: Final = Workload("pull", ("pull",))
GET: Final = Workload("get", ("get",))
QUESTION: Final = Workload("question", ("question",))

WORKLOADS: Final = (
    PUSH,
    PULL,
    GET,
    Workload("get-steady", ("get",), connections=(64,), per_s=1500),
    Workload("get-digest", ("get-digest",)),
    Workload("head", ("head",)),
    Workload("mixed", ("pull", "pull", "pull", "push")),
    Workload("catalog", ("catalog",)),
    Workload("tags", ("tags",)),
    *(
        Workload(name, (name,), connections=(1, 4), megabytes=BLOB_MEGABYTES)
        for name in ("push-blob", "pull-blob")
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one load did and how it went.

    *done* says how often each act was done. *busy* is the share of its time that the
    busiest process of the client was on a CPU: near 1, the client was the limit.
    *cores* is what the client used altogether.
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
    done: Mapping[str, int] = field(default_factory=dict)

    def count_requests(self, layers: int) -> int:
        """Return how many requests were answered, of images of so many layers."""
        return sum(
            number * ACTS[name].count_requests(layers)
            for name, number in self.done.items()
        )

    def count_events(self, layers: int, *, head_is_pull: bool) -> int:
        """Return how many events must come of it."""
        return sum(
            number * ACTS[name].count_events(layers, head_is_pull=head_is_pull)
            for name, number in self.done.items()
        )


def percentile(ordered: Sequence[float], percent: int) -> float:
    """Return the value that *percent* of the *ordered* values do not exceed."""
    if not ordered:
        return math.nan
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
