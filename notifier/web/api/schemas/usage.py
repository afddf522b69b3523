"""Usage: how often something was pulled, when, and by which clients."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from notifier.events.envelope import render_timestamp
from notifier.web.api.schemas.fields import CommaList

_AGE = re.compile(r"(\d{1,4})([hd])", re.ASCII)
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1)}
# The field looks whether a text begins so.
_GLOB = re.compile(r"[a-z0-9._/*-]{1,255}\Z", re.ASCII)
_MAX_GLOBS = 50
_MAX_DAYS = 400
_NS_PER_S = 1_000_000_000
_AT = "2026-05-01T15:28:51.123456789Z"


class Ago(fields.String):
    """How long ago, ``90d`` or ``12h``, read as nanoseconds since 1970."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any
    ) -> Any:
        match = _AGE.fullmatch(super()._deserialize(value, attr, data, **more))
        if match is None:
            raise ValidationError("Not a span of time such as 90d or 12h.")
        at = datetime.now(UTC) - int(match[1]) * _UNITS[match[2]]
        return int(at.timestamp()) * _NS_PER_S


def at(name: str, description: str) -> fields.Function:
    """Make a field for a time that may not be known, which is counted by *name*."""

    def read(thing: Any) -> str | None:
        at_ns = getattr(thing, name)
        return None if at_ns is None else render_timestamp(at_ns)

    return fields.Function(
        read,
        required=True,
        metadata={
            "type": ["string", "null"],
            "format": "date-time",
            "description": description,
            "examples": [_AT],
        },
    )


def repository_globs() -> CommaList:
    """Make the parameter that narrows a list to some repositories."""
    return CommaList(
        fields.String(validate=validate.Regexp(_GLOB, error="Not a glob.")),
        validate=validate.Length(1, _MAX_GLOBS),
        metadata={
            "description": "Of repositories that one of these globs matches: `*` is "
            "any text without a slash, `**` any text.",
            "example": ["team/**"],
        },
    )


def unpulled_for() -> Ago:
    """Make the parameter that narrows a list to what nobody uses."""
    return Ago(
        metadata={
            "description": "Only what nobody has pulled, nor pushed, for that long: a "
            "number of days or hours.",
            "example": "90d",
        }
    )


class UsageSchema(Schema):
    """How often something was pulled, and when. A `HEAD` is no pull."""

    pulls = fields.Integer(
        required=True, metadata={"description": "How often.", "examples": [12345]}
    )
    pushed_at = at("pushed_ns", "When it was last pushed; null if that is not known.")
    first_pulled_at = at("first_pulled_ns", "Null if it was never pulled.")
    last_pulled_at = at("last_pulled_ns", "Null if it was never pulled.")


class DaySchema(Schema):
    """The pulls of one day, in UTC."""

    day = fields.Date(
        required=True,
        metadata={"description": "Which day, in UTC.", "examples": ["2026-05-01"]},
    )
    pulls = fields.Integer(
        required=True, metadata={"description": "By all clients.", "examples": [42]}
    )
    clients = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={
            "description": "By each program, as its user agent has it before the "
            "version: the most first. Those that are too many are `other`.",
            "examples": [{"containerd": 40, "docker": 2}],
        },
    )


class DaysQuerySchema(Schema):
    """Which days are wanted."""

    days = fields.Integer(
        load_default=30,
        validate=validate.Range(1, _MAX_DAYS),
        metadata={"description": "How many."},
    )
    until = fields.Date(
        load_default=lambda: datetime.now(UTC).date(),
        validate=validate.Range(date(1970, 1, 1) + timedelta(days=_MAX_DAYS)),
        metadata={"description": "The last of them, in UTC; today if absent."},
    )
