"""Archives: what has left the log's table."""

from marshmallow import Schema, fields

from notifier.audit.retention.archive import ArchiveState
from notifier.web.api.schemas.fields import Instant, Moment
from notifier.web.api.schemas.paging import NEXT, PageQuerySchema

_ID = "0196db4e-7027-7001-8027-9f3a5c000051"
_AT = "2026-05-01T15:28:51.123456Z"
_SINCE = "2026-01-01T00:00:00Z"
_UNTIL = "2026-01-07T12:00:00Z"


class ArchiveQuerySchema(PageQuerySchema):
    """Which archives are wanted."""

    since = Moment(
        metadata={
            "description": "Those that may have events of that time (RFC 3339) or "
            "later.",
            "examples": [_SINCE],
        }
    )
    until = Moment(
        metadata={
            "description": "Those that may have events from before that time.",
            "examples": [_UNTIL],
        }
    )


class ArchiveSchema(Schema):
    """A file of events, and whether the log has these at the moment."""

    id = fields.UUID(required=True, metadata={"examples": [_ID]})
    state = fields.Enum(
        ArchiveState,
        by_value=True,
        required=True,
        metadata={
            "description": "`archived`: only the file has them; `restored`: the log "
            "has them, too; `leaving` and `returning`: on their way.",
            "examples": ["archived"],
        },
    )
    events = fields.Integer(
        required=True,
        metadata={"description": "How many it has.", "examples": [50_000]},
    )
    counts = fields.Dict(
        fields.String(),
        fields.Integer(),
        required=True,
        metadata={
            "description": "How many of each action.",
            "examples": [{"pull": 50_000}],
        },
    )
    since = Instant(
        required=True,
        metadata={"description": "When the first happened.", "examples": [_SINCE]},
    )
    until = Instant(
        required=True,
        metadata={"description": "When the last happened.", "examples": [_UNTIL]},
    )
    size = fields.Integer(
        required=True,
        metadata={"description": "Of the file, in bytes.", "examples": [5_300_000]},
    )
    sha256 = fields.Function(
        lambda archive: archive.sha256.hex(),
        required=True,
        metadata={
            "type": "string",
            "description": "Of the file, in hexadecimal.",
            "examples": [64 * "0"],
        },
    )
    created_at = Instant(required=True, metadata={"examples": [_AT]})
    updated_at = Instant(required=True, metadata={"examples": [_AT]})
    error = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "What was in the way at last; it is tried again.",
            "examples": ["the file 0196db4e-….ndjson.gz is damaged"],
        },
    )


class ArchivePageSchema(Schema):
    """A page of archives, newest first."""

    items = fields.List(fields.Nested(ArchiveSchema), required=True)
    next = NEXT
