"""Endpoints: make them, change them, try them out."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Response, jsonify, url_for

from notifier.audit.preview import Preview, preview
from notifier.delivery import quotas
from notifier.delivery.deliveries import Delivery, get_delivery, list_deliveries
from notifier.delivery.endpoint import Endpoint, named
from notifier.delivery.endpoint_fields import field_names, parse_fields
from notifier.delivery.filters import Filters
from notifier.delivery.pings import ping
from notifier.delivery.statistics import Statistics, get_statistics
from notifier.events.event import Action
from notifier.web.api.base import Blueprint
from notifier.web.api.paging import LINK_HEADER, Answer, list_page
from notifier.web.api.record import record
from notifier.web.api.schemas.deliveries import (
    DeliveryPageSchema,
    DeliverySchema,
    EndpointDeliveryQuerySchema,
)
from notifier.web.api.schemas.endpoints import (
    CreatedEndpointSchema,
    EndpointChangesSchema,
    EndpointPageSchema,
    EndpointSchema,
    NewEndpointSchema,
)
from notifier.web.api.schemas.paging import PageQuerySchema
from notifier.web.api.schemas.previews import PreviewQuestionSchema, PreviewSchema
from notifier.web.api.schemas.statistics import StatisticsSchema
from notifier.web.auth.needs import Need
from notifier.web.requests import current_origin
from notifier.web.services import services

blueprint = Blueprint("endpoints", __name__, "Who is told of what.")

_ENDPOINT = EndpointSchema()
_LOCATION_HEADER = {
    "Location": {"description": "The endpoint.", "schema": {"type": "string"}}
}


@blueprint.route("/endpoints", methods=["POST"], needs=Need.OPERATOR)
@blueprint.arguments(NewEndpointSchema)
@blueprint.response(201, CreatedEndpointSchema, headers=_LOCATION_HEADER)
@blueprint.alt_response(409, "CONFLICT")
def create_endpoint(fields: dict[str, Any]) -> tuple[Response, int, dict[str, str]]:
    """Create an endpoint.

    The answer holds the secret that its signatures are made with, this once, unless
    it came with the request.
    """
    own = services()
    parsed = parse_fields(fields)
    own.endpoints.reach.check(parsed["url"])
    with own.database.transaction() as transaction:
        endpoint, secret = own.endpoints.create(transaction, **parsed)
        record(transaction, Action.ENDPOINT_CREATE, endpoint=named(endpoint))
    location = url_for(".get_endpoint", endpoint_id=endpoint.id)
    shown = {} if secret is None else {"secret": secret}
    body = jsonify(_ENDPOINT.dump(endpoint) | shown)
    return body, 201, {"Location": location}


@blueprint.route("/endpoints", needs=Need.OPERATOR)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, EndpointPageSchema, headers=LINK_HEADER)
def list_endpoints(arguments: dict[str, Any]) -> Answer:
    """List endpoints."""
    own = services()
    with own.database.read() as connection:
        return list_page(
            "endpoints",
            arguments,
            lambda before, limit: own.endpoints.list(
                connection, after=before, limit=limit
            ),
        )


@blueprint.route("/endpoints/preview", methods=["POST"], needs=Need.OPERATOR)
@blueprint.arguments(PreviewQuestionSchema)
@blueprint.response(200, PreviewSchema)
def preview_filters(fields: dict[str, Any]) -> Preview:
    """Try filters out on the newest events.

    The answer says how many an endpoint with these filters would have been told, and
    what kept it from the others. Nothing is kept or sent.
    """
    own = services()
    filters = Filters.parse(fields["filters"])
    with own.database.read() as connection:
        return preview(connection, own.recorder, filters, last=fields["last"])


@blueprint.route("/endpoints/<uuid:endpoint_id>", needs=Need.OPERATOR)
@blueprint.response(200, EndpointSchema)
@blueprint.alt_response(404, "NOT_FOUND")
def get_endpoint(endpoint_id: UUID) -> Endpoint:
    """Show an endpoint."""
    own = services()
    with own.database.read() as connection:
        return own.endpoints.get(connection, endpoint_id)


@blueprint.route(
    "/endpoints/<uuid:endpoint_id>", methods=["PATCH"], needs=Need.OPERATOR
)
@blueprint.arguments(EndpointChangesSchema)
@blueprint.response(200, EndpointSchema)
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
def change_endpoint(fields: dict[str, Any], endpoint_id: UUID) -> Endpoint:
    """Change an endpoint.

    One that the configuration file declares is changed there.
    """
    own = services()
    changes = parse_fields(fields)
    if "url" in changes:
        own.endpoints.reach.check(changes["url"])
    with own.database.transaction() as transaction:
        endpoint = own.endpoints.update(transaction, endpoint_id, **changes)
        record(
            transaction,
            Action.ENDPOINT_UPDATE,
            endpoint=named(endpoint),
            fields=field_names(changes),
        )
    return endpoint


@blueprint.route(
    "/endpoints/<uuid:endpoint_id>", methods=["DELETE"], needs=Need.OPERATOR
)
@blueprint.response(204)
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
def remove_endpoint(endpoint_id: UUID) -> Response:
    """Remove an endpoint.

    What it has not got by now it will not get. Its deliveries stay in the log. One that
    the configuration file declares is removed there.
    """
    own = services()
    with own.database.transaction() as transaction:
        endpoint = own.endpoints.get(transaction.connection, endpoint_id)
        own.endpoints.remove(transaction, endpoint_id)
        record(transaction, Action.ENDPOINT_REMOVE, endpoint=named(endpoint))
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


@blueprint.route(
    "/endpoints/<uuid:endpoint_id>/pings", methods=["POST"], needs=Need.OPERATOR
)
@blueprint.response(202, DeliverySchema)
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
@blueprint.alt_response(429, "TOO_MANY_REQUESTS")
def ping_endpoint(endpoint_id: UUID) -> Delivery:
    """Send a test event to an endpoint, now.

    Its action is `ping`; no filter holds it back, and no other endpoint gets it. An
    endpoint may have 10 a minute.
    """
    own = services()
    with own.database.transaction() as transaction:
        endpoint = own.endpoints.get(transaction.connection, endpoint_id)
        quotas.use(
            transaction.connection, quotas.PINGS, endpoint.key, datetime.now(UTC)
        )
        delivery_id = ping(
            transaction,
            own.recorder,
            own.outbox,
            endpoint,
            current_origin(),
        )
        return get_delivery(transaction.connection, delivery_id)


@blueprint.route("/endpoints/<uuid:endpoint_id>/statistics", needs=Need.OPERATOR)
@blueprint.response(200, StatisticsSchema)
@blueprint.alt_response(404, "NOT_FOUND")
def get_endpoint_statistics(endpoint_id: UUID) -> Statistics:
    """Show how an endpoint has fared in the last hour, and what waits for it."""
    own = services()
    with own.database.read() as connection:
        endpoint = own.endpoints.get(connection, endpoint_id)
        return get_statistics(connection, endpoint.key, datetime.now(UTC))


@blueprint.route("/endpoints/<uuid:endpoint_id>/deliveries", needs=Need.OPERATOR)
@blueprint.arguments(EndpointDeliveryQuerySchema, location="query")
@blueprint.response(200, DeliveryPageSchema, headers=LINK_HEADER)
@blueprint.alt_response(404, "NOT_FOUND")
def list_endpoint_deliveries(arguments: dict[str, Any], endpoint_id: UUID) -> Answer:
    """List the deliveries of an endpoint."""
    own = services()
    with own.database.read() as connection:
        own.endpoints.get(connection, endpoint_id)
        return list_page(
            "deliveries",
            arguments,
            lambda before, limit: list_deliveries(
                connection,
                endpoint=endpoint_id,
                state=arguments.get("state"),
                before=before,
                limit=limit,
            ),
        )
