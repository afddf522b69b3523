"""Previews: what filters would have made of the newest events."""

from marshmallow import Schema, fields, validate

from notifier.audit.preview import DEFAULT_LAST, MAX_LAST
from notifier.web.api.schemas.events import EntrySchema
from notifier.web.api.schemas.fields import Instant
from notifier.web.api.schemas.filters import FiltersSchema
from notifier.web.api.schemas.verdicts import TEXT, rule

_AT = "2026-05-01T15:28:51.130000Z"


class PreviewQuestionSchema(Schema):
    """Filters to try out, and on how many events."""

    filters = fields.Nested(
        FiltersSchema,
        load_default=dict,
        metadata={"description": "Those that an endpoint might have."},
    )
    last = fields.Integer(
        strict=True,
        load_default=DEFAULT_LAST,
        validate=validate.Range(1, MAX_LAST),
        metadata={"description": "How many events to look at, from the newest on."},
    )


class RefusedSchema(Schema):
    """The events that one rule refused; each event counts for the first that did."""

    rule = rule()
    count = fields.Integer(
        required=True,
        metadata={"description": "How many it refused.", "examples": [912]},
    )
    sample = fields.Nested(
        EntrySchema,
        required=True,
        attribute="newest",
        metadata={"description": "The newest of them."},
    )
    text = fields.String(
        required=True,
        metadata={"description": "Why it refused that one.", "examples": [TEXT]},
    )


class PreviewSchema(Schema):
    """What the filters would have made of the newest events."""

    examined = fields.Integer(
        required=True,
        metadata={
            "description": "How many events were looked at: fewer than asked for if "
            "the log has no more, or pings among them, which no filter stops.",
            "examples": [1000],
        },
    )
    since = Instant(
        required=True,
        allow_none=True,
        metadata={
            "description": "When the oldest of them was written down; null if there "
            "was none.",
            "examples": [_AT],
        },
    )
    matched = fields.Integer(
        required=True,
        metadata={"description": "How many would be wanted.", "examples": [37]},
    )
    samples = fields.List(
        fields.Nested(EntrySchema),
        required=True,
        metadata={"description": "The newest of those, up to ten."},
    )
    refused = fields.List(
        fields.Nested(RefusedSchema),
        required=True,
        metadata={"description": "The others, by what refused them; most first."},
    )
