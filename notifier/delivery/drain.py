"""A drain: sends the due deliveries of one endpoint, under a lease.

It alternates between POSTs, several at once, and turns: short transactions in which
attempts are written down, the lease is renewed and what else is due is read. No
connection is held while POSTs are in flight.
"""

import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import sqlalchemy as sa
import structlog

from notifier.db import DatabaseUnavailable
from notifier.delivery import leases
from notifier.delivery.breaker import Breaker, BreakerState
from notifier.delivery.due import Due, list_due
from notifier.delivery.endpoint import Recipient
from notifier.delivery.endpoint_rows import get_version
from notifier.delivery.letters import write_letters
from notifier.delivery.office import Office
from notifier.delivery.report import report
from notifier.delivery.sender import Sender
from notifier.delivery.turn import Turn, Wish, take_turn

_READ_AHEAD = 256
_READ_AT = 64
# Attempts are written down many at a time: a commit for each would cost more than all
# the rest of a delivery.
_SETTLE_AT = 128
_SETTLE_AFTER_S = 0.02
_TURN_EVERY_S = 1.0
# With nothing left to do it looks around a while longer, which costs far less than to
# be nudged for each delivery of a trickle.
_HOLD_S = 0.5
_LOOK_EVERY_S = 0.02
_LINGER_S = 15.0
_REST_S = 1.0
# A lease is not relied on to its end: what was sent just before takes time, too.
_TRUSTED_S = leases.LEASE_S / 2

_log = structlog.get_logger(__name__)


class Drain:
    """The drain of the endpoint of that *key*. One thread runs it."""

    def __init__(self, key: int, office: Office) -> None:
        self._key = key
        self._office = office
        self._sender = Sender(office.endpoints.reach)
        self._pending = self._sender.pending
        self._marked = threading.Event()
        self._stop_at: float | None = None
        self._recipient: Recipient | None = None
        self._version: object = None
        self._breaker = Breaker()
        self._is_leased = False
        self._trusted_until = 0.0
        self._turn_at = 0.0
        self._look_at = 0.0
        self._hold_until = 0.0
        self._settle_at = 0.0
        self._rest_until = 0.0
        self._idle_until = 0.0

    @property
    def is_marked(self) -> bool:
        """Tell whether it was asked to look and has not done so yet."""
        return self._marked.is_set()

    def mark(self) -> None:
        """Ask it to look for what is due; any thread may."""
        self._marked.set()
        self._sender.wake()

    def stop(self, timeout_s: float) -> None:
        """Ask it to end, once what is in flight is done, or given up after a while."""
        self._stop_at = time.monotonic() + timeout_s
        self._sender.wake()

    def run(self) -> None:
        """Send what is due; return when there has been nothing to do for a while."""
        self._idle_until = time.monotonic() + _LINGER_S
        while not self._is_over():
            if self._is_turn_due():
                self._turn()
            elif self._is_holding and time.monotonic() >= self._look_at:
                self._look()
            self._send()
            self._wait()

    def close(self) -> None:
        """Close what belongs to the thread."""
        self._sender.close()
        self._office.database.leave()

    def _is_over(self) -> bool:
        now = time.monotonic()
        if self._stop_at is None:
            idle = not (self._pending or self._is_leased or self.is_marked)
            return idle and now >= self._idle_until
        self._pending.drop_ready()
        if now >= self._stop_at:
            self._sender.interrupt()
        return not (self._pending or self._is_leased) or now > self._stop_at + _REST_S

    def _is_turn_due(self) -> bool:
        now = time.monotonic()
        if now < self._rest_until:
            return False
        if self.is_marked or (self._is_leased and now >= self._turn_at):
            return True
        if self._is_holding and now >= self._hold_until:
            return True
        if not self._pending.answers:
            return bool(self._is_leased and self._stop_at and not self._pending)
        return len(self._pending.answers) >= _SETTLE_AT or now >= self._settle_at

    @property
    def _is_holding(self) -> bool:
        """Tell whether it keeps its lease though it has nothing to do."""
        return self._is_leased and not self._pending

    @property
    def _most(self) -> int:
        """Return how many POSTs may be in flight: one probes a breaker half-open."""
        now = datetime.now(UTC)
        if self._recipient is None or self._breaker.is_paused(now):
            return 0
        if time.monotonic() >= self._trusted_until:
            return 0
        if self._breaker.state(now) is BreakerState.HALF_OPEN:
            return 1
        return self._recipient.policy.max_in_flight

    def _send(self) -> None:
        if self._recipient is not None:
            self._sender.send(self._recipient, self._most)

    def _wait(self) -> None:
        had_answers = bool(self._pending.answers)
        answers = self._sender.wait(self._patience_s())
        if self._pending.answers and not had_answers:
            self._settle_at = time.monotonic() + _SETTLE_AFTER_S
        # An endpoint that asks for less gets less at once, not at the next turn only.
        self._breaker = self._breaker.after(answers, datetime.now(UTC))

    def _patience_s(self) -> float:
        """Return how long to wait for answers before looking around again."""
        if self._is_turn_due() or self._is_over():
            return 0
        until = self._turn_at if self._is_leased else self._idle_until
        if self._is_holding:
            until = min(until, self._look_at, self._hold_until)
        if self._pending.answers:
            until = min(until, self._settle_at)
        if self._stop_at:
            until = min(until, self._stop_at)
        patience_s = max(max(until, self._rest_until) - time.monotonic(), 0)
        if self._recipient is not None:
            wait_s = self._sender.wait_s(self._recipient, self._most)
            if wait_s is not None:
                patience_s = min(patience_s, wait_s)
        return patience_s

    def _look(self) -> None:
        """Mark itself if something has come to be due."""
        self._look_at = time.monotonic() + _LOOK_EVERY_S
        try:
            with self._office.database.read() as connection:
                if list_due(connection, self._key, datetime.now(UTC), 1):
                    self._marked.set()
        except DatabaseUnavailable as error:
            self._rest(error)

    def _rest(self, error: DatabaseUnavailable) -> None:
        _log.warning("drain_waits", endpoint_key=self._key, error=str(error))
        self._rest_until = time.monotonic() + _REST_S
        self._trusted_until = 0

    def _turn(self) -> None:
        self._marked.clear()
        began = time.monotonic()
        self._turn_at = began + _TURN_EVERY_S
        try:
            turn = self._transact()
            self._apply(turn)
            self._trusted_until = began + _TRUSTED_S if self._is_leased else 0
            self._fetch(turn.due)
        except DatabaseUnavailable as error:
            self._rest(error)
        if not self._is_leased or self._breaker.is_paused(datetime.now(UTC)):
            self._pending.drop_ready()
        self._idle_until = time.monotonic() + _LINGER_S

    def _transact(self) -> Turn:
        with self._office.database.transaction() as transaction:
            recipient = self._refreshed(transaction.connection)
            if recipient.policy.supersede:
                # What is not sent yet may not be wanted any more.
                self._pending.drop_ready()
            return take_turn(
                transaction,
                self._office,
                recipient,
                self._pending,
                Wish(self._room(), self._may_release(), datetime.now(UTC)),
            )

    def _room(self) -> int:
        """Return how many letters to read: none while there are enough."""
        ready = self._pending.ready
        if self._stop_at or ready >= _READ_AT:
            return 0
        return _READ_AHEAD - ready

    def _may_release(self) -> bool:
        return bool(self._stop_at) or time.monotonic() >= self._hold_until

    def _apply(self, turn: Turn) -> None:
        """Let go of what is settled, and tell of it."""
        if turn.due or turn.settlements:
            self._hold_until = time.monotonic() + _HOLD_S
        self._is_leased = turn.is_leased
        self._breaker = turn.breaker
        if self._recipient is not None:
            metrics = self._office.metrics
            report(turn.settlements, self._pending, self._recipient, metrics)
        self._pending.settle()

    def _fetch(self, due: Sequence[Due]) -> None:
        """Write the letters of what is due, by the endpoint's latest settings."""
        if not due and not self._pending.ready:
            return
        with self._office.database.read() as connection:
            recipient = self._refreshed(connection)
            if not recipient.is_open:
                self._pending.drop_ready()
                return
            bodies, format_ = self._office.bodies, recipient.format
            self._sender.add(write_letters(connection, bodies, format_, due))

    def _refreshed(self, connection: sa.Connection) -> Recipient:
        version = get_version(connection)
        if self._recipient is None or version != self._version:
            self._recipient = self._office.endpoints.get_recipient(
                connection, self._key
            )
            self._version = version
        return self._recipient
