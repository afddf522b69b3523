"""Endpoints: who is told of what."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from notifier.delivery.endpoints import DEFAULT_TIMEOUT_S
from notifier.delivery.fields import MAX_TIMEOUT_S, MIN_TIMEOUT_S
from notifier.delivery.formats import TYPES
from notifier.delivery.headers import MASK
from notifier.web.api.schemas.fields import Instant
from notifier.web.api.schemas.filters import FiltersSchema
from notifier.web.api.schemas.paging import NEXT
from notifier.web.api.schemas.policies import PolicySchema, ShownPolicySchema
from notifier.web.api.schemas.presets import ChosenPresetSchema
from notifier.web.api.schemas.secrets import (
    SecretSchema,
    made_secret_field,
    secret_field,
    signatures_field,
)
from notifier.web.api.schemas.tls import TLS, ShownTlsSchema, TlsSchema

_ID = "0196db4e-7017-7001-8017-9f3a5c000017"
_AT = "2026-05-01T15:28:51.123456Z"


def _name(**more: Any) -> fields.String:
    about = "What people call it: up to 100 characters, and no other has it."
    return fields.String(metadata={"description": about, "examples": ["ci"]}, **more)


def _url(**more: Any) -> fields.String:
    return fields.String(
        metadata={
            "description": "Where events are sent: `http://` or `https://`. A secret "
            "within it is named in braces, and given in `url_secrets`.",
            "examples": ["https://ci.example.com/hooks/registry"],
        },
        **more,
    )


def _enabled(**more: Any) -> fields.Boolean:
    about = "Whether it is told anything."
    return fields.Boolean(
        truthy={True},
        falsy={False},
        metadata={"description": about, "examples": [True]},
        **more,
    )


def _format(about: str) -> fields.Raw:
    """Make the field for a format in a request: `formats` reads it."""
    return fields.Raw(
        metadata={
            "description": f"{about} The name of a type alone stands for its defaults.",
            "oneOf": [
                {"$ref": "#/components/schemas/Format"},
                {"type": "string", "enum": list(TYPES)},
            ],
            "examples": [{"type": "cloudevents", "mode": "binary"}, "slack"],
        }
    )


def _url_secrets(about: str, value: str, **more: Any) -> fields.Dict:
    return fields.Dict(
        fields.String(),
        fields.String(),
        metadata={"description": about, "examples": [{"token": value}]},
        **more,
    )


def _headers(about: str, value: str, **more: Any) -> fields.Dict:
    return fields.Dict(
        fields.String(),
        fields.String(),
        metadata={"description": about, "examples": [{"Authorization": value}]},
        **more,
    )


def _timeout_s(**more: Any) -> fields.Float:
    about = f"Seconds an answer may take: {MIN_TIMEOUT_S} to {MAX_TIMEOUT_S:.0f}."
    return fields.Float(
        metadata={"description": about, "examples": [DEFAULT_TIMEOUT_S]}, **more
    )


class NewEndpointSchema(PolicySchema):
    """An endpoint to create: a name, and a URL or a preset, have to be given.

    What is given beside a preset goes before what that fills in: of filters and headers
    each by itself, anything else as a whole.
    """

    name = _name(required=True)
    preset = fields.Nested(
        ChosenPresetSchema,
        metadata={"description": "Which receiver to fill in the other fields for."},
    )
    url = _url()
    url_secrets = _url_secrets(
        "What to put into the URL where it says `{name}`, by the name.", "9f3a5c"
    )
    enabled = _enabled()
    filters = fields.Nested(
        FiltersSchema,
        metadata={"description": "Which events it is told of."},
    )
    format = _format("What events look like to it, if not `distribution`.")
    headers = _headers("Headers to send with each event.", "Bearer 9f3a5c")
    timeout_s = _timeout_s()
    signatures = signatures_field()
    secret = secret_field()
    tls = fields.Nested(TlsSchema, metadata={"description": TLS})

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def require_url(self, _data: dict[str, Any], given: Any, **_: Any) -> None:
        """Refuse what says neither a URL nor a preset."""
        if isinstance(given, dict) and not {"url", "preset"} & given.keys():
            raise ValidationError("Missing data for required field.", "url")


class EndpointChangesSchema(PolicySchema):
    """What to change about an endpoint. What is absent stays as it is."""

    name = _name()
    url = _url()
    url_secrets = _url_secrets(
        "What to put into the URL where it says `{name}`, replaced as a whole; "
        f"but one whose value is `{MASK}` keeps its value.",
        MASK,
    )
    enabled = _enabled()
    filters = fields.Nested(
        FiltersSchema,
        metadata={"description": "Which events it is told of, replaced as a whole."},
    )
    format = _format("What events look like to it, replaced as a whole.")
    headers = _headers(
        "Headers to send with each event, replaced as a whole; "
        f"but one whose value is `{MASK}` keeps its value.",
        MASK,
    )
    timeout_s = _timeout_s()
    signatures = signatures_field()
    tls = fields.Nested(
        TlsSchema,
        allow_none=True,
        metadata={"description": f"{TLS} Replaced as a whole; `null` removes it."},
    )


class _EndpointSchema(Schema):
    """What an endpoint has beside its policy, which is shown after this."""

    id = fields.UUID(required=True, metadata={"examples": [_ID]})
    name = _name(required=True)
    url = _url(required=True)
    url_secrets = _url_secrets(
        "What is put into the URL where it says `{name}`. The values are not shown.",
        MASK,
        required=True,
    )
    enabled = _enabled(required=True)
    filters = fields.Function(
        lambda endpoint: endpoint.filters.render(),
        required=True,
        metadata={
            "allOf": [{"$ref": "#/components/schemas/Filters"}],
            "description": "Which events it is told of, defaults filled in.",
        },
    )
    format = fields.Function(
        lambda endpoint: endpoint.format.options(),
        required=True,
        metadata={
            "allOf": [{"$ref": "#/components/schemas/Format"}],
            "description": "What events look like to it, defaults filled in.",
        },
    )
    headers = _headers(
        "Headers that are sent with each event. Their values are not shown.",
        MASK,
        required=True,
    )
    timeout_s = _timeout_s(required=True)
    declared = fields.Boolean(
        required=True,
        metadata={
            "description": "Whether it stands in the configuration file, where alone "
            "it can be changed.",
            "examples": [False],
        },
    )
    signatures = signatures_field(required=True)
    secrets = fields.List(
        fields.Nested(SecretSchema),
        required=True,
        metadata={
            "description": "The secrets that sign, the newest first: several after a "
            "rotation."
        },
    )
    readable = fields.Boolean(
        attribute="is_readable",
        required=True,
        metadata={
            "description": "Whether its secrets, headers and TLS can be decrypted by "
            "the keys of `NOTIFIER_SECRET_KEY`. If not, its deliveries wait, and "
            "`headers` is empty.",
            "examples": [True],
        },
    )
    tls = fields.Nested(
        ShownTlsSchema,
        required=True,
        allow_none=True,
        metadata={"description": TLS},
    )
    created_at = Instant(required=True, metadata={"examples": [_AT]})
    updated_at = Instant(required=True, metadata={"examples": [_AT]})


class EndpointSchema(ShownPolicySchema, _EndpointSchema):
    """An endpoint: a URL, and what it is told of."""


class CreatedEndpointSchema(EndpointSchema):
    """An endpoint, and the secret that is never shown again."""

    secret = made_secret_field()


class EndpointPageSchema(Schema):
    """A page of endpoints, newest first."""

    items = fields.List(fields.Nested(EndpointSchema), required=True)
    next = NEXT
