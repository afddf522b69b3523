"""Digests: all that is known of one."""

from collections.abc import Sequence
from typing import Any

from marshmallow import Schema, fields

from notifier.audit.timelines.digest_lists import DigestLists, Part
from notifier.audit.timelines.digests import UsedDigest
from notifier.audit.timelines.usage import Day
from notifier.events.event import Action, Kind
from notifier.web.api.schemas import texts
from notifier.web.api.schemas.deliveries import DeliverySchema
from notifier.web.api.schemas.envelope import MEDIA_TYPE
from notifier.web.api.schemas.events import EntrySchema
from notifier.web.api.schemas.paging import NEXT
from notifier.web.api.schemas.repositories import RepositorySchema
from notifier.web.api.schemas.tags import SpanSchema
from notifier.web.api.schemas.usage import DaySchema, UsageSchema

_FIRST_ITEMS = 10


class RelativeSchema(Schema):
    """A manifest that belongs to another."""

    repository = texts.repository()
    digest = texts.digest()
    media_type = texts.media_type()
    size = texts.size()
    artifact_type = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "Null if it has none; of children it is not told.",
            "examples": ["application/spdx+json"],
        },
    )
    platform = fields.Dict(
        required=True,
        allow_none=True,
        metadata={
            "description": "Of a child, what the index says that it is for.",
            "examples": [{"architecture": "arm64", "os": "linux"}],
        },
    )


class DigestDeliverySchema(Schema):
    """A delivery, and what it tells of."""

    action = fields.Enum(
        Action,
        by_value=True,
        required=True,
        metadata={"description": "What was done: not a `pull`."},
    )
    repository = texts.repository()
    tag = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Null if it was by digest.", "examples": ["1.0"]},
    )
    delivery = fields.Nested(
        DeliverySchema,
        required=True,
        metadata={"description": "To an endpoint, and how far it has come."},
    )


class ChangePageSchema(Schema):
    """Pushes, mounts and deletes, the newest first."""

    items = fields.List(fields.Nested(EntrySchema), required=True)
    next = NEXT


class DigestTagPageSchema(Schema):
    """Times in which a tag pointed to it; those that began last first."""

    items = fields.List(fields.Nested(SpanSchema), required=True)
    next = NEXT


class DigestRepositoryPageSchema(Schema):
    """Its usage in each repository."""

    items = fields.List(fields.Nested(RepositorySchema), required=True)
    next = NEXT


class DigestDeliveryPageSchema(Schema):
    """Deliveries of its pushes, mounts and deletes, the newest first."""

    items = fields.List(fields.Nested(DigestDeliverySchema), required=True)
    next = NEXT


class RelativePageSchema(Schema):
    """Manifests that belong to it."""

    items = fields.List(fields.Nested(RelativeSchema), required=True)
    next = NEXT


class DigestSchema(Schema):
    """All that is known of a digest.

    Of each list it has the first items; `next` is the cursor of the rest, by the route
    of that list.
    """

    digest = texts.digest()
    kind = fields.Enum(
        Kind,
        by_value=True,
        required=True,
        allow_none=True,
        attribute="newest.target.kind",
        dump_default=None,
        metadata={
            "description": "This and what follows is null if all its events have left "
            "the log."
        },
    )
    media_type = fields.String(
        required=True,
        allow_none=True,
        attribute="newest.target.descriptor.media_type",
        dump_default=None,
        metadata={"description": "What it is.", "examples": [MEDIA_TYPE]},
    )
    size = fields.Integer(
        required=True,
        allow_none=True,
        attribute="newest.target.descriptor.size",
        dump_default=None,
        metadata={"description": "In bytes.", "examples": [1234]},
    )
    artifact_type = fields.String(
        required=True,
        allow_none=True,
        attribute="newest.target.artifact_type",
        dump_default=None,
        metadata={
            "description": "What the manifest says it is.",
            "examples": ["application/vnd.oci.image.config.v1+json"],
        },
    )
    usage = fields.Nested(
        UsageSchema,
        required=True,
        metadata={"description": "In all repositories together."},
    )
    days = fields.List(
        fields.Nested(DaySchema),
        required=True,
        metadata={"description": "The days that have pulls, the newest first."},
    )
    changes = fields.Nested(
        ChangePageSchema,
        required=True,
        metadata={"description": "By whom it was pushed and how, mounted and deleted."},
    )
    tags = fields.Nested(
        DigestTagPageSchema,
        required=True,
        metadata={"description": "Which tags have pointed to it, and when."},
    )
    repositories = fields.Nested(
        DigestRepositoryPageSchema,
        required=True,
        metadata={"description": "From where it was pulled."},
    )
    deliveries = fields.Nested(
        DigestDeliveryPageSchema,
        required=True,
        metadata={
            "description": "What was told of the changes, and with what outcome."
        },
    )
    children = fields.Nested(
        RelativePageSchema,
        required=True,
        metadata={"description": "What it lists, if it is an index."},
    )
    parents = fields.Nested(
        RelativePageSchema,
        required=True,
        metadata={"description": "The indexes that list it."},
    )
    referrers = fields.Nested(
        RelativePageSchema,
        required=True,
        metadata={"description": "What refers to it: signatures, SBOMs."},
    )


def dump_timeline(
    found: UsedDigest, days: Sequence[Day], lists: DigestLists
) -> dict[str, Any]:
    """Render all that is known of a digest, with the first page of each list."""
    known: dict[str, Any] = {
        "digest": found.digest,
        "newest": found.newest,
        "usage": found.usage,
        "days": days,
    }
    for part in Part:
        items, next_ = lists.page(part, _FIRST_ITEMS)
        known[part.value] = {"items": items, "next": next_}
    rendered: dict[str, Any] = _DIGEST.dump(known)
    return rendered


_DIGEST = DigestSchema()
