"""Redeliveries: many deliveries made once more, in the background."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Response, jsonify, url_for

from notifier.delivery.endpoints import Endpoint
from notifier.delivery.repair.redelivery import RedeliveryWork
from notifier.delivery.repair.repairs import (
    Repair,
    RepairKind,
    cancel_repair,
    create_repair,
    get_repair,
    list_repairs,
)
from notifier.delivery.repair.selection import DeliverySelection
from notifier.delivery.repair.work import count
from notifier.web.api.base import Blueprint
from notifier.web.api.paging import LINK_HEADER, Answer, list_page
from notifier.web.api.schemas.repairs import (
    CountSchema,
    NewRecoverySchema,
    NewRedeliverySchema,
    RedeliveryPageSchema,
    RedeliverySchema,
    RepairQuerySchema,
)
from notifier.web.services import services

blueprint = Blueprint("redeliveries", __name__, "Many deliveries, made once more.")

_REDELIVERY = RedeliverySchema()
_COUNT = CountSchema()
_COUNT_FOR_S = 5.0
_LOCATION_HEADER = {
    "Location": {"description": "The redelivery.", "schema": {"type": "string"}}
}

Created = tuple[Response, int, dict[str, str]]


@blueprint.route("/redeliveries", methods=["POST"])
@blueprint.arguments(NewRedeliverySchema)
@blueprint.response(202, RedeliverySchema, headers=_LOCATION_HEADER)
@blueprint.alt_response(200, schema=CountSchema, description="Of a dry run.")
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
def create_redelivery(fields: dict[str, Any]) -> Created:
    """Redeliver many: make one further attempt at each delivery that is meant.

    The workers do it, the oldest first, and no faster than the endpoints take them.
    What fails then stays as it was.
    """
    return _create(fields.pop("endpoint_id", None), **fields)


@blueprint.route("/endpoints/<uuid:endpoint_id>/recoveries", methods=["POST"])
@blueprint.arguments(NewRecoverySchema)
@blueprint.response(202, RedeliverySchema, headers=_LOCATION_HEADER)
@blueprint.alt_response(200, schema=CountSchema, description="Of a dry run.")
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
def recover_endpoint(fields: dict[str, Any], endpoint_id: UUID) -> Created:
    """Recover an endpoint: redeliver what failed, and hasten what waits for a retry."""
    selection = DeliverySelection.recovery(fields.pop("since"))
    return _create(endpoint_id, selection=selection, **fields)


@blueprint.route("/redeliveries")
@blueprint.arguments(RepairQuerySchema, location="query")
@blueprint.response(200, RedeliveryPageSchema, headers=LINK_HEADER)
def list_redeliveries(arguments: dict[str, Any]) -> Answer:
    """List redeliveries."""
    with services().database.read() as connection:
        return list_page(
            "redeliveries",
            arguments,
            lambda before, limit: list_repairs(
                connection,
                RepairKind.REDELIVERY,
                endpoint=arguments.get("endpoint"),
                before=before,
                limit=limit,
            ),
        )


@blueprint.route("/redeliveries/<uuid:redelivery_id>")
@blueprint.response(200, RedeliverySchema)
@blueprint.alt_response(404, "NOT_FOUND")
def get_redelivery(redelivery_id: UUID) -> Repair:
    """Show a redelivery, and how far it has come."""
    with services().database.read() as connection:
        return get_repair(connection, RepairKind.REDELIVERY, redelivery_id)


@blueprint.route("/redeliveries/<uuid:redelivery_id>/cancellation", methods=["POST"])
@blueprint.response(200, RedeliverySchema)
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
def cancel_redelivery(redelivery_id: UUID) -> Repair:
    """Cancel a redelivery. What is due by now is still sent."""
    with services().database.transaction() as transaction:
        return cancel_repair(transaction, RepairKind.REDELIVERY, redelivery_id)


def _create(
    endpoint_id: UUID | None,
    *,
    selection: DeliverySelection,
    dry_run: bool,
    rate: float | None = None,
) -> Created:
    if dry_run:
        return _count(endpoint_id, selection), 200, {}
    with services().database.transaction() as transaction:
        repair = create_repair(
            transaction,
            RepairKind.REDELIVERY,
            selection,
            endpoint=_endpoint(transaction.connection, endpoint_id),
            rate=rate,
        )
    location = url_for("redeliveries.get_redelivery", redelivery_id=repair.id)
    return jsonify(_REDELIVERY.dump(repair)), 202, {"Location": location}


def _count(endpoint_id: UUID | None, selection: DeliverySelection) -> Response:
    own = services()
    with own.database.read() as connection:
        endpoint = _endpoint(connection, endpoint_id)
        work = RedeliveryWork(
            recorder=own.recorder,
            selection=selection,
            key=endpoint.key if endpoint else None,
            end=datetime.now(UTC),
        )
        return jsonify(_COUNT.dump(count(connection, work, for_s=_COUNT_FOR_S)))


def _endpoint(connection: sa.Connection, id_: UUID | None) -> Endpoint | None:
    return None if id_ is None else services().endpoints.get(connection, id_)
