"""Times on the command line: RFC 3339, or how long ago."""

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import click

_AGO = re.compile(r"(\d{1,6})([smhd])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NS_PER_S = 1_000_000_000


class Moment(click.ParamType[int]):
    """A time, as nanoseconds since 1970."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Read ``2h`` or ``2026-05-01T15:28:51Z``; without a zone it is UTC."""
        if ago := _AGO.fullmatch(value):
            length = timedelta(**{_UNITS[ago[2]]: int(ago[1])})
            return time.time_ns() - int(length.total_seconds()) * _NS_PER_S
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is neither 2026-05-01T15:28:51Z nor 2h", param, ctx)
        aware = at if at.tzinfo else at.replace(tzinfo=UTC)
        return (aware - _EPOCH) // _MICROSECOND * 1000


MOMENT = Moment()


def instant(at_ns: int) -> datetime:
    """Return the time that an option of the type above stands for."""
    return _EPOCH + timedelta(microseconds=at_ns // 1000)
