"""Pages: what a list is asked by, and how it is answered."""

from marshmallow import Schema, fields, validate

_MAX_LIMIT = 1000


class PageQuerySchema(Schema):
    """Which part of a list is wanted."""

    limit = fields.Integer(
        load_default=100,
        validate=validate.Range(1, _MAX_LIMIT),
        metadata={"description": "How many items a page may have."},
    )
    cursor = fields.String(
        metadata={
            "description": "`next` of the page before; absent for the first page."
        }
    )


NEXT = fields.String(
    required=True,
    allow_none=True,
    metadata={
        "description": "The cursor of the next page; null if this is the last.",
        "examples": ["AZbbTnATcAGAE588WgAAE0oPiE6x"],
    },
)
