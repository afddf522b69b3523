"""Tags: what they point to, what they pointed to, and from when to when."""

from marshmallow import Schema, fields

from notifier.events.envelope import render_timestamp
from notifier.events.event import Action
from notifier.web.api.schemas import texts
from notifier.web.api.schemas.envelope import DIGEST
from notifier.web.api.schemas.fields import Nanoseconds
from notifier.web.api.schemas.paging import NEXT, PageQuerySchema
from notifier.web.api.schemas.usage import (
    UsageSchema,
    repository_globs,
    unpulled_for,
)

_AT = "2026-05-01T15:28:51.123456789Z"


class TagQuerySchema(PageQuerySchema):
    """Which tags are wanted."""

    repository = repository_globs()
    unpulled_for = unpulled_for()


class TaggedSchema(Schema):
    """What a tag points to now, and when that was last used."""

    repository = texts.repository()
    tag = texts.tag()
    digest = texts.digest()
    media_type = texts.media_type()
    artifact_type = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "What the manifest says it is; null if nothing.",
            "examples": ["application/vnd.oci.image.config.v1+json"],
        },
    )
    size = texts.size()
    usage = fields.Nested(
        UsageSchema,
        required=True,
        metadata={
            "description": "Of that digest in that repository, by whatever tag. An "
            "index was last pulled when anything that it lists was."
        },
    )


class TaggedPageSchema(Schema):
    """A page of tags, by the names of repository and tag.

    A page may be short, or empty, and still have a next.
    """

    items = fields.List(fields.Nested(TaggedSchema), required=True)
    next = NEXT


class HistoryQuerySchema(PageQuerySchema):
    """Which part of a tag's history is wanted."""

    at = Nanoseconds(
        metadata={
            "description": "Only what it pointed to at that time (RFC 3339; the "
            "seconds may be left out).",
            "example": "2026-11-01T12:00Z",
        }
    )


class ChangeSchema(Schema):
    """An event by which a tag came to point to something else, or to nothing."""

    event_id = fields.UUID(
        required=True, metadata={"examples": ["0196db4e-7017-7001-8017-9f3a5c000017"]}
    )
    action = fields.Enum(
        Action,
        by_value=True,
        required=True,
        metadata={"description": "A `push` or a `delete`."},
    )
    timestamp = fields.Function(
        lambda change: render_timestamp(change.timestamp_ns),
        required=True,
        metadata={
            "type": "string",
            "format": "date-time",
            "description": "When it happened.",
            "examples": [_AT],
        },
    )
    actor = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "Who did so; null if nobody had proved their name.",
            "examples": ["alice"],
        },
    )


class SpanSchema(Schema):
    """A time in which a tag pointed to some digest."""

    repository = texts.repository()
    tag = texts.tag()
    digest = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "What it pointed to; null if another registry did not tell.",
            "examples": [DIGEST],
        },
    )
    since = fields.Function(
        lambda span: render_timestamp(span.began.timestamp_ns),
        required=True,
        metadata={
            "type": "string",
            "format": "date-time",
            "description": "When it began to point there.",
            "examples": [_AT],
        },
    )
    until = fields.Function(
        lambda span: span.ended and render_timestamp(span.ended.timestamp_ns),
        required=True,
        metadata={
            "type": ["string", "null"],
            "format": "date-time",
            "description": "Null while it still points there.",
            "examples": [None],
        },
    )
    began = fields.Nested(
        ChangeSchema,
        required=True,
        metadata={"description": "The push by which it came to point there."},
    )
    ended = fields.Nested(
        ChangeSchema,
        required=True,
        allow_none=True,
        metadata={
            "description": "The push by which it was moved, or its delete; null while "
            "it still points there."
        },
    )


class SpanPageSchema(Schema):
    """A page of spans, the newest first.

    A page may be short, or empty, and still have a next.
    """

    items = fields.List(fields.Nested(SpanSchema), required=True)
    next = NEXT
