"""Sums: what some events add to the counts, each count once."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import sqlalchemy as sa

from notifier.audit.timelines.tables import ALL_MANIFESTS, DailyPullsRow, UsageRow
from notifier.db import Prepared
from notifier.db.compiled import Insert
from notifier.events.uncounted import MANIFEST, PULL, Note

NS_PER_DAY: Final = 86_400 * 10**9

# Numbers of a digest and a repository; and with those of a day and a client.
_Place = tuple[int, int]
_Day = tuple[int, int, int, int]
# What events that count alike have in common: digest, repository, kind, how often they
# count, day and client.
_Alike = tuple[int | None, int, int | None, int, int, int]


class Sums:
    """What is to be added. *clients* are the numbers that stand for user agents."""

    def __init__(self, clients: Mapping[int, int]) -> None:
        self._clients = clients
        self._pushes: dict[_Place, int] = {}
        self._pulls: dict[_Alike, list[int]] = {}

    def add(self, note: Note) -> None:
        """Add an event."""
        at_ns = note.timestamp_ns
        if note.action == PULL:
            alike = (
                note.digest_id,
                note.repository_id,
                note.kind,
                note.times,
                at_ns // NS_PER_DAY,
                self._clients[note.useragent_text],
            )
            self._pulls.setdefault(alike, []).append(at_ns)
            return
        for digest in _digests(note.digest_id, note.kind):
            place = digest, note.repository_id
            self._pushes[place] = max(at_ns, self._pushes.get(place, 0))

    def write(self, connection: sa.Connection) -> None:
        """Add all to the tables, in the order of their keys.

        So no two workers wait for each other's rows.
        """
        for statement, rows in (
            (_ADD_PUSHES, self._push_rows()),
            (_ADD_PULLS, self._pull_rows()),
            (_ADD_DAYS, self._day_rows()),
        ):
            if rows:
                statement.run_many(connection, rows)

    def _push_rows(self) -> Sequence[dict[str, int]]:
        return [
            {
                "digest_id": digest,
                "repository_id": repository,
                "pulls": 0,
                "pushed_ns": at_ns,
            }
            for (digest, repository), at_ns in sorted(self._pushes.items())
        ]

    def _pull_rows(self) -> Sequence[dict[str, int]]:
        found: dict[_Place, tuple[int, int, int]] = {}
        for (digest_id, repository, kind, times, *_), all_ns in self._pulls.items():
            first, last, pulls = min(all_ns), max(all_ns), times * len(all_ns)
            for digest in _digests(digest_id, kind):
                place = digest, repository
                known = found.get(place, (first, last, 0))
                found[place] = (
                    min(first, known[0]),
                    max(last, known[1]),
                    pulls + known[2],
                )
        return [
            {
                "digest_id": digest,
                "repository_id": repository,
                "pulls": pulls,
                "first_pulled_ns": first,
                "last_pulled_ns": last,
            }
            for (digest, repository), (first, last, pulls) in sorted(found.items())
        ]

    def _day_rows(self) -> Sequence[dict[str, int]]:
        found: dict[_Day, int] = {}
        for alike, all_ns in self._pulls.items():
            digest_id, repository, kind, times, day, client = alike
            for digest in _digests(digest_id, kind):
                key = digest, repository, day, client
                found[key] = found.get(key, 0) + times * len(all_ns)
        return [
            {
                "digest_id": digest,
                "repository_id": repository,
                "day": day,
                "client_id": client,
                "pulls": pulls,
            }
            for (digest, repository, day, client), pulls in sorted(found.items())
        ]


def _digests(digest_id: int | None, kind: int | None) -> Iterable[int]:
    """Yield under which digests an event counts."""
    if digest_id is not None:
        yield digest_id
    if kind == MANIFEST:
        yield ALL_MANIFESTS


def _add_pushes(insert: Insert) -> sa.ClauseElement:
    put = insert(UsageRow)
    old, new = UsageRow, put.excluded
    latest = sa.case(
        (old.pushed_ns >= new.pushed_ns, old.pushed_ns), else_=new.pushed_ns
    )
    added: sa.ClauseElement = put.on_conflict_do_update(
        index_elements=_PLACE, set_={"pushed_ns": latest}
    )
    return added


def _add_pulls(insert: Insert) -> sa.ClauseElement:
    put = insert(UsageRow)
    old, new = UsageRow, put.excluded
    first, last = old.first_pulled_ns, old.last_pulled_ns
    added: sa.ClauseElement = put.on_conflict_do_update(
        index_elements=_PLACE,
        set_={
            "pulls": old.pulls + new.pulls,
            "first_pulled_ns": sa.case(
                (first <= new.first_pulled_ns, first), else_=new.first_pulled_ns
            ),
            "last_pulled_ns": sa.case(
                (last >= new.last_pulled_ns, last), else_=new.last_pulled_ns
            ),
        },
    )
    return added


def _add_days(insert: Insert) -> sa.ClauseElement:
    put = insert(DailyPullsRow)
    added: sa.ClauseElement = put.on_conflict_do_update(
        index_elements=[*_PLACE, "day", "client_id"],
        set_={"pulls": DailyPullsRow.pulls + put.excluded.pulls},
    )
    return added


_PLACE: Final = ("digest_id", "repository_id")
_ADD_PUSHES = Prepared(_add_pushes)
_ADD_PULLS = Prepared(_add_pulls)
_ADD_DAYS = Prepared(_add_days)
