"""Dry runs: how much would go, by each rule."""

import math
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from notifier.audit.retention.deadlines import Deadlines
from notifier.audit.retention.moves import list_away
from notifier.audit.retention.rules import RetentionRule, Rules
from notifier.audit.retention.runs import START
from notifier.audit.retention.search import Search
from notifier.events.record import Recorder


class Expired(NamedTuple):
    """How many events would go by a rule."""

    rule: RetentionRule
    events: int


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a run would do, or at least would if the count is not *complete*.

    It would *examine* so many events; some are *waiting* for their deliveries to be
    forgotten.
    """

    expired: Sequence[Expired]
    examined: int
    waiting: int
    complete: bool


def count(
    connection: sa.Connection,
    recorder: Recorder,
    rules: Rules,
    now: datetime,
    *,
    for_s: float = math.inf,
    rests: float = 0.0,
) -> DryRun:
    """Count what a run by *rules* would archive, as far as one gets in *for_s*.

    After each look it rests *rests* times as long, for what else the process does.
    """
    search = Search(Deadlines(recorder, rules, now), list_away(connection))
    until = time.monotonic() + for_s
    counts: Counter[int] = Counter()
    cursor, examined, waiting = START, 0, 0
    is_over = False
    while not is_over and time.monotonic() < until:
        looked_at = time.monotonic()
        found = search.look(connection, cursor)
        counts.update(place for _, place in found.expired)
        examined += found.examined
        waiting += found.waiting
        cursor, is_over = found.cursor, found.is_over
        time.sleep((time.monotonic() - looked_at) * rests)
    expired = [Expired(rule, counts[place]) for place, rule in enumerate(rules)]
    return DryRun(expired, examined, waiting, is_over)
