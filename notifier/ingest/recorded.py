"""Which keys the log has: for events that may be there by another key than theirs."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from notifier.db import PreparedIn
from notifier.events.tables import EventRow


def list_recorded(connection: sa.Connection, ids: Sequence[UUID]) -> set[UUID]:
    """Return those of *ids* that events of the log have."""
    return {id_ for (id_,) in _RECORDED.all(connection, ids)}


_RECORDED = PreparedIn(EventRow.id, lambda is_one: sa.select(EventRow.id).where(is_one))
