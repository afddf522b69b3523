"""A drain: sends the due deliveries of one endpoint, under a lease.

It alternates between POSTs, several at once, and turns: short transactions in which
attempts are written down, the lease is renewed and what else is due is read. No
connection is held while POSTs are in flight.
"""

import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa
import structlog

from notifier.db import Database, DatabaseUnavailable
from notifier.delivery import leases, minutes
from notifier.delivery.bodies import Bodies
from notifier.delivery.endpoint_rows import get_version
from notifier.delivery.endpoints import EndpointStore, Recipient
from notifier.delivery.letters import Due, Letter, list_due, write_letters
from notifier.delivery.report import report
from notifier.delivery.settlement import Settlement, settle
from notifier.delivery.transport import Answer, Transport
from notifier.metrics import Metrics

_IN_FLIGHT = 16
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What the drains of one process share. *holder* is its name on leases."""

    database: Database
    bodies: Bodies
    endpoints: EndpointStore
    metrics: Metrics
    holder: UUID


class Drain:
    """The drain of the endpoint of that *key*. One thread runs it."""

    def __init__(self, key: int, office: Office) -> None:
        self._key = key
        self._office = office
        self._transport: Transport[UUID] = Transport(_IN_FLIGHT, office.endpoints.reach)
        self._marked = threading.Event()
        self._stop_at: float | None = None
        # Letters are here until they are settled, those that wait also in `_ready`.
        self._letters: dict[UUID, Letter] = {}
        self._ready: deque[Letter] = deque()
        self._answers: dict[UUID, Answer] = {}
        self._recipient: Recipient | None = None
        self._version: object = None
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
        self._transport.wake()

    def stop(self, timeout_s: float) -> None:
        """Ask it to end, once what is in flight is done, or given up after a while."""
        self._stop_at = time.monotonic() + timeout_s
        self._transport.wake()

    def run(self) -> None:
        """Send what is due; return when there has been nothing to do for a while."""
        self._idle_until = time.monotonic() + _LINGER_S
        while not self._is_over():
            if self._is_turn_due():
                self._turn()
            elif self._is_holding and time.monotonic() >= self._look_at:
                self._look()
            self._send()
            self._collect(self._transport.wait(self._patience_s()))

    def close(self) -> None:
        """Close what belongs to the thread."""
        self._transport.close()
        self._office.database.leave()

    def _is_over(self) -> bool:
        now = time.monotonic()
        if self._stop_at is None:
            idle = not (self._letters or self._is_leased or self.is_marked)
            return idle and now >= self._idle_until
        self._drop_ready()
        if now >= self._stop_at:
            self._collect(self._transport.interrupt())
        return not (self._letters or self._is_leased) or now > self._stop_at + _REST_S

    def _is_turn_due(self) -> bool:
        now = time.monotonic()
        if now < self._rest_until:
            return False
        if self.is_marked or (self._is_leased and now >= self._turn_at):
            return True
        if self._is_holding and now >= self._hold_until:
            return True
        if not self._answers:
            return bool(self._is_leased and self._stop_at and not self._transport)
        return len(self._answers) >= _SETTLE_AT or now >= self._settle_at

    def _patience_s(self) -> float:
        """Return how long to wait for answers before looking around again."""
        if self._is_turn_due() or self._is_over():
            return 0
        until = self._turn_at if self._is_leased else self._idle_until
        if self._is_holding:
            until = min(until, self._look_at, self._hold_until)
        if self._answers:
            until = min(until, self._settle_at)
        if self._stop_at:
            until = min(until, self._stop_at)
        return max(max(until, self._rest_until) - time.monotonic(), 0)

    @property
    def _is_holding(self) -> bool:
        """Tell whether it keeps its lease though it has nothing to do."""
        return self._is_leased and not self._letters

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

    def _send(self) -> None:
        if self._recipient is None or time.monotonic() >= self._trusted_until:
            return
        while self._ready and len(self._transport) < _IN_FLIGHT:
            letter = self._ready.popleft()
            now = datetime.now(UTC)
            if post := letter.post(self._recipient, now):
                self._transport.start(letter.delivery_id, post)
            else:
                self._collect([(letter.delivery_id, letter.unsent(now))])

    def _collect(self, answers: Sequence[tuple[UUID, Answer]]) -> None:
        if answers and not self._answers:
            self._settle_at = time.monotonic() + _SETTLE_AFTER_S
        self._answers.update(answers)

    def _turn(self) -> None:
        self._marked.clear()
        began = time.monotonic()
        self._turn_at = began + _TURN_EVERY_S
        try:
            settlements, due = self._transact()
            self._forget(settlements)
            self._trusted_until = began + _TRUSTED_S if self._is_leased else 0
            self._fetch(due)
        except DatabaseUnavailable as error:
            self._rest(error)
        if not self._is_leased:
            self._drop_ready()
        self._idle_until = time.monotonic() + _LINGER_S

    def _transact(self) -> tuple[Sequence[Settlement], Sequence[Due]]:
        """Settle what was answered, renew the lease, and read what is due.

        The lease is taken first: its row stays locked, so that whoever is nudged about
        a delivery that this one does not see will find the lease released.
        """
        with self._office.database.transaction() as transaction:
            connection = transaction.connection
            now = datetime.now(UTC)
            is_leased = leases.take(connection, self._key, self._office.holder, now)
            settlements = settle(connection, self._answers, now)
            minutes.add(connection, self._key, settlements, now)
            due = self._list_due(connection, now) if is_leased else []
            is_idle = not due and len(self._letters) == len(self._answers)
            if due or self._answers:
                self._hold_until = time.monotonic() + _HOLD_S
            if is_leased and is_idle and self._may_release():
                leases.release(connection, self._key, self._office.holder)
                is_leased = False
        self._is_leased = is_leased
        return settlements, due

    def _may_release(self) -> bool:
        return bool(self._stop_at) or time.monotonic() >= self._hold_until

    def _list_due(self, connection: sa.Connection, now: datetime) -> Sequence[Due]:
        """Read what is due, beyond the letters that are here and not settled yet."""
        if self._stop_at or len(self._ready) >= _READ_AT:
            return []
        room = _READ_AHEAD - len(self._ready)
        unsettled = len(self._letters) - len(self._answers)
        found = list_due(connection, self._key, now, unsettled + room)
        return [due for due in found if due.delivery_id not in self._letters][:room]

    def _forget(self, settlements: Sequence[Settlement]) -> None:
        """Let go of what is settled, and tell of it."""
        if self._recipient is not None:
            report(settlements, self._letters, self._recipient, self._office.metrics)
        for delivery_id in self._answers:
            del self._letters[delivery_id]
        self._answers.clear()

    def _fetch(self, due: Sequence[Due]) -> None:
        """Write the letters of what is due, by the endpoint's latest settings."""
        if not due and not self._ready:
            return
        with self._office.database.read() as connection:
            recipient = self._refreshed(connection)
            if not recipient.is_open:
                self._drop_ready()
                return
            bodies, format_ = self._office.bodies, recipient.format
            for letter in write_letters(connection, bodies, format_, due):
                self._letters[letter.delivery_id] = letter
                self._ready.append(letter)

    def _refreshed(self, connection: sa.Connection) -> Recipient:
        version = get_version(connection)
        if self._recipient is None or version != self._version:
            self._recipient = self._office.endpoints.get_recipient(
                connection, self._key
            )
            self._version = version
        return self._recipient

    def _drop_ready(self) -> None:
        for letter in self._ready:
            del self._letters[letter.delivery_id]
        self._ready.clear()
