"""Exports: a whole answer of the audit log at once."""

from marshmallow import fields, validate

from notifier.audit.export import FORMATS
from notifier.web.api.schemas.questions import QuestionSchema


class ExportQuerySchema(QuestionSchema):
    """What is asked of the log, and how the answer is to be written."""

    class Meta:
        """An export has one order, so that it can be gone on with."""

        exclude = ("order",)

    format = fields.String(
        validate=validate.OneOf([*FORMATS]),
        load_default="ndjson",
        metadata={"description": "How it is written."},
    )
    cursor = fields.UUID(
        metadata={
            "description": "The id of the event in the last whole line of an export "
            "that was cut off: it goes on behind that.",
            "example": "01a20a4f-0f90-7603-979d-dc6ea0f422a3",
        }
    )
