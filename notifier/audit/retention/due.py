"""When what was put off is due again."""

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

AFTER_ERROR: Final = timedelta(minutes=1)
# Deliveries are forgotten after days, if at all.
FOR_DELIVERIES: Final = timedelta(hours=1)

_LONGEST: Final = 2 * FOR_DELIVERIES


def is_due(
    due_at: InstrumentedAttribute[datetime], now: datetime
) -> sa.ColumnElement[bool]:
    """Tell whether that time has come.

    One further ahead than any is set to was set by a clock that went wrong.
    """
    return ~due_at.between(now, now + _LONGEST)
