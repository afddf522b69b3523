"""Statistics: how an endpoint has fared."""

from marshmallow import Schema, fields

from notifier.delivery.statistics import EndpointState
from notifier.web.api.schemas.fields import Instant

_AT = "2026-05-01T15:28:51.123456Z"


class LastErrorSchema(Schema):
    """The latest attempt that was not accepted, whenever that was."""

    at = Instant(
        required=True, metadata={"description": "When it began.", "examples": [_AT]}
    )
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
            "description": "Why there was no answer; null if there was one.",
            "examples": [None],
        },
    )
    delivery_id = fields.UUID(
        required=True, metadata={"description": "The delivery that it was made for."}
    )


def _percentile(about: str) -> fields.Float:
    return fields.Float(
        required=True,
        allow_none=True,
        metadata={
            "description": f"Milliseconds that {about} of them took at most, to "
            "about a fifth; null if there were none.",
            "examples": [12.5],
        },
    )


class StatisticsSchema(Schema):
    """How an endpoint has fared in the last hour, and what waits for it."""

    state = fields.Enum(
        EndpointState,
        by_value=True,
        required=True,
        metadata={
            "description": "Whether it is told anything: the state of its breaker, as "
            "in the endpoint's `health`, or `disabled`.",
            "examples": ["closed"],
        },
    )
    attempts = fields.Integer(
        required=True,
        metadata={
            "description": "How many attempts were made in the last hour.",
            "examples": [1200],
        },
    )
    accepted = fields.Integer(
        required=True,
        metadata={
            "description": "How many of them were answered by 2xx.",
            "examples": [1194],
        },
    )
    success_share = fields.Float(
        required=True,
        allow_none=True,
        metadata={
            "description": "Which share that is, from 0 to 1; null without attempts.",
            "examples": [0.995],
        },
    )
    p50_ms = _percentile("half")
    p95_ms = _percentile("95 %")
    pending = fields.Integer(
        required=True,
        metadata={
            "description": "How many deliveries there are with an attempt still to "
            "come, redeliveries among them.",
            "examples": [3],
        },
    )
    oldest_pending_at = Instant(
        required=True,
        allow_none=True,
        metadata={
            "description": "When the oldest of these was made; null if there are none.",
            "examples": [_AT],
        },
    )
    last_error = fields.Nested(
        LastErrorSchema,
        required=True,
        allow_none=True,
        metadata={"description": "The latest failure; null if there was none yet."},
    )
