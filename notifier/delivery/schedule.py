"""The schedule: when a delivery that failed is tried again, and when no more.

All times are given in, so that these rules hold for any clock.
"""

import random
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

# The seconds before each attempt, counted from the one before.
SCHEDULES: Final[dict[str, tuple[float, ...]]] = {
    # Ten attempts within two days.
    "standard": (0, 5, 30, 120, 600, 3600, 10_800, 21_600, 43_200, 86_400),
    # Of what is of no use later: a build of what was pushed, say.
    "short": (0, 5, 15, 60, 300),
    # The example of the Standard Webhooks specification: ten within three days.
    "standard-webhooks": (
        *(0, 5, 300, 1800, 7200),
        *(18_000, 36_000, 50_400, 72_000, 86_400),
    ),
    # As Svix has it: eight within a day and a half.
    "svix": (0, 5, 300, 1800, 7200, 18_000, 36_000, 36_000),
    "once": (0,),
}
DELAYS_S: Final = SCHEDULES["standard"]
JITTER = 0.2
MAX_RETRY_AFTER_S = 86_400

_SECONDS = re.compile(r"[0-9]{1,10}", re.ASCII)


def next_attempt_at(
    attempts: int,
    now: datetime,
    retry_after_s: float | None = None,
    delays_s: Sequence[float] = DELAYS_S,
) -> datetime | None:
    """Return when to try again after *attempts* have failed; None for never.

    An endpoint that says when to come back is not asked before, within bounds.
    """
    if attempts >= len(delays_s):
        return None
    delay_s = delays_s[attempts] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311  # spreads load, keeps no secret
    return now + timedelta(seconds=max(delay_s, retry_after_s or 0))


def parse_retry_after(text: str, now: datetime) -> float | None:
    """Read a ``Retry-After`` header: the seconds to wait, or None if it says nothing.

    RFC 9110, section 10.2.3: either seconds or a date.
    """
    text = text.strip()
    if _SECONDS.fullmatch(text):
        return float(min(int(text), MAX_RETRY_AFTER_S))
    try:
        date = parsedate_to_datetime(text)
        # A date without a zone is in UTC, as all dates of HTTP are.
        aware = date if date.tzinfo else date.replace(tzinfo=UTC)
        wait_s = (aware - now).total_seconds()
    except (ValueError, OverflowError):
        return None
    return min(max(wait_s, 0.0), MAX_RETRY_AFTER_S)
