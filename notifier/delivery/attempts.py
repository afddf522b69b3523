"""Attempts: each POST of a delivery, how it was answered, and on which connection.

What was sent is not repeated for each of them; `notifier.delivery.requests` tells it
again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from notifier.db import Prepared, Transaction
from notifier.delivery.answer_headers import keep_header, read_header
from notifier.delivery.attempt_tables import AttemptRow, BatchRow, WayRow
from notifier.delivery.deliveries import TRIGGERS, Trigger
from notifier.delivery.errors import AttemptUnknown
from notifier.delivery.settlement import Settlement
from notifier.delivery.signing import Header
from notifier.delivery.ways import Ways, passage_of
from notifier.ids import uuid7


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One POST of a delivery.

    *error* says why there is no answer, *status* what the answer was; *response* is
    its body, or the beginning of it, and *response_headers* are None where they were
    not kept. *peer* is the numeric address that was connected to.
    """

    number: int
    started_at: datetime
    duration_ms: int
    status: int | None
    error: str | None
    response_headers: Sequence[Header] | None
    response_headers_truncated: bool
    response: bytes
    trigger: Trigger
    peer: str | None
    tls_version: str | None


def put_attempts(
    transaction: Transaction,
    ways: Ways,
    endpoint_key: int,
    settlements: Sequence[Settlement],
    now: datetime,
) -> None:
    """Write down one attempt for each of the *settlements* of an endpoint."""
    if not settlements:
        return
    passages = {
        id(item.answer): passage_of(endpoint_key, item.answer) for item in settlements
    }
    numbers = ways.intern(transaction, filter(None, passages.values()), now)
    batches = _put_batches(transaction.connection, settlements)
    rows = []
    for item in settlements:
        place = id(item.answer)
        passage, batch_id = passages[place], batches.get(place)
        row = _row(item, None if passage is None else numbers[passage], batch_id)
        rows.append(row)
    _PUT_ATTEMPTS.run_many(transaction.connection, rows)


def list_attempts(connection: sa.Connection, delivery_id: UUID) -> Sequence[Attempt]:
    """List the attempts at a delivery, the first one first."""
    rows = connection.execute(
        _ATTEMPTS.where(AttemptRow.delivery_id == delivery_id).order_by(
            AttemptRow.number
        )
    )
    return [_attempt(row) for row in rows]


def get_attempt(connection: sa.Connection, delivery_id: UUID, number: int) -> Attempt:
    """Return one attempt at a delivery; raise `AttemptUnknown`."""
    statement = _ATTEMPTS.where(
        AttemptRow.delivery_id == delivery_id, AttemptRow.number == number
    )
    row = connection.execute(statement).one_or_none()
    if row is None:
        raise AttemptUnknown
    return _attempt(row)


_TRIGGERS = {number: trigger for trigger, number in TRIGGERS.items()}
_PUT_ATTEMPTS = Prepared(lambda insert: insert(AttemptRow))
_PUT_BATCHES = Prepared(lambda insert: insert(BatchRow))
_ATTEMPTS = (
    sa.select(
        AttemptRow.__table__,
        WayRow.peer,
        WayRow.tls_version,
        BatchRow.answer_header.label("batch_header"),
    )
    .outerjoin(WayRow, WayRow.id == AttemptRow.way_id)
    .outerjoin(BatchRow, BatchRow.id == AttemptRow.batch_id)
)


def _put_batches(
    connection: sa.Connection, settlements: Collection[Settlement]
) -> dict[int, UUID]:
    """Write down once what was sent together; return the ids by those of the answers.

    An attempt that is not to be settled any more does not count.
    """
    batches: dict[int, dict[str, Any]] = {}
    for item in settlements:
        answer = item.answer
        if answer.sent is None or len(answer.sent.event_ids) == 1:
            continue
        if id(answer) not in batches:
            batches[id(answer)] = {
                "id": uuid7(),
                "event_ids": b"".join(id_.bytes for id_ in answer.sent.event_ids),
                "message_digest": answer.sent.digest,
                "answer_header": keep_header(answer),
                "attempts": 0,
            }
        batches[id(answer)]["attempts"] += 1
    if batches:
        _PUT_BATCHES.run_many(connection, list(batches.values()))
    return {place: row["id"] for place, row in batches.items()}


def _row(
    item: Settlement, way_id: int | None, batch_id: UUID | None
) -> dict[str, object]:
    answer = item.answer
    alone = answer.sent if batch_id is None else None
    return {
        "delivery_id": item.delivery_id,
        "number": item.number,
        "started_at": answer.started_at,
        "duration_ms": answer.duration_ms,
        "status": answer.status,
        "error": answer.error,
        "response": answer.body,
        "trigger": TRIGGERS[item.trigger],
        "way_id": way_id,
        "message_digest": None if alone is None else alone.digest,
        "answer_header": None if alone is None else keep_header(answer),
        "batch_id": batch_id,
    }


def _attempt(row: sa.Row[Any]) -> Attempt:
    kept = row.answer_header if row.batch_header is None else row.batch_header
    headers, is_cut = (None, False) if kept is None else read_header(kept)
    return Attempt(
        number=row.number,
        started_at=row.started_at,
        duration_ms=row.duration_ms,
        status=row.status,
        error=row.error,
        response_headers=headers,
        response_headers_truncated=is_cut,
        response=row.response,
        trigger=_TRIGGERS[row.trigger],
        peer=row.peer,
        tls_version=row.tls_version,
    )
