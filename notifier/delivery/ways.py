"""Ways: how endpoints were written to and reached, a row for all attempts alike.

An endpoint's settings may have changed since an attempt, so that is kept, too; but they
change seldom, and an attempt needs no more than the number of its way.
"""

import threading
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import NamedTuple

import orjson
import sqlalchemy as sa

from notifier.db import Transaction, insert
from notifier.delivery.attempt_tables import WayRow
from notifier.delivery.formats import read_format
from notifier.delivery.sent import Way
from notifier.delivery.tables import DeliveryRow
from notifier.delivery.transport import Answer
from notifier.ids import first_id

_CACHE_SIZE = 10_000
# For so long a way is remembered before its row is renewed; that holds twice as long.
_RENEW_AFTER = timedelta(hours=12)


class Passage(NamedTuple):
    """A way to an endpoint, and the connection that was had with it then."""

    endpoint_key: int
    way: Way
    peer: str | None
    tls_version: str | None


class Ways:
    """The numbers of ways, remembered. Threads may share it."""

    def __init__(self) -> None:
        self._known: dict[Passage, tuple[int, datetime]] = {}
        self._lock = threading.Lock()

    def intern(
        self, transaction: Transaction, passages: Iterable[Passage], now: datetime
    ) -> Mapping[Passage, int]:
        """Return the numbers of *passages*, adding the new ones to the table.

        New numbers are remembered only once they are committed.
        """
        numbers: dict[Passage, int] = {}
        added: dict[Passage, tuple[int, datetime]] = {}
        for passage in passages:
            if passage in numbers:
                continue
            number, until = self._known.get(passage, (0, now))
            if until <= now:
                number = _put(transaction.connection, passage, now)
                added[passage] = number, now + _RENEW_AFTER
            numbers[passage] = number
        if added:
            transaction.after_commit(lambda: self._remember(added))
        return numbers

    def _remember(self, added: Mapping[Passage, tuple[int, datetime]]) -> None:
        with self._lock:
            if len(self._known) + len(added) > _CACHE_SIZE:
                self._known = {}
            self._known.update(added)


def passage_of(endpoint_key: int, answer: Answer) -> Passage | None:
    """Return by which way an endpoint has come to its answer, if it was sent to."""
    if answer.sent is None:
        return None
    return Passage(endpoint_key, answer.sent.way, answer.peer, answer.tls_version)


def read_way(content: bytes) -> Way:
    """Read the content of a row."""
    url, header_names, signatures, user_agent, options = orjson.loads(content)
    return Way(
        url=url,
        header_names=tuple(header_names),
        signatures=tuple((name, value) for name, value in signatures),
        user_agent=user_agent,
        format=read_format(options),
    )


def forget_unused(connection: sa.Connection, before: datetime) -> None:
    """Delete the ways that no attempt has gone which is still on record.

    Those that were used since *before* are not looked at. An endpoint that has no
    delivery older than the last use of a way has no attempt of that way.
    """
    connection.execute(
        sa.delete(WayRow).where(
            WayRow.used_before < first_id(before),
            ~sa.exists().where(
                DeliveryRow.endpoint_id == WayRow.endpoint_id,
                DeliveryRow.id < WayRow.used_before,
            ),
        )
    )


def _put(connection: sa.Connection, passage: Passage, now: datetime) -> int:
    content = _render(passage.way)
    connected = orjson.dumps([passage.peer, passage.tls_version])
    statement = insert(connection, WayRow).values(
        endpoint_id=passage.endpoint_key,
        digest=blake2b(content + connected, digest_size=16).digest(),
        content=content,
        peer=passage.peer,
        tls_version=passage.tls_version,
        used_before=first_id(now + 2 * _RENEW_AFTER),
    )
    number: int = connection.execute(
        statement.on_conflict_do_update(
            index_elements=[WayRow.endpoint_id, WayRow.digest],
            set_={"used_before": statement.excluded.used_before},
        ).returning(WayRow.id)
    ).scalar_one()
    return number


def _render(way: Way) -> bytes:
    *rest, format_ = way
    return orjson.dumps([*rest, format_.options()])
