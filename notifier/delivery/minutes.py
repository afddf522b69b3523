"""Minutes: what came of an endpoint's attempts, summed up as they are written down.

So nobody has to read attempts to know how an endpoint fares: an hour is sixty rows.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from struct import Struct
from typing import Self

import sqlalchemy as sa

from notifier.db import Prepared
from notifier.delivery.settlement import Settlement
from notifier.delivery.tables import EndpointErrorRow, EndpointMinuteRow
from notifier.delivery.transport import INTERRUPTED

HOUR = 60

# Durations are counted between these, so that a percentile is right to a fifth or so.
_BOUNDS_MS = (
    *(1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512),
    *(768, 1024, 1536, 2048, 3072, 4096, 6144, 8192, 12288, 16384, 24576, 32768),
    *(49152, 65536),
)
_COUNTS = Struct(f">{len(_BOUNDS_MS) + 1}I")
_S_PER_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Tally:
    """How many attempts were accepted and how many were not, and how long they took.

    *durations* counts those that took less than each bound, but not less than the one
    before; the last count is of all others.
    """

    accepted: int = 0
    failed: int = 0
    durations: tuple[int, ...] = (0,) * (len(_BOUNDS_MS) + 1)

    @classmethod
    def parse(cls, accepted: int, failed: int, durations: bytes) -> Self:
        """Read what a row holds."""
        return cls(accepted, failed, _COUNTS.unpack(durations))

    @classmethod
    def of(cls, settlements: Iterable[Settlement]) -> Self:
        """Count attempts."""
        accepted = failed = 0
        durations = [0] * (len(_BOUNDS_MS) + 1)
        for item in settlements:
            accepted += item.answer.is_accepted
            failed += not item.answer.is_accepted
            durations[bisect_right(_BOUNDS_MS, item.answer.duration_ms)] += 1
        return cls(accepted, failed, tuple(durations))

    def __add__(self, other: "Tally") -> "Tally":
        pairs = zip(self.durations, other.durations, strict=True)
        return Tally(
            self.accepted + other.accepted,
            self.failed + other.failed,
            tuple(one + two for one, two in pairs),
        )

    def render(self) -> bytes:
        """Return the durations for a row."""
        return _COUNTS.pack(*self.durations)

    def percentile_ms(self, share: float) -> float | None:
        """Return what that share of the attempts took at most; None without any."""
        wanted = share * sum(self.durations)
        if not wanted:
            return None
        sums = list(accumulate(self.durations))
        place = next(place for place, count in enumerate(sums) if count >= wanted)
        low = _BOUNDS_MS[place - 1] if place else 0
        high = _BOUNDS_MS[min(place, len(_BOUNDS_MS) - 1)]
        into = (wanted - sums[place]) / self.durations[place] + 1
        return low + (high - low) * into


def minute_of(at: datetime) -> int:
    """Return the number of a minute, counted since 1970."""
    return int(at.timestamp()) // _S_PER_MINUTE


def add(
    connection: sa.Connection,
    key: int,
    settlements: Sequence[Settlement],
    now: datetime,
) -> None:
    """Sum up attempts of the endpoint of that *key*, whose lease the caller holds.

    What we gave up ourselves says nothing about the endpoint.
    """
    counted = [item for item in settlements if item.answer.error != INTERRUPTED]
    if not counted:
        return
    minute = minute_of(now)
    row = _GET.first(connection, key=key, minute=minute)
    if row is None:
        _FORGET.run(connection, key=key, minute=minute - HOUR)
    tally = Tally.of(counted) + (Tally() if row is None else Tally.parse(*row))
    _PUT.run(
        connection,
        endpoint_id=key,
        minute=minute,
        accepted=tally.accepted,
        failed=tally.failed,
        durations=tally.render(),
    )
    failures = [item for item in counted if not item.answer.is_accepted]
    if failures:
        _put_error(connection, key, failures[-1])


def _put_error(connection: sa.Connection, key: int, failure: Settlement) -> None:
    _PUT_ERROR.run(
        connection,
        endpoint_id=key,
        at=failure.answer.started_at,
        status=failure.answer.status,
        error=failure.answer.error,
        delivery_id=failure.delivery_id,
    )


_GET = Prepared(
    sa.select(
        EndpointMinuteRow.accepted,
        EndpointMinuteRow.failed,
        EndpointMinuteRow.durations,
    ).where(
        EndpointMinuteRow.endpoint_id == sa.bindparam("key"),
        EndpointMinuteRow.minute == sa.bindparam("minute"),
    )
)
_PUT = Prepared(
    lambda insert: (put := insert(EndpointMinuteRow)).on_conflict_do_update(
        index_elements=[EndpointMinuteRow.endpoint_id, EndpointMinuteRow.minute],
        set_={name: put.excluded[name] for name in ("accepted", "failed", "durations")},
    )
)
_PUT_ERROR = Prepared(
    lambda insert: (put := insert(EndpointErrorRow)).on_conflict_do_update(
        index_elements=[EndpointErrorRow.endpoint_id],
        set_={
            name: put.excluded[name]
            for name in ("at", "status", "error", "delivery_id")
        },
    )
)
_FORGET = Prepared(
    sa.delete(EndpointMinuteRow).where(
        EndpointMinuteRow.endpoint_id == sa.bindparam("key"),
        EndpointMinuteRow.minute <= sa.bindparam("minute"),
    )
)
