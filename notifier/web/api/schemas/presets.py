"""Presets: what is known of receivers, and what has to be said of one."""

from marshmallow import Schema, fields, validate

from notifier.delivery.presets import PRESETS
from notifier.web.api.schemas.paging import NEXT


def _about(option: str) -> str:
    """Say what an option is for each preset that has it."""
    texts = [
        f"{preset.name}: {known.about}"
        for preset in PRESETS.values()
        for known in preset.options
        if known.name == option
    ]
    return " ".join(texts)


def _option(name: str, example: str) -> fields.String:
    return fields.String(metadata={"description": _about(name), "examples": [example]})


class ChosenPresetSchema(Schema):
    """A preset to fill the fields of an endpoint in, and what that has to know."""

    name = fields.String(
        required=True,
        validate=validate.OneOf(list(PRESETS)),
        metadata={"description": "Which receiver it is for.", "examples": ["github"]},
    )
    url = _option("url", "https://jenkins.example.com")
    token = _option("token", "9f3a5c")
    repository = _option("repository", "acme/site")
    event_type = _option("event_type", "registry-push")
    project = _option("project", "acme/site")
    ref = _option("ref", "main")


class PresetOptionSchema(Schema):
    """Something that a preset has to know."""

    name = fields.String(
        required=True,
        metadata={"description": "Its key in `preset`.", "examples": ["token"]},
    )
    about = fields.String(
        required=True,
        metadata={
            "description": "What it is.",
            "examples": ["A pipeline trigger token of that project."],
        },
    )
    is_required = fields.Boolean(
        required=True, metadata={"description": "Whether it has to be given."}
    )
    is_secret = fields.Boolean(
        required=True,
        metadata={"description": "Whether it is kept encrypted and not shown again."},
    )
    default = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "What it is if it is not given.",
            "examples": ["main"],
        },
    )


class PresetSchema(Schema):
    """A kind of receiver whose endpoints can be filled in."""

    name = fields.String(
        required=True,
        metadata={"description": "Its name in `preset`.", "examples": ["gitlab"]},
    )
    about = fields.String(
        required=True,
        metadata={
            "description": "What it is for.",
            "examples": ["Keel: updates workloads when their image was pushed."],
        },
    )
    options = fields.List(
        fields.Nested(PresetOptionSchema),
        required=True,
        metadata={"description": "What it has to know."},
    )


class PresetListSchema(Schema):
    """All presets, in one page."""

    items = fields.List(fields.Nested(PresetSchema), required=True)
    next = NEXT
