"""A turn of a drain: what was answered is written down, what is due is read.

All in one short transaction, under the endpoint's lease. The lease is taken first: its
row stays locked, so that whoever is nudged about a delivery that this turn does not
see will find the lease released.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from notifier.db import Transaction
from notifier.delivery import breakers, leases, minutes
from notifier.delivery.attempts import put_attempts
from notifier.delivery.breaker import Breaker, DisabledReason
from notifier.delivery.due import Due, list_due, list_due_in_order
from notifier.delivery.endpoint import Recipient
from notifier.delivery.incidents import list_incidents
from notifier.delivery.office import Office
from notifier.delivery.pending import Pending
from notifier.delivery.settlement import Settlement, settle
from notifier.delivery.transport import Answer


class Wish(NamedTuple):
    """What a drain wants of a turn at *now*: to read so much, or to end if idle."""

    room: int
    may_release: bool
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What came of a turn."""

    is_leased: bool
    settlements: Sequence[Settlement]
    due: Sequence[Due]
    breaker: Breaker


def take_turn(
    transaction: Transaction,
    office: Office,
    recipient: Recipient,
    pending: Pending,
    wish: Wish,
) -> Turn:
    """Take one turn for *recipient*."""
    connection, key, now = transaction.connection, recipient.key, wish.now
    is_leased = leases.take(connection, key, office.holder, now)
    settlements = settle(connection, pending.answers, now, recipient.policy.delays_s)
    put_attempts(transaction, office.ways, key, settlements, now)
    minutes.add(connection, key, settlements, now)
    breaker = _judge(
        transaction, office, recipient, settlements, pending=pending, now=now
    )
    due: Sequence[Due] = []
    if is_leased and not breaker.is_paused(now):
        due = _list_due(transaction, recipient, pending, wish.room, now)
    is_idle = not due and len(pending) == len(pending.answers)
    if is_leased and is_idle and wish.may_release:
        leases.release(connection, key, office.holder)
        is_leased = False
    return Turn(is_leased=is_leased, settlements=settlements, due=due, breaker=breaker)


def _judge(
    transaction: Transaction,
    office: Office,
    recipient: Recipient,
    settlements: Sequence[Settlement],
    *,
    pending: Pending,
    now: datetime,
) -> Breaker:
    """Draw conclusions about the endpoint, and tell those who want to hear of them."""
    connection, key = transaction.connection, recipient.key
    before = breakers.load(connection, key)
    after = before.after(_distinct(pending.answers), now)
    if after != before:
        breakers.save(connection, key, after)
    reason = _disabled_reason(recipient, after, now)
    if reason is not None:
        office.endpoints.disable(transaction, key, reason)
    incidents = list_incidents(
        recipient,
        settlements,
        pending,
        before=before,
        after=after,
        disabled=reason,
        source=office.source,
    )
    office.announcer.announce(transaction, incidents)
    return after


def _distinct(answers: Mapping[UUID, Answer]) -> Sequence[Answer]:
    """Count once what answered for several events."""
    return list({id(answer): answer for answer in answers.values()}.values())


def _disabled_reason(
    recipient: Recipient, breaker: Breaker, now: datetime
) -> DisabledReason | None:
    limit_s = recipient.policy.disable_after_s
    if not recipient.is_open:
        return None
    if breaker.is_gone:
        return DisabledReason.GONE
    if limit_s is not None and breaker.has_failed_for(limit_s, now):
        return DisabledReason.FAILING
    return None


def _list_due(
    transaction: Transaction,
    recipient: Recipient,
    pending: Pending,
    room: int,
    now: datetime,
) -> Sequence[Due]:
    """Read what is due, beyond the letters that are in hand and not settled yet."""
    if room <= 0:
        return []
    read = list_due_in_order if recipient.policy.ordered else list_due
    limit = len(pending) - len(pending.answers) + room
    found = read(transaction.connection, recipient.key, now, limit)
    return [due for due in found if due.delivery_id not in pending][:room]
