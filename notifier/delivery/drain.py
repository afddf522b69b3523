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
from notifier.delivery.agenda import Agenda
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
_SETTLE_AT = 128
# With more than that in hand it is no trickle, and the next turn is soon.
_LOOK_BELOW = 64

_log = structlog.get_logger(__name__)


class Drain:
    """The drain of the endpoint of that *key*. One thread runs it."""

    def __init__(self, key: int, office: Office) -> None:
        self._key = key
        self._office = office
        self._sender = Sender(office.endpoints.reach)
        self._pending = self._sender.pending
        self._marked = threading.Event()
        self._agenda = Agenda()
        self._recipient: Recipient | None = None
        self._version: object = None
        self._breaker = Breaker()
        self._is_leased = False

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
        self._agenda.stop_at = time.monotonic() + timeout_s
        self._sender.wake()

    def run(self) -> None:
        """Send what is due; return when there has been nothing to do for a while."""
        self._agenda.linger()
        while not self._is_over():
            if self._is_turn_due():
                self._turn()
            elif self._is_look_due():
                self._look()
            self._send()
            self._wait()

    def close(self) -> None:
        """Close what belongs to the thread."""
        self._sender.close()
        self._office.database.leave()

    def _is_over(self) -> bool:
        now, stop_at = time.monotonic(), self._agenda.stop_at
        if stop_at is None:
            idle = not (self._pending or self._is_leased or self.is_marked)
            return idle and now >= self._agenda.idle_until
        self._pending.drop_ready()
        if now >= stop_at:
            self._sender.interrupt()
        return not (self._pending or self._is_leased) or self._agenda.is_past_stop

    def _is_turn_due(self) -> bool:
        now, agenda = time.monotonic(), self._agenda
        if agenda.is_resting:
            return False
        if self.is_marked and not self._may_look:
            return True
        if self._is_leased and now >= agenda.turn_at:
            return True
        if self._is_holding and now >= agenda.hold_until:
            return True
        if not self._pending.answers:
            return bool(self._is_leased and agenda.stop_at and not self._pending)
        return len(self._pending.answers) >= _SETTLE_AT or now >= agenda.settle_at

    def _is_look_due(self) -> bool:
        if not self._may_look:
            return False
        return self.is_marked or time.monotonic() >= self._agenda.look_at

    @property
    def _is_holding(self) -> bool:
        """Tell whether it keeps its lease though it has nothing to do."""
        return self._is_leased and not self._pending

    @property
    def _may_look(self) -> bool:
        """Tell whether it can read what is due without a turn."""
        if self._recipient is None or self._recipient.policy.ordered:
            return False
        is_busy = len(self._pending) >= _LOOK_BELOW or self._agenda.stop_at
        return self._is_leased and self._most > 0 and not is_busy

    @property
    def _most(self) -> int:
        """Return how many POSTs may be in flight: one probes a breaker half-open."""
        now = datetime.now(UTC)
        if self._recipient is None or self._breaker.is_paused(now):
            return 0
        if not self._agenda.is_trusted:
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
            self._agenda.expect_turn()
        # An endpoint that asks for less gets less at once, not at the next turn only.
        self._breaker = self._breaker.after(answers, datetime.now(UTC))

    def _patience_s(self) -> float:
        """Return how long to wait for answers before looking around again."""
        if self._is_turn_due() or self._is_over():
            return 0
        agenda = self._agenda
        until = agenda.turn_at if self._is_leased else agenda.idle_until
        if self._may_look:
            until = min(until, agenda.look_at)
        if self._is_holding:
            until = min(until, agenda.hold_until)
        if self._pending.answers:
            until = min(until, agenda.settle_at)
        if agenda.stop_at:
            until = min(until, agenda.stop_at)
        patience_s = agenda.seconds_to(until)
        if self._recipient is not None:
            wait_s = self._sender.wait_s(self._recipient, self._most)
            if wait_s is not None:
                patience_s = min(patience_s, wait_s)
        return patience_s

    def _look(self) -> None:
        """Read what has come to be due since the last turn: that changes nothing."""
        self._marked.clear()
        self._agenda.begin_look()
        limit = len(self._pending) + _READ_AHEAD
        try:
            with self._office.database.read() as connection:
                found = list_due(connection, self._key, datetime.now(UTC), limit)
            due = [item for item in found if item.delivery_id not in self._pending]
            if due:
                self._agenda.hold()
                self._fetch(due)
        except DatabaseUnavailable as error:
            self._rest(error)

    def _rest(self, error: DatabaseUnavailable) -> None:
        _log.warning("drain_waits", endpoint_key=self._key, error=str(error))
        self._agenda.rest()

    def _turn(self) -> None:
        self._marked.clear()
        began = self._agenda.begin_turn()
        try:
            turn = self._transact()
            self._apply(turn, began)
            self._fetch(turn.due)
        except DatabaseUnavailable as error:
            self._rest(error)
        if not self._is_leased or self._breaker.is_paused(datetime.now(UTC)):
            self._pending.drop_ready()
        self._agenda.linger()

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
        if self._agenda.stop_at or ready >= _READ_AT:
            return 0
        return _READ_AHEAD - ready

    def _may_release(self) -> bool:
        agenda = self._agenda
        return bool(agenda.stop_at) or time.monotonic() >= agenda.hold_until

    def _apply(self, turn: Turn, began: float) -> None:
        """Let go of what is settled, and tell of it."""
        if turn.due or turn.settlements:
            self._agenda.hold()
        self._is_leased = turn.is_leased
        if turn.is_leased:
            self._agenda.trust(began)
        else:
            self._agenda.distrust()
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
