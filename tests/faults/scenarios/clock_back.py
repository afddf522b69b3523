"""The clock of the server's host is set back, and that of the receiver with it."""

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.faults.clock import ClockMissing, make_clock, set_clock
from tests.faults.scenario import Scenario, Scene, Skipped

_BACK_S = 3600


@contextmanager
def _own_clock(folder: Path) -> Iterator[Mapping[str, str]]:
    try:
        yield make_clock(folder)
    except ClockMissing as error:
        raise Skipped(f"there is no clock that can be set: {error}") from None


def _set_back(scene: Scene, _source: random.Random, count: int) -> str:
    set_clock(scene.site.folder, -count * _BACK_S)
    return f"the clock set back by {_BACK_S:,} s"


SCENARIO = Scenario(
    name="clock-back",
    summary="the clock set back by an hour, twice",
    times=2,
    may_repeat=False,
    strike=_set_back,
    ground=_own_clock,
)
