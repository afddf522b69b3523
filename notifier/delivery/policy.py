"""Policy: how an endpoint is sent to: when again, how many, how fast, in what order."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from math import isfinite
from typing import Any, Final, Self

from notifier.delivery.errors import EndpointInvalid
from notifier.delivery.schedule import SCHEDULES

MAX_IN_FLIGHT: Final = 64
MAX_BATCH: Final = 1000
MAX_LINGER_MS: Final = 60_000
MIN_RATE: Final = 0.01
MAX_RATE: Final = 10_000.0
MIN_DISABLE_AFTER_S: Final = 60.0
MAX_DISABLE_AFTER_S: Final = 31_536_000.0
MAX_ATTEMPTS: Final = 20
MAX_DELAY_S: Final = 604_800.0

_STANDARD = "standard"


class Ordered(StrEnum):
    """Within what deliveries keep the order of their events."""

    REPOSITORY = "repository"


class Supersede(StrEnum):
    """What makes a delivery that still waits pointless."""

    TAG = "tag"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How an endpoint is sent to.

    *retry* names a schedule or lists its delays in seconds. *rate_limit* counts POSTs
    a second, *max_batch* events in one POST; fewer wait up to *linger_ms* for others.
    After *disable_after_s* of nothing but failures the endpoint is disabled; None for
    never.
    """

    retry: str | tuple[float, ...] = _STANDARD
    max_in_flight: int = 16
    rate_limit: float | None = None
    max_batch: int = 1
    linger_ms: int = 0
    ordered: Ordered | None = None
    supersede: Supersede | None = None
    disable_after_s: float | None = 432_000.0

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> Self:
        """Read the fields of the API, all of them optional; raise `EndpointInvalid`."""
        return cls().changed(given)

    def changed(self, given: Mapping[str, Any]) -> Self:
        """Return it with the fields that are *given*; raise `EndpointInvalid`."""
        return replace(
            self, **{name: _PARSERS[name](name, value) for name, value in given.items()}
        )

    def render(self) -> dict[str, Any]:
        """Return the fields of the API, defaults filled in."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def delays_s(self) -> tuple[float, ...]:
        """Return the schedule: the seconds before each attempt."""
        return SCHEDULES[self.retry] if isinstance(self.retry, str) else self.retry

    @property
    def has_lanes(self) -> bool:
        """Tell whether it matters which repository a delivery belongs to."""
        return self.ordered is not None or self.supersede is not None


def _retry(name: str, value: Any) -> str | tuple[float, ...]:
    if isinstance(value, str) and value in SCHEDULES:
        return value
    if not isinstance(value, (list, tuple)) or not 0 < len(value) <= MAX_ATTEMPTS:
        names = ", ".join(SCHEDULES)
        raise EndpointInvalid(
            name, f"must be one of {names}, or a list of 1 to {MAX_ATTEMPTS} delays"
        )
    return tuple(_between(0, MAX_DELAY_S)(name, delay) for delay in value)


def _between(low: float, high: float) -> Any:
    def parse(name: str, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise EndpointInvalid(name, "must be a number")
        if not isfinite(value) or not low <= value <= high:
            raise EndpointInvalid(name, f"must be from {low:g} to {high:g}")
        return float(value)

    return parse


def _whole(low: int, high: int) -> Any:
    def parse(name: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise EndpointInvalid(name, "must be a whole number")
        if not low <= value <= high:
            raise EndpointInvalid(name, f"must be from {low} to {high}")
        return value

    return parse


def _one_of(kind: type[StrEnum]) -> Any:
    def parse(name: str, value: Any) -> StrEnum:
        if value not in list(kind):
            raise EndpointInvalid(name, f"must be {' or '.join(kind)}, or null")
        return kind(value)

    return parse


def _or_none(parse: Any) -> Any:
    return lambda name, value: None if value is None else parse(name, value)


_PARSERS: Final[dict[str, Any]] = {
    "retry": _retry,
    "max_in_flight": _whole(1, MAX_IN_FLIGHT),
    "rate_limit": _or_none(_between(MIN_RATE, MAX_RATE)),
    "max_batch": _whole(1, MAX_BATCH),
    "linger_ms": _whole(0, MAX_LINGER_MS),
    "ordered": _or_none(_one_of(Ordered)),
    "supersede": _or_none(_one_of(Supersede)),
    "disable_after_s": _or_none(_between(MIN_DISABLE_AFTER_S, MAX_DISABLE_AFTER_S)),
}
POLICY_FIELDS: Final = tuple(_PARSERS)
