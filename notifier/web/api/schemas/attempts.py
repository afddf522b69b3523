"""Attempts: what was sent, and what came of it."""

from collections.abc import Sequence
from typing import Any

from marshmallow import Schema, fields

from notifier.delivery.answer_headers import KEPT_HEADER_BYTES
from notifier.delivery.attempts import Attempt
from notifier.delivery.deliveries import Trigger
from notifier.delivery.requests import MAX_BODY_BYTES, BodyMissing, Request
from notifier.delivery.signing import Header
from notifier.delivery.transport import KEPT_BYTES
from notifier.web.api.schemas.fields import Instant

_AT = "2026-05-01T15:28:51.123456Z"
_REQUEST_HEADERS = [
    {"name": "Host", "value": "ci.example.com"},
    {"name": "Accept", "value": "*/*"},
    {
        "name": "Content-Type",
        "value": "application/vnd.docker.distribution.events.v2+json",
    },
    {"name": "User-Agent", "value": "notifier/0.1.0"},
    {"name": "Authorization", "value": "********"},
    {"name": "webhook-id", "value": "0196db4e-7017-7001-8017-9f3a5c000017"},
    {"name": "webhook-timestamp", "value": "1777649331"},
    {"name": "webhook-signature", "value": "v1,********"},
    {"name": "Content-Length", "value": "13"},
]


def dump_attempt(attempt: Attempt, request: Request | None) -> Any:
    """Return the object of the API that shows an attempt and what it has sent."""
    return _ATTEMPT.dump(attempt) | {"request": request and _REQUEST.dump(request)}


def _headers(headers: Sequence[Header] | None) -> list[dict[str, str]] | None:
    if headers is None:
        return None
    return [{"name": name, "value": value} for name, value in headers]


def _headers_of(description: str, example: list[dict[str, str]]) -> dict[str, Any]:
    """Describe names and values."""
    return {
        "type": "array",
        "description": description,
        "examples": [example],
        "items": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "value": {"type": "string"}},
            "required": ["name", "value"],
        },
    }


class AttemptSchema(Schema):
    """One POST, and what came of it."""

    number = fields.Integer(required=True, metadata={"examples": [1]})
    started_at = Instant(required=True, metadata={"examples": [_AT]})
    duration_ms = fields.Integer(required=True, metadata={"examples": [12]})
    status = fields.Integer(
        required=True,
        allow_none=True,
        metadata={
            "description": "The HTTP status of the answer; null if there was none.",
            "examples": [503],
        },
    )
    error = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "Why there was no answer: `dns`, `unreachable`, "
            "`connection_refused`, `forbidden_address`, `proxy`, `tls`, `timeout`, "
            "`reset`, `invalid_answer`, `interrupted` or `failed`; null if there was "
            "one. With `template` or `format` nothing was sent: `response` says why.",
            "examples": [None],
        },
    )
    peer = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "The address that was connected to: the endpoint's, or that "
            "of the egress proxy; null if there was none, or if the attempt is older "
            "than this field.",
            "examples": ["203.0.113.7"],
        },
    )
    tls_version = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "The version of TLS; null without it.",
            "examples": ["TLSv1.3"],
        },
    )
    response_headers = fields.Function(
        lambda attempt: _headers(attempt.response_headers),
        required=True,
        metadata=_headers_of(
            f"The header of the answer, the first {KEPT_HEADER_BYTES} bytes in whole "
            "lines, each in its place; values of cookies are masked. Null if there "
            "was no answer, or if the attempt is older than this field.",
            [{"name": "Retry-After", "value": "120"}],
        )
        | {"type": ["array", "null"]},
    )
    response_headers_truncated = fields.Boolean(
        required=True,
        metadata={
            "description": "Whether the header was longer than what is shown.",
            "examples": [False],
        },
    )
    response = fields.Function(
        lambda attempt: attempt.response.decode(errors="replace"),
        required=True,
        metadata={
            "type": "string",
            "description": f"The first {KEPT_BYTES} bytes of the answer's body, as "
            "UTF-8; of an answer to several events, each has its share.",
            "examples": ["try again later"],
        },
    )
    response_truncated = fields.Function(
        lambda attempt: len(attempt.response) >= KEPT_BYTES,
        required=True,
        metadata={
            "type": "boolean",
            "description": "Whether the body may have been longer than what is shown.",
            "examples": [False],
        },
    )
    trigger = fields.Enum(
        Trigger,
        by_value=True,
        required=True,
        metadata={
            "description": "`schedule` if its time had come, `redeliver` if it was "
            "asked for."
        },
    )


class RequestSchema(Schema):
    """What was sent, with nothing secret in it."""

    method = fields.String(
        required=True,
        metadata={"description": "The method.", "examples": ["POST"]},
    )
    url = fields.String(
        required=True,
        metadata={
            "description": "The URL of the endpoint at that time; where it has "
            "secrets, their names in braces.",
            "examples": ["https://ci.example.com/hook/{key}"],
        },
    )
    headers = fields.Function(
        lambda request: _headers(request.headers),
        required=True,
        metadata=_headers_of(
            "All headers, in their order. Values of the endpoint's own headers are "
            "masked; of signatures, their kinds are shown.",
            _REQUEST_HEADERS,
        ),
    )
    body = fields.Function(
        lambda request: None if request.body is None else request.body.decode(),
        required=True,
        metadata={
            "type": ["string", "null"],
            "description": "The body: as UTF-8, exactly what was sent and signed.",
            "examples": ['{"events":[]}'],
        },
    )
    body_missing = fields.Enum(
        BodyMissing,
        by_value=True,
        required=True,
        allow_none=True,
        metadata={
            "description": "Why there is no `body`: `changed` if this version of "
            "notifier would write something else than was sent, `too_large` beyond "
            f"{MAX_BODY_BYTES} bytes. The headers lack those of the format then, "
            "and the length.",
            "examples": [None],
        },
    )


class AttemptDetailSchema(AttemptSchema):
    """An attempt, and what it has sent."""

    request = fields.Nested(
        RequestSchema,
        required=True,
        allow_none=True,
        metadata={
            "description": "What was sent; null if nothing was, or if the attempt is "
            "older than this field."
        },
    )


_ATTEMPT = AttemptSchema()
_REQUEST = RequestSchema()
