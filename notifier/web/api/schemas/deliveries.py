"""Deliveries: one event for one endpoint, until done."""

from marshmallow import Schema, fields

from notifier.delivery.deliveries import DeliveryState
from notifier.web.api.schemas.attempts import AttemptSchema
from notifier.web.api.schemas.fields import Instant
from notifier.web.api.schemas.paging import NEXT, PageQuerySchema

_ID = "0196db4e-7025-7001-8025-9f3a5c000025"
_EVENT = "0196db4e-7017-7001-8017-9f3a5c000017"
_ENDPOINT = "0196db4d-0001-7abc-8def-000000000001"
_AT = "2026-05-01T15:28:51.123456Z"


def _state() -> fields.Enum[DeliveryState]:
    return fields.Enum(
        DeliveryState,
        by_value=True,
        metadata={
            "description": "`pending` until the endpoint has it; `failed` when no "
            "further attempt is made; `cancelled` if the endpoint was removed before."
        },
    )


class DeliveryQuerySchema(PageQuerySchema):
    """Which deliveries are wanted."""

    endpoint = fields.UUID(metadata={"description": "To the endpoint of this id."})
    event = fields.UUID(metadata={"description": "Of the event of this id."})
    state = _state()


class EndpointDeliveryQuerySchema(PageQuerySchema):
    """Which deliveries of an endpoint are wanted."""

    state = _state()


class DeliverySchema(Schema):
    """One event for one endpoint, until done."""

    id = fields.UUID(required=True, metadata={"examples": [_ID]})
    event_id = fields.UUID(required=True, metadata={"examples": [_EVENT]})
    endpoint_id = fields.UUID(required=True, metadata={"examples": [_ENDPOINT]})
    endpoint_name = fields.String(required=True, metadata={"examples": ["ci"]})
    state = fields.Enum(
        DeliveryState,
        by_value=True,
        required=True,
        metadata={"description": _state().metadata["description"]},
    )
    attempt_count = fields.Function(
        lambda delivery: delivery.attempts,
        required=True,
        metadata={
            "type": "integer",
            "description": "How many attempts were made so far.",
            "examples": [1],
        },
    )
    created_at = Instant(required=True, metadata={"examples": [_AT]})
    due_at = Instant(
        required=True,
        allow_none=True,
        metadata={
            "description": "When the next attempt is made; null if none is.",
            "examples": [None],
        },
    )


class DeliveryDetailSchema(DeliverySchema):
    """A delivery, and all attempts at it."""

    attempts = fields.List(
        fields.Nested(AttemptSchema),
        required=True,
        metadata={"description": "Each POST so far, the first one first."},
    )


class DeliveryPageSchema(Schema):
    """A page of deliveries, newest first."""

    items = fields.List(fields.Nested(DeliverySchema), required=True)
    next = NEXT
