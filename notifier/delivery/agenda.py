"""The agenda of a drain: when it takes a turn, looks around, rests and ends."""

import time

from notifier.delivery import leases

# Attempts are written down many at a time: a commit for each would cost more than all
# the rest of a delivery, and keep those waiting who change something else.
_SETTLE_AFTER_S = 0.1
_TURN_EVERY_S = 1.0
# With nothing left to do it looks around a while longer, which costs far less than to
# be nudged for each delivery of a trickle.
_HOLD_S = 0.5
_LOOK_EVERY_S = 0.02
_LINGER_S = 15.0
_REST_S = 1.0
# A lease is not relied on to its end: what was sent just before takes time, too.
_TRUSTED_S = leases.LEASE_S / 2


class Agenda:
    """Moments of one drain, in seconds of the monotonic clock."""

    def __init__(self) -> None:
        self.stop_at: float | None = None
        self.turn_at = 0.0
        self.look_at = 0.0
        self.settle_at = 0.0
        self.hold_until = 0.0
        self.idle_until = 0.0
        self._trusted_until = 0.0
        self._rest_until = 0.0

    @property
    def is_trusted(self) -> bool:
        """Tell whether the lease can still be relied on."""
        return time.monotonic() < self._trusted_until

    @property
    def is_resting(self) -> bool:
        """Tell whether the database is left in peace for a moment."""
        return time.monotonic() < self._rest_until

    @property
    def is_past_stop(self) -> bool:
        """Tell whether it has to end, whatever is left, as the database is away."""
        return self.stop_at is not None and time.monotonic() > self.stop_at + _REST_S

    def linger(self) -> None:
        """Go on for a while, even with nothing to do."""
        self.idle_until = time.monotonic() + _LINGER_S

    def begin_turn(self) -> float:
        """Note when the next turn has to come; return when this one began."""
        began = time.monotonic()
        self.turn_at = began + _TURN_EVERY_S
        return began

    def trust(self, since: float) -> None:
        """Rely on a lease that was taken then."""
        self._trusted_until = since + _TRUSTED_S

    def distrust(self) -> None:
        """Rely on no lease."""
        self._trusted_until = 0.0

    def begin_look(self) -> None:
        """Note when to look next."""
        self.look_at = time.monotonic() + _LOOK_EVERY_S

    def hold(self) -> None:
        """Keep the lease for a moment: something has just been done."""
        self.hold_until = time.monotonic() + _HOLD_S

    def expect_turn(self) -> None:
        """Have what was just answered written down soon."""
        self.settle_at = time.monotonic() + _SETTLE_AFTER_S

    def rest(self) -> None:
        """Leave the database in peace for a moment, and send nothing meanwhile."""
        self._rest_until = time.monotonic() + _REST_S
        self.distrust()

    def seconds_to(self, moment: float) -> float:
        """Return how long it is until that moment, and to the end of a rest."""
        return max(max(moment, self._rest_until) - time.monotonic(), 0)
