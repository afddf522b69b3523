"""Verdicts: which endpoints wanted an event, and why the others did not."""

from typing import Final

from marshmallow import Schema, fields

from notifier.web.api.schemas.deliveries import DeliverySchema
from notifier.web.api.schemas.paging import NEXT

TEXT: Final = "the tag latest is not among filters.tags"

_ENDPOINT = "0196db4d-0001-7abc-8def-000000000001"


def rule() -> fields.String:
    """Make the field that names what refused an event."""
    return fields.String(
        required=True,
        metadata={
            "description": "What refused it, for programs: the list of the filters, "
            "such as `filters.tags` or `filters.exclude.tags`; `ping` of another "
            "endpoint; `made_later` or `changed_later`, if the endpoint was after the "
            "event; `disabled`; `format`, if that has no words for it.",
            "examples": ["filters.tags"],
        },
    )


class RefusalSchema(Schema):
    """Why an event was not wanted."""

    rule = rule()
    text = fields.String(
        required=True,
        metadata={"description": "The same for people.", "examples": [TEXT]},
    )


class VerdictSchema(Schema):
    """Whether an endpoint wanted an event."""

    endpoint_id = fields.UUID(
        required=True, attribute="endpoint.id", metadata={"examples": [_ENDPOINT]}
    )
    endpoint_name = fields.String(
        required=True, attribute="endpoint.name", metadata={"examples": ["ci"]}
    )
    wanted = fields.Function(
        lambda verdict: verdict.refusal is None,
        required=True,
        metadata={
            "type": "boolean",
            "description": "Whether it wanted the event. A delivery proves it, as long "
            "as it is kept; without one its filters decide, as they are now.",
            "examples": [False],
        },
    )
    refusal = fields.Nested(
        RefusalSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Why it did not; null if it did."},
    )
    delivery = fields.Nested(
        DeliverySchema,
        required=True,
        allow_none=True,
        metadata={"description": "Its delivery; null if there is none."},
    )


class VerdictPageSchema(Schema):
    """A page of verdicts, that of the newest endpoint first."""

    items = fields.List(fields.Nested(VerdictSchema), required=True)
    next = NEXT
