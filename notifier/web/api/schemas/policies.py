"""Policies: how an endpoint is sent to, and how it has fared of late."""

from datetime import UTC, datetime
from typing import Any

from marshmallow import Schema, fields, validate

from notifier.delivery.breaker import BreakerState, DisabledReason
from notifier.delivery.policy import (
    MAX_ATTEMPTS,
    MAX_BATCH,
    MAX_DISABLE_AFTER_S,
    MAX_IN_FLIGHT,
    MAX_LINGER_MS,
    MAX_RATE,
    MIN_DISABLE_AFTER_S,
    MIN_RATE,
    POLICY_FIELDS,
    Ordered,
    Policy,
    Supersede,
)
from notifier.delivery.schedule import SCHEDULES
from notifier.web.api.schemas.fields import Instant

_DEFAULTS = Policy()


class PolicySchema(Schema):
    """The fields that say how an endpoint is sent to, all with a default."""

    retry = fields.Raw(
        metadata={
            "description": "When a delivery is attempted: the name of a schedule, or "
            "the seconds before each attempt, counted from the one before. All but the "
            "first vary by a fifth. "
            + " ".join(
                f"`{name}`: {', '.join(f'{delay:g}' for delay in delays)}."
                for name, delays in SCHEDULES.items()
            ),
            "oneOf": [
                {"type": "string", "enum": list(SCHEDULES)},
                {
                    "type": "array",
                    "items": {"type": "number", "minimum": 0},
                    "minItems": 1,
                    "maxItems": MAX_ATTEMPTS,
                },
            ],
            "default": _DEFAULTS.retry,
            "examples": ["standard", [0, 10, 60, 600]],
        },
    )
    max_in_flight = fields.Integer(
        strict=True,
        validate=validate.Range(1, MAX_IN_FLIGHT),
        metadata={
            "description": "How many POSTs may wait for their answer at once.",
            "default": _DEFAULTS.max_in_flight,
            "examples": [4],
        },
    )
    rate_limit = fields.Float(
        allow_none=True,
        validate=validate.Range(MIN_RATE, MAX_RATE),
        metadata={
            "description": "How many POSTs a second it takes; null for any number.",
            "default": _DEFAULTS.rate_limit,
            "examples": [10.0],
        },
    )
    max_batch = fields.Integer(
        strict=True,
        validate=validate.Range(1, MAX_BATCH),
        metadata={
            "description": "How many events one POST may hold, if many wait and the "
            "format can tell several at once.",
            "default": _DEFAULTS.max_batch,
            "examples": [100],
        },
    )
    linger_ms = fields.Integer(
        strict=True,
        validate=validate.Range(0, MAX_LINGER_MS),
        metadata={
            "description": "How many milliseconds fewer events than `max_batch` wait "
            "for others.",
            "default": _DEFAULTS.linger_ms,
            "examples": [200],
        },
    )
    ordered = fields.Enum(
        Ordered,
        by_value=True,
        allow_none=True,
        metadata={
            "description": "`repository`: the events of a repository arrive in their "
            "order, one after the other, also over failures; null: as they come.",
            "default": _DEFAULTS.ordered,
            "examples": ["repository"],
        },
    )
    supersede = fields.Enum(
        Supersede,
        by_value=True,
        allow_none=True,
        metadata={
            "description": "`tag`: when a tag moves again, what still waits to tell "
            "of it is cancelled; null: all is told.",
            "default": _DEFAULTS.supersede,
            "examples": ["tag"],
        },
    )
    disable_after_s = fields.Float(
        allow_none=True,
        validate=validate.Range(MIN_DISABLE_AFTER_S, MAX_DISABLE_AFTER_S),
        metadata={
            "description": "After so many seconds of nothing but failures it is "
            "disabled; null for never.",
            "default": _DEFAULTS.disable_after_s,
            "examples": [86_400.0],
        },
    )


class HealthSchema(Schema):
    """How an endpoint has fared since it last accepted something."""

    state = fields.Function(
        lambda breaker: breaker.state(datetime.now(UTC)).value,
        required=True,
        metadata={
            "type": "string",
            "enum": list(BreakerState),
            "description": "`closed`: it is sent to. `open`: it took nothing, and is "
            "left in peace. `half_open`: one POST probes whether it is back.",
            "examples": ["closed"],
        },
    )
    failures = fields.Integer(
        required=True,
        metadata={"description": "Failed attempts in a row.", "examples": [0]},
    )
    failing_since = Instant(
        required=True,
        allow_none=True,
        metadata={"description": "When the first of them was.", "examples": [None]},
    )
    paused_until = Instant(
        required=True,
        allow_none=True,
        metadata={
            "description": "Nothing is sent before that time: its breaker is open, or "
            "it asked for less.",
            "examples": [None],
        },
    )


class ShownPolicySchema(PolicySchema):
    """The same of an endpoint that is shown, and what has become of it."""

    disabled_reason = fields.Enum(
        DisabledReason,
        by_value=True,
        required=True,
        allow_none=True,
        metadata={
            "description": "Why it was disabled, if nobody did it: it said that it is "
            "`gone` (410), or was `failing` for `disable_after_s`.",
            "examples": [None],
        },
    )
    health = fields.Nested(
        HealthSchema,
        attribute="breaker",
        required=True,
        metadata={"description": "How it has fared of late."},
    )

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Say that these fields are always there."""
        if field_name in POLICY_FIELDS:
            field_obj.required = True

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Find the fields of the policy where they are."""
        if attr in POLICY_FIELDS:
            return getattr(obj.policy, attr)
        return super().get_attribute(obj, attr, default)
