"""What the views of redeliveries and of replays have in common."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Response, jsonify

from notifier.delivery.endpoint import Endpoint
from notifier.delivery.repair.repairs import (
    CANCEL,
    CREATE,
    Repair,
    RepairKind,
    cancel_repair,
    create_repair,
    list_repairs,
)
from notifier.delivery.repair.selection import Selection
from notifier.delivery.repair.work import count
from notifier.delivery.repair.works import work_of
from notifier.web.api.paging import Answer, list_page
from notifier.web.api.record import record
from notifier.web.api.schemas.repairs import CountSchema, RepairSchema
from notifier.web.services import services

# A client may wait for this long; what was counted by then is told.
_COUNT_FOR_S = 5.0
_COUNT = CountSchema()

Created = tuple[Response, int, dict[str, str]]


def create(
    selection: Selection,
    endpoint_id: UUID | None,
    *,
    schema: RepairSchema,
    locate: Callable[[UUID], str],
    dry_run: bool,
    rate: float | None = None,
) -> Created:
    """Ask for a repair; answer by *schema*, and with its URL by *locate*.

    A dry run is answered at once: with how many it would be of.
    """
    if dry_run:
        return _count(selection, endpoint_id)
    with services().database.transaction() as transaction:
        repair = create_repair(
            transaction,
            selection,
            endpoint=_endpoint(transaction.connection, endpoint_id),
            rate=rate,
        )
        record(transaction, CREATE[repair.kind], **repair.described())
    return jsonify(schema.dump(repair)), 202, {"Location": locate(repair.id)}


def cancel(kind: RepairKind, id_: UUID) -> Repair:
    """Cancel a repair."""
    with services().database.transaction() as transaction:
        repair = cancel_repair(transaction, kind, id_)
        record(transaction, CANCEL[kind], **repair.described())
    return repair


def answer_list(
    listing: str,
    kind: RepairKind,
    arguments: dict[str, Any],
    endpoint_id: UUID | None = None,
) -> Answer:
    """Answer with a page of repairs."""
    with services().database.read() as connection:
        if endpoint_id is not None:
            services().endpoints.get(connection, endpoint_id)
        return list_page(
            listing,
            arguments,
            lambda before, limit: list_repairs(
                connection,
                kind,
                endpoint=endpoint_id or arguments.get("endpoint"),
                before=before,
                limit=limit,
            ),
        )


def _count(selection: Selection, endpoint_id: UUID | None) -> Created:
    own = services()
    with own.database.read() as connection:
        work = work_of(
            selection,
            endpoint=_endpoint(connection, endpoint_id),
            end=datetime.now(UTC),
            recorder=own.recorder,
            outbox=own.outbox,
        )
        counted = count(connection, work, for_s=_COUNT_FOR_S)
    return jsonify(_COUNT.dump(counted)), 200, {}


def _endpoint(connection: sa.Connection, id_: UUID | None) -> Endpoint | None:
    return None if id_ is None else services().endpoints.get(connection, id_)
