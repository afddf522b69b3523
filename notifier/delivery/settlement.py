"""Settlement: what an answer makes of its delivery."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from notifier.db import Prepared, PreparedIn
from notifier.delivery.deliveries import STATES, DeliveryState, Trigger
from notifier.delivery.schedule import DELAYS_S, next_attempt_at, parse_retry_after
from notifier.delivery.tables import DeliveryRow
from notifier.delivery.transport import GONE, Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """An attempt, and what became of its delivery."""

    delivery_id: UUID
    number: int
    trigger: Trigger
    answer: Answer
    state: DeliveryState
    due_at: datetime | None


def conclude(
    state: DeliveryState,
    attempts: int,
    answer: Answer,
    now: datetime,
    delays_s: Sequence[float] = DELAYS_S,
) -> tuple[DeliveryState, datetime | None]:
    """Return the state after the last of *attempts*, and when the next one is due.

    Only what is pending is tried again by itself, and not if the endpoint says that it
    is gone. A redelivery that fails takes nothing back.
    """
    if answer.is_accepted:
        return DeliveryState.DELIVERED, None
    if state is not DeliveryState.PENDING:
        return state, None
    if answer.status == GONE:
        return DeliveryState.FAILED, None
    retry_after_s = answer.retry_after and parse_retry_after(answer.retry_after, now)
    due_at = next_attempt_at(attempts, now, retry_after_s or 0, delays_s)
    return (DeliveryState.FAILED if due_at is None else state), due_at


def settle(
    connection: sa.Connection,
    answers: Mapping[UUID, Answer],
    now: datetime,
    delays_s: Sequence[float] = DELAYS_S,
) -> Sequence[Settlement]:
    """Write down what each of *answers* makes of the delivery of that id.

    What the deliveries were is read again: somebody may have removed the endpoint, or
    another process sent the same one after this one had lost its lease.
    """
    if not answers:
        return []
    settlements = []
    for id_, number, attempts in _STATES.all(connection, list(answers)):
        before = _STATE_OF[number]
        after, due_at = conclude(before, attempts + 1, answers[id_], now, delays_s)
        pending = before is DeliveryState.PENDING
        settlements.append(
            Settlement(
                delivery_id=id_,
                number=attempts + 1,
                trigger=Trigger.SCHEDULE if pending else Trigger.REDELIVER,
                answer=answers[id_],
                state=after,
                due_at=due_at,
            )
        )
    if settlements:
        _PUT_STATES.run_many(connection, [_delivery(item) for item in settlements])
    return settlements


_STATE_OF = {number: state for state, number in STATES.items()}
_STATES = PreparedIn(
    DeliveryRow.id,
    lambda is_one: (
        sa.select(DeliveryRow.id, DeliveryRow.state, DeliveryRow.attempts)
        .where(is_one)
        .with_for_update()
    ),
)
_PUT_STATES = Prepared(
    sa.update(DeliveryRow)
    .where(DeliveryRow.id == sa.bindparam("delivery_id"))
    .values(
        state=sa.bindparam("new_state"),
        attempts=sa.bindparam("new_attempts"),
        due_at=sa.bindparam("new_due_at"),
    )
)


def _delivery(item: Settlement) -> dict[str, object]:
    return {
        "delivery_id": item.delivery_id,
        "new_state": STATES[item.state],
        "new_attempts": item.number,
        "new_due_at": item.due_at,
    }
