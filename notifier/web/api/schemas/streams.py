"""Streams: the audit log as it grows."""

from marshmallow import fields

from notifier.web.api.schemas.questions import QuestionSchema

LAST_EVENT_ID = "Last-Event-ID"


class StreamQuerySchema(QuestionSchema):
    """What is to be told: all that is given has to be so."""

    class Meta:
        """Whoever listens hears of what is new, in one order."""

        exclude = ("since", "until", "order")

    after = fields.String(
        metadata={
            "description": "The `id` of the last event that is known, if there is no "
            f"header `{LAST_EVENT_ID}`; absent to begin with what comes now.",
            "example": "4711.01a20a4f-0f90-7603-979d-dc6ea0f422a3",
        }
    )
