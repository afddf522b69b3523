"""The feed: in which order the log's events were committed.

An event's id says when it happened, and one with a lower id may be committed after it:
transactions overlap, the mover brings pulls a moment later, and what another registry
tells has the time of its sender. Whoever has read up to an id has not read all below
it. So each transaction that adds events to the log adds a row here that names them, at
a *position* behind which only later commits come to stand:

- SQLite has one writer at a time, so the key counts the commits.
- On PostgreSQL it is the transaction's number. A row counts once all transactions with
  lower numbers are over, for then none can come to stand before it. A transaction that
  stays open, of whomever in the same cluster, holds up those who read on, and nobody
  else.

A column of the log and an index on it would cost each event several times as much, for
ever; here it is some 30 bytes, for as long as somebody may want to read on. A lock held
until the commit, under which positions are given out, would put pushes in a queue.
"""

import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import Base, Database, Prepared, Transaction
from notifier.db.base import Serial

# So few that a push which waits for the database does not wait for long.
_FORGET_AT_ONCE: Final = 1000
_FORGET_S: Final = 1.0
_PAUSE_S: Final = 0.02
_ID_LENGTH: Final = 16


class FeedRow(Base):
    """The events that one transaction has added, as their ids, one behind the other."""

    __tablename__ = "feed"

    position: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=False)
    recorded_at: Mapped[datetime]
    events: Mapped[bytes]


class Addition(NamedTuple):
    """What one transaction has added; nothing, if it was made to begin with.

    *packed* is its events' ids. There may be thousands of them, which are unpacked only
    when they are wanted.
    """

    position: int
    recorded_at: datetime
    packed: bytes

    @property
    def ids(self) -> list[UUID]:
        """Return the ids of its events, in order."""
        starts = range(0, len(self.packed), _ID_LENGTH)
        return [UUID(bytes=self.packed[at : at + _ID_LENGTH]) for at in starts]

    @property
    def last(self) -> UUID | None:
        """Return the last of them."""
        return UUID(bytes=self.packed[-_ID_LENGTH:]) if self.packed else None


def note(transaction: Transaction, ids: Iterable[bytes]) -> None:
    """Put the events that a transaction adds, or some more of them, in the feed.

    *ids* are the bytes of theirs.
    """
    connection = transaction.connection
    _NOTE[connection.dialect.name].run(
        connection,
        recorded_at=datetime.now(UTC),
        events=b"".join(ids),
    )


def list_from(connection: sa.Connection, position: int, limit: int) -> list[Addition]:
    """List what stands at *position* and behind it, in the order of the commits."""
    rows = _FROM[connection.dialect.name].all(
        connection, position=position, number=limit
    )
    return [Addition(*row) for row in rows]


def find_newest(connection: sa.Connection) -> Addition | None:
    """Return what was added last; None if the feed is as yet empty."""
    row = _NEWEST[connection.dialect.name].first(connection)
    return None if row is None else Addition(*row)


class Forgetting:
    """Deletes what was added more than *age* ago, but for what was added last."""

    def __init__(self, database: Database, age: timedelta) -> None:
        self._database = database
        self._age = age
        # What was deleted would have to be passed over until it is vacuumed.
        self._after = 0

    def work(self) -> None:
        """Go on for a moment, if there is anything to delete."""
        until = time.monotonic() + _FORGET_S
        while self._step(datetime.now(UTC) - self._age):
            if time.monotonic() > until:
                return
            time.sleep(_PAUSE_S)

    def _step(self, before: datetime) -> bool:
        """Delete some of the oldest; tell whether there may be more."""
        with self._database.read() as connection:
            rows = _OLDEST[connection.dialect.name].all(
                connection, position=self._after + 1, number=_FORGET_AT_ONCE
            )
        # The newest one tells where to read on.
        old = [position for position, at in rows[:-1] if at < before]
        if old:
            with self._database.transaction() as transaction:
                transaction.execute(_FORGET, {"last": old[-1]})
            self._after = old[-1]
        return len(old) == _FORGET_AT_ONCE - 1


def _number(number: "sa.ColumnElement[Any]") -> "sa.ColumnElement[int]":
    """Return a transaction's number as one that can be kept and compared."""
    return sa.cast(sa.cast(number, sa.Text), sa.BigInteger)


def _note_on_sqlite(insert: Any) -> sa.ClauseElement:
    last = sa.select(sa.func.coalesce(sa.func.max(FeedRow.position), 0))
    inserted: sa.Insert = insert(FeedRow).values(position=last.scalar_subquery() + 1)
    return inserted.inline()


def _note_on_postgresql(insert: Any) -> sa.ClauseElement:
    """Insert, or add to what this transaction has inserted already."""
    inserted = insert(FeedRow).values(position=_number(sa.func.pg_current_xact_id()))
    noted: sa.Insert = inserted.on_conflict_do_update(
        index_elements=[FeedRow.position],
        set_={"events": FeedRow.events.op("||")(inserted.excluded.events)},
    )
    return noted.inline()


_NOTE: Final = {
    "sqlite": Prepared(_note_on_sqlite),
    "postgresql": Prepared(_note_on_postgresql),
}

_COUNTS: Final[Mapping[str, "sa.ColumnElement[bool]"]] = {
    "sqlite": sa.true(),
    # All that have lower numbers are over by then, and what they have added is seen.
    "postgresql": FeedRow.position
    < _number(sa.func.pg_snapshot_xmin(sa.func.pg_current_snapshot())),
}


def _from(*columns: Any) -> Mapping[str, Prepared]:
    return {
        dialect: Prepared(
            sa.select(*columns)
            .where(FeedRow.position >= sa.bindparam("position"), counts)
            .order_by(FeedRow.position)
            .limit(sa.bindparam("number", type_=sa.Integer))
        )
        for dialect, counts in _COUNTS.items()
    }


_TIMES: Final = (FeedRow.position, FeedRow.recorded_at)
_OLDEST: Final = _from(*_TIMES)
_FROM: Final = _from(*_TIMES, FeedRow.events)
_NEWEST: Final = {
    dialect: Prepared(
        sa.select(*_TIMES, FeedRow.events)
        .where(counts)
        .order_by(FeedRow.position.desc())
        .limit(sa.literal_column("1"))
    )
    for dialect, counts in _COUNTS.items()
}
_FORGET: Final = sa.delete(FeedRow).where(FeedRow.position <= sa.bindparam("last"))
