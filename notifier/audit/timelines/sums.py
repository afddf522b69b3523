"""Sums: what some events add to the counts, each count once."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from notifier.audit.timelines.tables import ALL_MANIFESTS, DailyPullsRow, UsageRow
from notifier.db import Prepared
from notifier.db.compiled import Insert
from notifier.events.uncounted import MANIFEST, PULL, Note

NS_PER_DAY: Final = 86_400 * 10**9

# The numbers of a digest and a repository; and a day, and the name of a client.
_Place = tuple[int, int]
_Day = tuple[int, int, int, str]
# What events that count alike have in common: digest, repository, kind, how often they
# count, day and client.
_Alike = tuple[int | None, int, int | None, int, int, str]


@dataclass(frozen=True, slots=True)
class Sums:
    """What is to be added: the last pushes, what there was of pulls, and on which days.

    Of pulls it is how many, and when the first and the last.
    """

    pushes: Mapping[_Place, int]
    pulls: Mapping[_Place, tuple[int, int, int]]
    days: Mapping[_Day, int]

    def write(self, connection: sa.Connection, clients: Mapping[str, int]) -> None:
        """Add all to the tables, *clients* being the numbers of their names.

        It goes in the order of the keys: so no two workers wait for each other's rows.
        """
        for statement, rows in (
            (_ADD_PUSHES, self._push_rows()),
            (_ADD_PULLS, self._pull_rows()),
            (_ADD_DAYS, self._day_rows(clients)),
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
            for (digest, repository), at_ns in sorted(self.pushes.items())
        ]

    def _pull_rows(self) -> Sequence[dict[str, int]]:
        return [
            {
                "digest_id": digest,
                "repository_id": repository,
                "pulls": pulls,
                "first_pulled_ns": first,
                "last_pulled_ns": last,
            }
            for (digest, repository), (pulls, first, last) in sorted(self.pulls.items())
        ]

    def _day_rows(self, clients: Mapping[str, int]) -> Sequence[dict[str, int]]:
        found: Counter[tuple[int, int, int, int]] = Counter()
        for (digest, repository, day, client), pulls in self.days.items():
            # Some names may have the same number.
            found[digest, repository, day, clients[client]] += pulls
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


def add_up(notes: Iterable[Note], clients: Mapping[int, str]) -> Sums:
    """Add up *notes*; *clients* are the names of their user agents."""
    pushes: dict[_Place, int] = {}
    alike: dict[_Alike, list[int]] = {}
    for action, kind, repository, digest_id, useragent, at_ns, times in notes:
        if action == PULL:
            day, client = at_ns // NS_PER_DAY, clients[useragent]
            key = digest_id, repository, kind, times, day, client
            alike.setdefault(key, []).append(at_ns)
            continue
        for digest in _digests(digest_id, kind):
            known = pushes.get((digest, repository), 0)
            pushes[digest, repository] = max(at_ns, known)
    pulls: dict[_Place, tuple[int, int, int]] = {}
    days: Counter[_Day] = Counter()
    for (digest_id, repository, kind, times, day, client), all_ns in alike.items():
        new = times * len(all_ns), min(all_ns), max(all_ns)
        for digest in _digests(digest_id, kind):
            place = digest, repository
            pulls[place] = _joined(pulls.get(place), new)
            days[*place, day, client] += new[0]
    return Sums(pushes, pulls, days)


def _joined(
    known: tuple[int, int, int] | None, new: tuple[int, int, int]
) -> tuple[int, int, int]:
    if known is None:
        return new
    return known[0] + new[0], min(known[1], new[1]), max(known[2], new[2])


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
