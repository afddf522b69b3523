"""What many answers have: names, digests, media types."""

from marshmallow import fields

from notifier.web.api.schemas.envelope import DIGEST, MEDIA_TYPE


def repository() -> fields.String:
    """Make a field for where something is."""
    return _text("The name of the repository.", "team/app")


def tag() -> fields.String:
    """Make a field for a tag."""
    return _text("By its name.", "1.0")


def digest() -> fields.String:
    """Make a field for what something is called."""
    return _text("Of the content.", DIGEST)


def media_type() -> fields.String:
    """Make a field for what something is."""
    return _text("Of the manifest.", MEDIA_TYPE)


def size() -> fields.Integer:
    """Make a field for how large a manifest is."""
    description = "Of the manifest, in bytes."
    return fields.Integer(
        required=True, metadata={"description": description, "examples": [1234]}
    )


def _text(description: str, example: str) -> fields.String:
    return fields.String(
        required=True, metadata={"description": description, "examples": [example]}
    )
