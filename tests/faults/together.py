"""Several scenarios as one, which has them go wrong one after the other."""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from tests.faults.scenario import Scenario, Scene


def put_together(scenarios: Sequence[Scenario]) -> Scenario:
    """Make one of several, in this order, each with its own times.

    What one of them permits is permitted for all.
    """
    strikes = [
        partial(_strike, each, count)
        for each in scenarios
        for count in range(1, each.times + 1)
    ]

    def strike(scene: Scene, source: random.Random, count: int) -> str:
        return strikes[count - 1](scene, source)

    @contextmanager
    def ground(folder: Path) -> Iterator[Mapping[str, str]]:
        settings: dict[str, str] = {}
        with ExitStack() as stack:
            for each in scenarios:
                settings |= stack.enter_context(each.ground(folder))
            yield settings

    @contextmanager
    def around(scene: Scene) -> Iterator[None]:
        with ExitStack() as stack:
            for each in scenarios:
                stack.enter_context(each.around(scene))
            yield

    endpoint: dict[str, Any] = {}
    for each in scenarios:
        endpoint |= each.endpoint
    return Scenario(
        name="+".join(each.name for each in scenarios),
        summary="; ".join(each.summary for each in scenarios),
        times=len(strikes),
        may_repeat=any(each.may_repeat for each in scenarios),
        strike=strike,
        hosts=max(each.hosts for each in scenarios),
        ground=ground,
        endpoint=endpoint,
        around=around,
        examine=lambda scene: [
            found for each in scenarios for found in each.examine(scene)
        ],
    )


def _strike(scenario: Scenario, count: int, scene: Scene, source: random.Random) -> str:
    return scenario.strike(scene, source, count)
