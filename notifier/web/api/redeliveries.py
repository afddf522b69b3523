"""Redeliveries: many deliveries made once more, in the background."""

from typing import Any
from uuid import UUID

from flask import url_for

from notifier.delivery.repair.repairs import (
    Repair,
    RepairKind,
    get_repair,
)
from notifier.delivery.repair.selection import DeliverySelection
from notifier.web.api.base import Blueprint
from notifier.web.api.paging import LINK_HEADER, Answer
from notifier.web.api.repairs import Created, answer_list, cancel, create
from notifier.web.api.schemas.repairs import (
    CountSchema,
    NewRecoverySchema,
    NewRedeliverySchema,
    RedeliveryPageSchema,
    RedeliverySchema,
    RepairQuerySchema,
)
from notifier.web.auth.needs import Need
from notifier.web.services import services

blueprint = Blueprint("redeliveries", __name__, "Many deliveries, made once more.")

_REDELIVERY = RedeliverySchema()
_LOCATION_HEADER = {
    "Location": {"description": "The redelivery.", "schema": {"type": "string"}}
}


@blueprint.route("/redeliveries", methods=["POST"], needs=Need.OPERATOR)
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
    endpoint_id = fields.pop("endpoint_id", None)
    return create(
        endpoint_id=endpoint_id, schema=_REDELIVERY, locate=_location_of, **fields
    )


@blueprint.route(
    "/endpoints/<uuid:endpoint_id>/recoveries", methods=["POST"], needs=Need.OPERATOR
)
@blueprint.arguments(NewRecoverySchema)
@blueprint.response(202, RedeliverySchema, headers=_LOCATION_HEADER)
@blueprint.alt_response(200, schema=CountSchema, description="Of a dry run.")
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
def recover_endpoint(fields: dict[str, Any], endpoint_id: UUID) -> Created:
    """Recover an endpoint: redeliver what failed, and hasten what waits for a retry."""
    selection = DeliverySelection.recovery(fields.pop("since"))
    return create(
        selection, endpoint_id, schema=_REDELIVERY, locate=_location_of, **fields
    )


@blueprint.route("/redeliveries", needs=Need.OPERATOR)
@blueprint.arguments(RepairQuerySchema, location="query")
@blueprint.response(200, RedeliveryPageSchema, headers=LINK_HEADER)
def list_redeliveries(arguments: dict[str, Any]) -> Answer:
    """List redeliveries."""
    return answer_list("redeliveries", RepairKind.REDELIVERY, arguments)


@blueprint.route("/redeliveries/<uuid:redelivery_id>", needs=Need.OPERATOR)
@blueprint.response(200, RedeliverySchema)
@blueprint.alt_response(404, "NOT_FOUND")
def get_redelivery(redelivery_id: UUID) -> Repair:
    """Show a redelivery, and how far it has come."""
    with services().database.read() as connection:
        return get_repair(connection, RepairKind.REDELIVERY, redelivery_id)


@blueprint.route(
    "/redeliveries/<uuid:redelivery_id>/cancellation",
    methods=["POST"],
    needs=Need.OPERATOR,
)
@blueprint.response(200, RedeliverySchema)
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
def cancel_redelivery(redelivery_id: UUID) -> Repair:
    """Cancel a redelivery. What is due by now is still sent."""
    return cancel(RepairKind.REDELIVERY, redelivery_id)


def _location_of(redelivery_id: UUID) -> str:
    return url_for("redeliveries.get_redelivery", redelivery_id=redelivery_id)
