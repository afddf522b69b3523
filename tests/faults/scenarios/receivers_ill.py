"""The receiver is down, comes and goes, says nothing, or fails half of the time."""

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from tests.faults.scenario import Around, Scenario, Scene

# Twenty attempts, so that it is the breaker that spares an endpoint.
_ENDPOINT: Final[Mapping[str, Any]] = {"retry": [0.0] + [1.0] * 19}
_TIMEOUT_S = 2


def _being(name: str) -> Around:
    """Have it behave so, then be well, and somebody say so."""

    @contextmanager
    def around(scene: Scene) -> Iterator[None]:
        scene.listener.behave(name)
        yield
        scene.listener.behave("well")
        scene.site.ping(scene.endpoint_id)

    return around


def _flap(scene: Scene, _source: random.Random, count: int) -> str:
    name = "down" if count % 2 else "well"
    scene.listener.behave(name)
    return f"the receiver {name}"


DOWN = Scenario(
    name="receiver-down",
    summary="the receiver down for the whole load",
    times=0,
    may_repeat=False,
    endpoint=_ENDPOINT,
    around=_being("down"),
)
FLAPPING = Scenario(
    name="receiver-flapping",
    summary="the receiver down and up again in turn, ten times each",
    times=20,
    may_repeat=False,
    strike=_flap,
    endpoint=_ENDPOINT,
    around=_being("well"),
)
HANGING = Scenario(
    name="receiver-hanging",
    summary="the receiver answers nothing for the whole load",
    times=0,
    # On a busy machine even one that is well may take too long.
    may_repeat=True,
    endpoint={**_ENDPOINT, "timeout_s": _TIMEOUT_S},
    around=_being("hanging"),
)
FAILING = Scenario(
    name="receiver-failing",
    summary="the receiver answers 500 to half of the requests, for the whole load",
    times=0,
    may_repeat=False,
    endpoint=_ENDPOINT,
    around=_being("half"),
)
