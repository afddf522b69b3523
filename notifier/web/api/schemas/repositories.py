"""Repositories: how often they are pulled from, and when."""

from marshmallow import Schema, fields

from notifier.web.api.schemas.paging import NEXT, PageQuerySchema
from notifier.web.api.schemas.usage import (
    DaySchema,
    UsageSchema,
    repository_globs,
    unpulled_for,
)


class RepositoryQuerySchema(PageQuerySchema):
    """Which repositories are wanted."""

    repository = repository_globs()
    unpulled_for = unpulled_for()


class RepositorySchema(Schema):
    """A repository that the log knows."""

    name = fields.String(
        required=True,
        metadata={"description": "What it is called.", "examples": ["team/app"]},
    )
    usage = fields.Nested(
        UsageSchema,
        required=True,
        metadata={"description": "Of all its manifests together; blobs do not count."},
    )


class RepositoryDetailSchema(RepositorySchema):
    """A repository, and how often it was pulled from by the day."""

    days = fields.List(
        fields.Nested(DaySchema),
        required=True,
        metadata={"description": "The days that have pulls, the newest first."},
    )


class RepositoryPageSchema(Schema):
    """A page of repositories, by their names.

    A page may be short, or empty, and still have a next.
    """

    items = fields.List(fields.Nested(RepositorySchema), required=True)
    next = NEXT
