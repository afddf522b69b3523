"""The breaker: stops sending to an endpoint that does not take anything.

    closed ── ten failures in a row ──> open ── after a while ──> half-open
       ^                                 ^                            │
       └────────────── 2xx ──────────────┼────────── failure ─────────┘

While it is open, nothing is sent and no delivery uses up its attempts. Half-open, one
POST at a time probes whether the endpoint is back. An endpoint that asks for less
(429, 502, 503, 504) is left in peace for a moment, too, with its breaker closed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from notifier.delivery.schedule import parse_retry_after
from notifier.delivery.transport import GONE, INTERRUPTED, Answer

FAILURES_TO_OPEN: Final = 10
OPEN_S: Final = 30.0
MAX_OPEN_S: Final = 900.0
MAX_THROTTLE_S: Final = 60.0
# A receiver that asks for a day would stop all deliveries because of one of them.
MAX_RETRY_AFTER_S: Final = 3600.0

_OURS = {INTERRUPTED, "format", "template"}
_THROTTLES = {429, 502, 503, 504}


class BreakerState(StrEnum):
    """Whether an endpoint is sent to."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class DisabledReason(StrEnum):
    """Why an endpoint was disabled, if nobody did it."""

    GONE = "gone"
    FAILING = "failing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """How an endpoint has fared since it last accepted something.

    *failures* counts in a row, *openings* how often it was found to be no better.
    Nothing is sent before *paused_until*.
    """

    failures: int = 0
    openings: int = 0
    failing_since: datetime | None = None
    paused_until: datetime | None = None
    is_gone: bool = False

    def state(self, now: datetime) -> BreakerState:
        """Tell the state at the moment *now*."""
        if self.openings == 0:
            return BreakerState.CLOSED
        return BreakerState.OPEN if self.is_paused(now) else BreakerState.HALF_OPEN

    def is_paused(self, now: datetime) -> bool:
        """Tell whether nothing is to be sent just now."""
        return self.paused_until is not None and now < self.paused_until

    def has_failed_for(self, seconds: float, now: datetime) -> bool:
        """Tell whether there was nothing but failures for so long, and several."""
        if self.failing_since is None or self.failures < FAILURES_TO_OPEN:
            return False
        return now - self.failing_since >= timedelta(seconds=seconds)

    def after(self, answers: Iterable[Answer], now: datetime) -> "Breaker":
        """Return what *answers*, in this order, make of it.

        What we gave up, or could not even write, says nothing about the endpoint.
        """
        breaker = self
        for answer in answers:
            if answer.is_accepted:
                breaker = Breaker()
            elif answer.error not in _OURS:
                breaker = _failed(breaker, answer, now)
        return breaker


def _failed(breaker: Breaker, answer: Answer, now: datetime) -> Breaker:
    failed = replace(
        breaker,
        failures=breaker.failures + 1,
        failing_since=breaker.failing_since or now,
        is_gone=breaker.is_gone or answer.status == GONE,
    )
    if failed.state(now) is BreakerState.OPEN:
        # It was under way when the breaker opened, and is no probe.
        return failed
    if failed.failures >= FAILURES_TO_OPEN:
        pause_s = min(OPEN_S * 2**failed.openings, MAX_OPEN_S)
        return _paused(replace(failed, openings=failed.openings + 1), pause_s, now)
    if answer.status in _THROTTLES:
        return _paused(failed, _throttle_s(answer, failed.failures, now), now)
    return failed


def _paused(breaker: Breaker, pause_s: float, now: datetime) -> Breaker:
    until = now + timedelta(seconds=pause_s)
    return replace(breaker, paused_until=max(until, breaker.paused_until or until))


def _throttle_s(answer: Answer, failures: int, now: datetime) -> float:
    asked_s = answer.retry_after and parse_retry_after(answer.retry_after, now)
    if asked_s:
        return min(asked_s, MAX_RETRY_AFTER_S)
    return min(2.0 ** (failures - 1), MAX_THROTTLE_S)
