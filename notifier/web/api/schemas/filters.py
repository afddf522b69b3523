"""Filters: which events are meant."""

from marshmallow import Schema, fields, validate

from notifier.delivery.rules import CHOICES

_GLOBS = "`*` is any text without a slash, `**` any text."


class ExclusionSchema(Schema):
    """Which events are meant. What is absent leaves its matter open."""

    actions = fields.List(
        fields.String(validate=validate.OneOf(CHOICES["actions"])),
        metadata={
            "description": "What was done; `*` is everything.",
            "examples": [["push", "delete"]],
        },
    )
    kinds = fields.List(
        fields.String(validate=validate.OneOf(CHOICES["kinds"])),
        metadata={
            "description": "What it was done to; `*` is everything. "
            "A tag counts as the manifest that it names.",
            "examples": [["manifest"]],
        },
    )
    repositories = fields.List(
        fields.String(),
        metadata={
            "description": f"Globs, of which one matches the repository: {_GLOBS}",
            "examples": [["team/**", "library/*"]],
        },
    )
    tags = fields.List(
        fields.String(),
        metadata={
            "description": f"Globs, of which one matches the tag: {_GLOBS} "
            "An event without a tag is then not meant.",
            "examples": [["v*", "latest"]],
        },
    )
    media_types = fields.List(
        fields.String(),
        metadata={
            "description": f"Globs, of which one matches the media type: {_GLOBS}",
            "examples": [["application/vnd.oci.image.**"]],
        },
    )
    artifact_types = fields.List(
        fields.String(),
        metadata={
            "description": "Globs, of which one matches the manifest's `artifactType`, "
            f"or without one the media type of its config: {_GLOBS} What has neither, "
            "such as an index or a blob, is then not meant.",
            "examples": [["application/vnd.dev.cosign.**"]],
        },
    )
    actors = fields.List(
        fields.String(),
        metadata={
            "description": "Globs, of which one matches the name of who did it: "
            f"{_GLOBS} An event of nobody in particular is then not meant.",
            "examples": [["alice", "robot-*"]],
        },
    )
    tag_changes = fields.List(
        fields.String(validate=validate.OneOf(CHOICES["tag_changes"])),
        metadata={
            "description": "What a push did to its tag. Whatever is no push by tag is "
            "then not meant.",
            "examples": [["unchanged"]],
        },
    )
    sources = fields.List(
        fields.String(),
        metadata={
            "description": "Globs, of which one matches the name of the source to "
            f"which another registry has told it: {_GLOBS} What happens in this "
            "registry is then not meant.",
            "examples": [["harbor-*"]],
        },
    )


class FiltersSchema(ExclusionSchema):
    """Which events an endpoint is told of: those that every list names.

    Absent `actions` are `push` and `delete`, absent `kinds` are `manifest`.
    """

    # Named so here because a schema of marshmallow has an `exclude` of its own.
    exclusion = fields.Nested(
        ExclusionSchema,
        data_key="exclude",
        attribute="exclude",
        metadata={
            "description": "Events that are not told after all: those that any of "
            "these lists names.",
            "examples": [{"tags": ["*-dev"]}],
        },
    )
