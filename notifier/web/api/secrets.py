"""Secrets: an endpoint gets a new one, and its old ones end."""

from typing import Any
from uuid import UUID

from flask import Response, jsonify

from notifier.db import Transaction
from notifier.delivery.endpoint import named
from notifier.delivery.rotation import end_secret, rotate_secret
from notifier.events.event import Action
from notifier.web.api.base import Blueprint
from notifier.web.api.record import record
from notifier.web.api.schemas.secrets import (
    CreatedSecretSchema,
    NewSecretSchema,
    SecretSchema,
)
from notifier.web.auth.needs import Need
from notifier.web.services import services

blueprint = Blueprint("secrets", __name__, "What deliveries are signed with.")

_SECRET = SecretSchema()


@blueprint.route(
    "/endpoints/<uuid:endpoint_id>/secrets", methods=["POST"], needs=Need.OPERATOR
)
@blueprint.arguments(NewSecretSchema)
@blueprint.response(201, CreatedSecretSchema)
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
def create_secret(fields: dict[str, Any], endpoint_id: UUID) -> tuple[Response, int]:
    """Give an endpoint a new secret.

    Those before it sign on beside it for a while. With `v1a`, there is a new key pair,
    too.
    """
    own = services()
    with own.database.transaction() as transaction:
        secret, made = rotate_secret(
            transaction, own.endpoints.secrets, endpoint_id, **fields
        )
        _record(transaction, Action.SECRET_CREATE, endpoint_id, secret.id)
    shown = {} if made is None else {"secret": made}
    return jsonify(_SECRET.dump(secret) | shown), 201


@blueprint.route(
    "/endpoints/<uuid:endpoint_id>/secrets/<uuid:secret_id>",
    methods=["DELETE"],
    needs=Need.OPERATOR,
)
@blueprint.response(204)
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
def remove_secret(endpoint_id: UUID, secret_id: UUID) -> Response:
    """Let an old secret sign no more.

    The newest cannot be removed.
    """
    own = services()
    with own.database.transaction() as transaction:
        end_secret(transaction, own.endpoints.secrets, endpoint_id, secret_id)
        _record(transaction, Action.SECRET_REMOVE, endpoint_id, secret_id)
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


def _record(
    transaction: Transaction, action: Action, endpoint_id: UUID, secret_id: UUID
) -> None:
    endpoint = services().endpoints.get(transaction.connection, endpoint_id)
    record(transaction, action, endpoint=named(endpoint), secret={"id": str(secret_id)})
