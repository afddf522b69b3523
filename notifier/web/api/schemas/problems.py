"""Problems: why a request is refused (RFC 9457)."""

from marshmallow import Schema, fields


class ProblemErrorSchema(Schema):
    """One part of a request that is at fault."""

    detail = fields.String(
        required=True,
        metadata={
            "description": "What is wrong with it.",
            "examples": ["Missing data for required field."],
        },
    )
    pointer = fields.String(
        metadata={
            "description": "Where it is in the body: a JSON Pointer, as a fragment.",
            "examples": ["#/filters/actions/0"],
        }
    )
    parameter = fields.String(
        metadata={
            "description": "Which parameter of the query it is.",
            "examples": ["limit"],
        }
    )


class ProblemSchema(Schema):
    """Why a request is refused."""

    type = fields.String(
        required=True,
        metadata={
            "description": "Always `about:blank`: the status says which kind it is.",
            "examples": ["about:blank"],
        },
    )
    title = fields.String(
        required=True,
        metadata={
            "description": "The status in words.",
            "examples": ["Unprocessable Entity"],
        },
    )
    status = fields.Integer(
        required=True,
        metadata={"description": "The HTTP status.", "examples": [422]},
    )
    detail = fields.String(
        metadata={
            "description": "What is wrong, for people.",
            "examples": ["The request cannot be understood."],
        }
    )
    errors = fields.List(
        fields.Nested(ProblemErrorSchema),
        metadata={
            "description": "The parts that are at fault, if it is certain parts."
        },
    )
