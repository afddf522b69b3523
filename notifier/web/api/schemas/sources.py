"""Sources: where other registries send their notifications."""

from typing import Any

from marshmallow import Schema, fields, validate

from notifier.ingest.source import SourceKind
from notifier.web.api.schemas.fields import Instant
from notifier.web.api.schemas.paging import NEXT

_ID = "0196db4e-7017-7001-8017-9f3a5c000018"
_AT = "2026-05-01T15:28:51.123000Z"
_TOKEN = "nts_C2FVsBQIhrscChlQIMV-b5sSYspob7oD3h_W5m0aZ1E"  # noqa: S105 - an example


def _name(**more: Any) -> fields.String:
    about = "What it is called in its URL and in the log; no other has that name."
    return fields.String(
        metadata={"description": about, "examples": ["registry-2"]}, **more
    )


def _kind(**more: Any) -> fields.String:
    about = "What sends to it; `auto` tells by each body what it is."
    return fields.String(
        validate=validate.OneOf([*SourceKind]),
        metadata={"description": about, "examples": ["auto"]},
        **more,
    )


def _prefixes(**more: Any) -> fields.Dict:
    return fields.Dict(
        fields.String(),
        fields.String(),
        metadata={
            "description": "What its repositories are called here: of the globs of "
            "hosts, the first that matches gives the prefix, with a slash before the "
            "name. Where none matches, names stay as they are.",
            "examples": [{"hub.example.com": "hub", "*.internal:5000": "internal"}],
        },
        **more,
    )


def _enabled(**more: Any) -> fields.Boolean:
    about = "Whether it takes anything."
    return fields.Boolean(
        truthy={True},
        falsy={False},
        metadata={"description": about, "examples": [True]},
        **more,
    )


class NewSourceSchema(Schema):
    """A source to create."""

    name = _name(required=True)
    kind = _kind()
    prefixes = _prefixes()
    enabled = _enabled()


class SourceChangesSchema(Schema):
    """What to change about a source. What is absent stays as it is."""

    name = _name()
    kind = _kind()
    prefixes = _prefixes()
    enabled = _enabled()


class SourceSchema(Schema):
    """A source. Its token is not shown."""

    id = fields.UUID(required=True, metadata={"examples": [_ID]})
    name = _name(required=True)
    kind = _kind(required=True)
    prefixes = _prefixes(required=True)
    enabled = _enabled(required=True)
    created_at = Instant(required=True, metadata={"examples": [_AT]})
    updated_at = Instant(required=True, metadata={"examples": [_AT]})


class SourceWithTokenSchema(SourceSchema):
    """A source, and its token, which is never shown again."""

    token = fields.String(
        required=True,
        metadata={
            "description": "What its sender proves itself by. Keep it: it is shown "
            "only now.",
            "examples": [_TOKEN],
        },
    )


class SourcePageSchema(Schema):
    """A page of sources, newest first."""

    items = fields.List(fields.Nested(SourceSchema), required=True)
    next = NEXT


class RejectSchema(Schema):
    """Something that a source was sent and that could not be read."""

    id = fields.UUID(required=True, metadata={"examples": [_ID]})
    received_at = Instant(
        required=True,
        metadata={
            "description": "When it came; the first time, if it came again.",
            "examples": [_AT],
        },
    )
    reason = fields.String(
        required=True,
        metadata={
            "description": "What is wrong with it.",
            "examples": ["target.digest: is missing"],
        },
    )
    content = fields.String(
        required=True,
        metadata={
            "description": "The event, or a body that held none; its beginning, if it "
            "is long.",
            "examples": ['{"id":"78982b8b-b64c-4157-b781-cb09effe27f9"}'],
        },
    )
    size = fields.Integer(
        required=True,
        metadata={"description": "How many bytes it had.", "examples": [45]},
    )


class RejectPageSchema(Schema):
    """A page of what was kept aside, newest first."""

    items = fields.List(fields.Nested(RejectSchema), required=True)
    next = NEXT


class TallySchema(Schema):
    """What became of the events of a request."""

    recorded = fields.Integer(
        required=True,
        metadata={"description": "How many are in the log now.", "examples": [1]},
    )
    known = fields.Integer(
        required=True,
        metadata={"description": "How many were there before.", "examples": [0]},
    )
    rejected = fields.Integer(
        required=True,
        metadata={
            "description": "How many could not be read, and were kept aside.",
            "examples": [0],
        },
    )
