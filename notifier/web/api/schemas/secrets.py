"""Secrets: what the deliveries of an endpoint are signed with."""

from typing import Any

from marshmallow import Schema, fields, validate

from notifier.delivery.rotation import DEFAULT_OVERLAP_S, MAX_OVERLAP_S
from notifier.delivery.signing import Signature
from notifier.web.api.schemas.fields import Instant

_ID = "0196db4e-7017-7001-8017-9f3a5c000017"
_AT = "2026-05-01T15:28:51.123000Z"
_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"  # noqa: S105 - an example


def signatures_field(**more: Any) -> fields.List[Any]:
    """Make the field that says how deliveries are signed."""
    return fields.List(
        fields.String(validate=validate.OneOf([*Signature])),
        metadata={
            "description": "How deliveries are signed: `v1` (HMAC-SHA256) and `v1a` "
            "(Ed25519) by Standard Webhooks; `x-hub-signature-256` and `x-signature` "
            "in headers called so, `sha256=` and the hex HMAC-SHA256 of the body, "
            "keyed with the text of the secret. `v1` if absent.",
            "examples": [["v1"], ["v1", "x-hub-signature-256"]],
        },
        **more,
    )


def secret_field() -> fields.String:
    """Make the field by which a caller brings a secret."""
    return fields.String(
        load_only=True,
        metadata={
            "description": "A secret to sign with: `whsec_` and the base64 of 24 to 64 "
            "bytes, or, where `v1` is not chosen, any 16 to 256 visible ASCII "
            "characters. One is made if absent.",
            "examples": [_SECRET],
        },
    )


def made_secret_field() -> fields.String:
    """Make the field that shows a secret once."""
    return fields.String(
        metadata={
            "description": "The secret, if it was made here. "
            "Keep it: it is shown only now.",
            "examples": [_SECRET],
        }
    )


class SecretSchema(Schema):
    """A secret that signs. It is not shown itself."""

    id = fields.UUID(required=True, metadata={"examples": [_ID]})
    created_at = Instant(required=True, metadata={"examples": [_AT]})
    expires_at = Instant(
        required=True,
        allow_none=True,
        metadata={
            "description": "When it signs no more; null for the newest.",
            "examples": [None, _AT],
        },
    )
    public_key = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "What the receiver verifies `v1a` with; null if `v1a` was "
            "not chosen.",
            "examples": ["whpk_O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik="],
        },
    )


class NewSecretSchema(Schema):
    """A secret to sign with from now on."""

    overlap_s = fields.Integer(
        strict=True,
        validate=validate.Range(0, MAX_OVERLAP_S),
        metadata={
            "description": "For how many seconds the secrets before it sign on beside "
            f"it, at most; {DEFAULT_OVERLAP_S} if absent.",
            "examples": [3600],
        },
    )
    secret = secret_field()


class CreatedSecretSchema(SecretSchema):
    """A secret, shown this once if it was made here."""

    secret = made_secret_field()
