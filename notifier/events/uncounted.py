"""What is recorded but not counted yet: pulls, and pushes of manifests.

How often and when something was pulled is kept beside the log, in sums by the day, for
nobody waits until millions of rows are counted. To add to the sums where pulls are
recorded would cost half as much as recording does, and those who record at once would
wait for each other at the sums of what everybody pulls. So the transaction that records
only notes down, in one row for all its events, what is to be added. A worker adds many
notes up, and deletes them in the transaction in which it adds: each event is counted
once, whoever is killed, however late it comes, and whatever becomes of its own row.

A ``HEAD`` is no pull here, whoever tells that it was one.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import Base, Prepared
from notifier.db.base import Serial
from notifier.events.event import Action, Kind
from notifier.events.tables import ACTIONS, KINDS

PULL: Final = ACTIONS[Action.PULL]
MANIFEST: Final = KINDS[Kind.MANIFEST]

_PUSH: Final = ACTIONS[Action.PUSH]
_AT_ONCE: Final = 2000


class UncountedRow(Base):
    """What one transaction has noted: JSON, an array for each event.

    No id is given twice: who has read a note knows by it whether it is still there.
    """

    __tablename__ = "uncounted"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    content: Mapped[bytes]


class Note(NamedTuple):
    """What counts of an event: columns of its row, by their names, and how often.

    What was recorded twice is taken back once: it counts -1 times.
    """

    action: int
    kind: int | None
    repository_id: int
    digest_id: int | None
    useragent_text: int
    timestamp_ns: int
    times: int


COLUMNS: Final = (*Note._fields[:-1], "method")


def note(
    connection: sa.Connection, rows: Iterable[Sequence[Any]], times: int = 1
) -> None:
    """Note down those of *rows* that count; each has the values of `COLUMNS`."""
    noted = [(*row[:-1], times) for row in rows if _counts(row)]
    for start in range(0, len(noted), _AT_ONCE):
        content = orjson.dumps(noted[start : start + _AT_ONCE])
        _INSERT.run(connection, content=content)


def read_notes(content: bytes) -> Iterable[Note]:
    """Yield what `note` has written."""
    return map(Note._make, orjson.loads(content))


def _counts(row: Sequence[Any]) -> bool:
    action, kind, repository, *_, method = row
    if repository is None:
        return False
    if action == PULL:
        return bool(method != "HEAD")
    return bool(action == _PUSH and kind == MANIFEST)


_INSERT = Prepared(lambda insert: insert(UncountedRow))
