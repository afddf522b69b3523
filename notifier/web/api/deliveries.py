"""Deliveries: what was sent where, how often, and with what outcome."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Response, jsonify
from werkzeug.exceptions import Conflict

from notifier.delivery import quotas
from notifier.delivery.attempts import get_attempt, list_attempts
from notifier.delivery.deliveries import (
    Delivery,
    get_delivery,
    list_deliveries,
    redeliver,
)
from notifier.delivery.endpoint import named
from notifier.delivery.errors import EndpointUnknown
from notifier.delivery.requests import find_request
from notifier.events.event import Action
from notifier.web.api.base import Blueprint
from notifier.web.api.paging import LINK_HEADER, Answer, list_page
from notifier.web.api.record import record
from notifier.web.api.schemas.attempts import (
    AttemptDetailSchema,
    AttemptSchema,
    dump_attempt,
)
from notifier.web.api.schemas.deliveries import (
    DeliveryDetailSchema,
    DeliveryPageSchema,
    DeliveryQuerySchema,
    DeliverySchema,
)
from notifier.web.auth.needs import Need
from notifier.web.services import services

blueprint = Blueprint("deliveries", __name__, "One event for one endpoint, each.")

_DELIVERY = DeliverySchema()
_ATTEMPTS = AttemptSchema(many=True)


@blueprint.route("/deliveries", endpoint="list_deliveries", needs=Need.OPERATOR)
@blueprint.arguments(DeliveryQuerySchema, location="query")
@blueprint.response(200, DeliveryPageSchema, headers=LINK_HEADER)
def list_all(arguments: dict[str, Any]) -> Answer:
    """List deliveries."""
    with services().database.read() as connection:
        return list_page(
            "deliveries",
            arguments,
            lambda before, limit: list_deliveries(
                connection,
                endpoint=arguments.get("endpoint"),
                event=arguments.get("event"),
                state=arguments.get("state"),
                before=before,
                limit=limit,
            ),
        )


@blueprint.route(
    "/deliveries/<uuid:delivery_id>", endpoint="get_delivery", needs=Need.OPERATOR
)
@blueprint.response(200, DeliveryDetailSchema)
@blueprint.alt_response(404, "NOT_FOUND")
def get_detail(delivery_id: UUID) -> Response:
    """Show a delivery, and all attempts at it."""
    with services().database.read() as connection:
        delivery = get_delivery(connection, delivery_id)
        attempts = list_attempts(connection, delivery_id)
    return jsonify(_DELIVERY.dump(delivery) | {"attempts": _ATTEMPTS.dump(attempts)})


@blueprint.route(
    "/deliveries/<uuid:delivery_id>/attempts/<int(max=32767):number>",
    endpoint="get_attempt",
    needs=Need.OPERATOR,
)
@blueprint.response(200, AttemptDetailSchema)
@blueprint.alt_response(404, "NOT_FOUND")
def get_attempt_detail(delivery_id: UUID, number: int) -> Response:
    """Show an attempt, and what it has sent.

    The body is the one that was sent, byte by byte.
    """
    own = services()
    with own.database.read() as connection:
        delivery = get_delivery(connection, delivery_id)
        attempt = get_attempt(connection, delivery_id, number)
        request = find_request(connection, own.recorder, delivery, number)
    return jsonify(dump_attempt(attempt, request))


@blueprint.route(
    "/deliveries/<uuid:delivery_id>/attempts", methods=["POST"], needs=Need.OPERATOR
)
@blueprint.response(202, DeliverySchema)
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
@blueprint.alt_response(429, "TOO_MANY_REQUESTS")
def create_attempt(delivery_id: UUID) -> Delivery:
    """Redeliver: make one further attempt, now, whatever came of those before.

    An endpoint may have 60 a minute.
    """
    own = services()
    with own.database.transaction() as transaction:
        connection = transaction.connection
        endpoint_id = get_delivery(connection, delivery_id).endpoint_id
        try:
            endpoint = own.endpoints.get(connection, endpoint_id)
        except EndpointUnknown:
            raise Conflict("The endpoint was removed.") from None
        quotas.use(connection, quotas.REDELIVERIES, endpoint.key, datetime.now(UTC))
        delivery = redeliver(transaction, delivery_id, own.nudger)
        record(
            transaction,
            Action.DELIVERY_REDELIVER,
            endpoint=named(endpoint),
            delivery={"id": str(delivery_id), "event": str(delivery.event_id)},
        )
    return delivery
