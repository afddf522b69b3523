"""Kinds of fields that several schemas have."""

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from marshmallow import ValidationError, fields

from notifier.audit.grammar import read_ago

# RFC 3339, but that the seconds may be left out. In a query, a plus sign that was not
# escaped arrives as a space.
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d)(?:(:\d\d)(?:\.(\d{1,9}))?)?(Z|[ +-]\d\d:\d\d)",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NS_PER_S = 1_000_000_000
_NS_DIGITS = 9


class Instant(fields.DateTime):
    """A time in an answer: RFC 3339, in UTC."""

    def _serialize(
        self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any
    ) -> Any:
        text = super()._serialize(value, attr, obj, **kwargs)
        return text if text is None else str(text).replace("+00:00", "Z")


class Nanoseconds(fields.String):
    """A time in a request: RFC 3339, read as nanoseconds since 1970."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any
    ) -> Any:
        text = super()._deserialize(value, attr, data, **more)
        match = _TIME.fullmatch(text.upper())
        if match is None:
            raise ValidationError(
                "Not a time by RFC 3339, such as 2026-05-01T15:28:51Z."
            )
        minute, second, fraction, zone = match.groups()
        try:
            at = datetime.fromisoformat(
                minute + (second or ":00") + zone.replace(" ", "+")
            ).astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValidationError("No such time.") from None
        seconds = int((at - _EPOCH).total_seconds())
        return seconds * _NS_PER_S + int((fraction or "0").ljust(_NS_DIGITS, "0"))


class Moment(Nanoseconds):
    """A time in a request: RFC 3339, read to the microsecond."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any
    ) -> Any:
        at_ns = super()._deserialize(value, attr, data, **more)
        return _EPOCH + timedelta(microseconds=at_ns // 1000)


class NanosecondsOrAgo(Nanoseconds):
    """A time in a request: RFC 3339, or how long ago, as ``24h``."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any
    ) -> Any:
        ago_ns = read_ago(str(value), time.time_ns())
        if ago_ns is not None:
            return ago_ns
        try:
            return super()._deserialize(value, attr, data, **more)
        except ValidationError as error:
            raise ValidationError(
                f"{error.messages[0]} Or how long ago: 24h."
            ) from None


class CommaList(fields.List[Any]):
    """A parameter that may be given several times, or with commas, or both."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any
    ) -> list[Any]:
        parts = [part for text in value for part in text.split(",")]
        return super()._deserialize(parts, attr, data, **more)
