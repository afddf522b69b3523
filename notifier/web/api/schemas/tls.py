"""TLS of an endpoint's own."""

from typing import Any

from marshmallow import Schema, fields

from notifier.delivery.headers import MASK
from notifier.web.api.schemas.fields import Instant

_AT = "2026-05-01T15:28:51.123456Z"


def _pem(about: str, **more: Any) -> fields.String:
    return fields.String(
        metadata={
            "description": f"{about}, in PEM.",
            "examples": ["-----BEGIN CERTIFICATE-----\nMIIB…"],
        },
        **more,
    )


def _client_key(**more: Any) -> fields.String:
    return fields.String(
        metadata={
            "description": "The key of the first client certificate, in PEM and not "
            f"encrypted. It is never shown; `{MASK}` stands for the one that is there.",
            "examples": [MASK],
        },
        **more,
    )


_CA = "The authorities that it is verified by, instead of the public ones"
_CLIENT_CERTIFICATE = "The certificate that it knows us by, and the chain after it"
TLS = "TLS of its own: whom to trust, and who to be. For `https://` only."


class TlsSchema(Schema):
    """TLS of an endpoint's own: an authority, a client certificate, or both."""

    ca = _pem(_CA)
    client_certificate = _pem(_CLIENT_CERTIFICATE)
    client_key = _client_key()


class ShownTlsSchema(Schema):
    """TLS of an endpoint's own, and until when it lasts."""

    ca = _pem(_CA, required=True, allow_none=True)
    ca_expires_at = Instant(
        required=True,
        allow_none=True,
        metadata={"description": "When the first of them expires.", "examples": [_AT]},
    )
    client_certificate = _pem(_CLIENT_CERTIFICATE, required=True, allow_none=True)
    client_certificate_expires_at = Instant(
        required=True,
        allow_none=True,
        metadata={"description": "When the first one expires.", "examples": [_AT]},
    )
    client_key = _client_key(required=True, allow_none=True)
