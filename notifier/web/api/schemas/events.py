"""Events: the lines of the audit log."""

from marshmallow import Schema, fields

from notifier.events.envelope import dump_event
from notifier.events.event import Kind, TagChange
from notifier.web.api.schemas.deliveries import DeliverySchema
from notifier.web.api.schemas.fields import Instant
from notifier.web.api.schemas.paging import NEXT, PageQuerySchema
from notifier.web.api.schemas.questions import QuestionSchema


class EventQuerySchema(PageQuerySchema, QuestionSchema):
    """What is asked of the log, and which part of the answer is wanted."""


class IngestedSchema(Schema):
    """Where an event of another registry came in."""

    source = fields.String(
        required=True,
        metadata={"description": "The source's name then.", "examples": ["registry-2"]},
    )
    id = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "What its sender calls it; null if it calls it nothing.",
            "examples": ["78982b8b-b64c-4157-b781-cb09effe27f9"],
        },
    )


class EntrySchema(Schema):
    """One line of the log: an event, and what is known beside it."""

    event = fields.Function(
        lambda entry: dump_event(entry.event),
        required=True,
        metadata={"allOf": [{"$ref": "#/components/schemas/Event"}]},
    )
    kind = fields.Enum(
        Kind,
        by_value=True,
        required=True,
        allow_none=True,
        attribute="event.target.kind",
        metadata={"description": "What it was done to; null for a ping."},
    )
    recorded_at = Instant(
        required=True,
        metadata={
            "description": "When it was written down.",
            "examples": ["2026-05-01T15:28:51.130000Z"],
        },
    )
    tag_change = fields.Enum(
        TagChange,
        by_value=True,
        required=True,
        allow_none=True,
        attribute="event.tag_change",
        metadata={
            "description": "What a push did to its tag; null if that is not known."
        },
    )
    credential = fields.String(
        required=True,
        allow_none=True,
        attribute="event.credential",
        metadata={
            "description": "By what kind of credential the actor was known; null if "
            "nobody was, or if that is not known.",
            "examples": [None],
        },
    )
    ingested = fields.Nested(
        IngestedSchema,
        required=True,
        allow_none=True,
        attribute="event.ingested",
        metadata={
            "description": "Where it came in, if another registry has told of it: then "
            "all that it says is what that registry claims."
        },
    )
    artifact_type = fields.String(
        required=True,
        allow_none=True,
        attribute="event.target.artifact_type",
        metadata={
            "description": "What kind of artifact the manifest says it is: its "
            "`artifactType`, else the media type of its config; null if there is "
            "neither, or if that is not known.",
            "examples": ["application/vnd.oci.image.config.v1+json"],
        },
    )
    previous_digest = fields.String(
        required=True,
        allow_none=True,
        attribute="event.previous_digest",
        metadata={
            "description": "What the tag pointed to before it was moved.",
            "examples": [None],
        },
    )


class EntryDetailSchema(EntrySchema):
    """A line of the log, and where the event was delivered."""

    deliveries = fields.List(
        fields.Nested(DeliverySchema),
        required=True,
        metadata={"description": "The newest 1000 of its deliveries."},
    )


class EntryPageSchema(Schema):
    """A page of the log, newest first unless it was asked otherwise.

    A page may be short, or empty, and still have a next: a question that few lines
    meet is answered in steps.
    """

    items = fields.List(fields.Nested(EntrySchema), required=True)
    next = NEXT
