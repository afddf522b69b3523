"""Deliveries: one event for one endpoint, and every attempt at it."""

from marshmallow import Schema, fields

from notifier.delivery.deliveries import DeliveryState, Trigger
from notifier.delivery.transport import KEPT_BYTES
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


class AttemptSchema(Schema):
    """One POST, and what came of it."""

    number = fields.Integer(required=True, metadata={"examples": [1]})
    started_at = Instant(required=True, metadata={"examples": [_AT]})
    duration_ms = fields.Integer(required=True, metadata={"examples": [12]})
    status = fields.Integer(
        required=True,
        allow_none=True,
        metadata={
            "description": "The HTTP status of the answer; null if there was none.",
            "examples": [503],
        },
    )
    error = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "Why there was no answer: `dns`, `unreachable`, "
            "`connection_refused`, `forbidden_address`, `proxy`, `tls`, `timeout`, "
            "`reset`, `invalid_answer`, `interrupted` or `failed`; null if there was "
            "one. With `template` or `format` nothing was sent: `response` says why.",
            "examples": [None],
        },
    )
    response = fields.Function(
        lambda attempt: attempt.response.decode(errors="replace"),
        required=True,
        metadata={
            "type": "string",
            "description": f"The first {KEPT_BYTES} bytes of the answer, as UTF-8.",
            "examples": ["try again later"],
        },
    )
    response_truncated = fields.Function(
        lambda attempt: len(attempt.response) >= KEPT_BYTES,
        required=True,
        metadata={
            "type": "boolean",
            "description": "Whether the body may have been longer than what is shown.",
            "examples": [False],
        },
    )
    trigger = fields.Enum(
        Trigger,
        by_value=True,
        required=True,
        metadata={
            "description": "`schedule` if its time had come, `redeliver` if it was "
            "asked for."
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
