"""Times on the command line: RFC 3339, or how long ago; and spans of time."""

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from notifier.audit.grammar import read_ago

_SPAN = re.compile(r"(\d{1,6})([smhdw])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Span(click.ParamType[int]):
    """A span of time, as seconds."""

    name = "span"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Read ``24h``; only 0 needs no unit."""
        if isinstance(value, int) or value == "0":
            return int(value)
        span = _SPAN.fullmatch(value)
        if span is None:
            self.fail(f"{value!r} is not a span like 90s, 30m, 24h or 7d", param, ctx)
        return int(_length(span).total_seconds())


class Moment(click.ParamType[int]):
    """A time, as nanoseconds since 1970."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Read ``2h`` or ``2026-05-01T15:28:51Z``; without a zone it is UTC."""
        ago_ns = read_ago(value, time.time_ns())
        if ago_ns is not None:
            return ago_ns
        try:
            at = datetime.fromisoformat(value)
            aware = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is neither 2026-05-01T15:28:51Z nor 2h", param, ctx)
        return (aware - _EPOCH) // _MICROSECOND * 1000


def _length(span: re.Match[str]) -> timedelta:
    return timedelta(**{_UNITS[span[2]]: int(span[1])})


MOMENT = Moment()
SPAN = Span()


def instant(at_ns: int) -> datetime:
    """Return the time that an option of the type above stands for."""
    return _EPOCH + timedelta(microseconds=at_ns // 1000)
