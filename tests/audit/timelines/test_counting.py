"""Counting: each pull once, whatever happens to it and to whoever counts."""

import random
import threading
from collections.abc import Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from notifier.audit.timelines import clients, counting
from notifier.audit.timelines.clients import OTHER, client_of
from notifier.audit.timelines.counting import Counting
from notifier.audit.timelines.sums import add_up
from notifier.audit.timelines.tables import ALL_MANIFESTS
from notifier.audit.timelines.worker import make_counting
from notifier.db import Database
from notifier.events.announce import Announcer
from notifier.events.event import Action, Event, Kind
from notifier.events.lines import Recorded
from notifier.events.record import Recorder
from notifier.events.strangers import STAND_IN
from notifier.events.tables import EventRow
from notifier.events.uncounted import MANIFEST, PULL, Note, UncountedRow
from tests import factories
from tests.audit.logs import DAY_NS, SECOND_NS, fill
from tests.audit.timelines.counts import count, expected
from tests.receiver import wait_until

_HOUR_NS = 3600 * SECOND_NS
_PROGRAMS = ["docker/27.3.1", "containerd/v1.7", "skopeo/1.14"]


def _pull(number: int = 0, useragent: str = "docker/27.3.1", **more: Any) -> Event:
    return _by(useragent, factories.event(Action.PULL, at_ns=DAY_NS + number, **more))


def _by(useragent: str, event: Event, method: str = "GET") -> Event:
    request = replace(event.request, useragent=useragent, method=method)
    return replace(event, request=request)


def _events(number: int) -> Sequence[Event]:
    chance = random.Random(number)  # noqa: S311 - nothing to guess
    actions = [Action.PULL, Action.PULL, Action.PULL, Action.PUSH, Action.DELETE]
    return [
        _by(
            chance.choice(_PROGRAMS),
            factories.event(
                chance.choice(actions),
                kind=chance.choice([*Kind]),
                repository=chance.choice(["team/app", "team/other"]),
                content=chance.choice([b"a", b"b", b"c"]),
                at_ns=DAY_NS + chance.randrange(100) * _HOUR_NS + n,
            ),
            chance.choice(["GET", "GET", "HEAD"]),
        )
        for n in range(number)
    ]


def _notes(database: Database) -> int:
    with database.read() as connection:
        statement = sa.select(sa.func.count()).select_from(UncountedRow)
        return connection.execute(statement).scalar_one()


def test_what_is_counted_is_what_happened_in_whatever_order_it_comes(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "_AT_ONCE_BYTES", 500)
    recorder = Recorder()
    events = _events(300)

    for start in range(0, len(events), 20):
        fill(database, recorder, events[start : start + 20])
        if start % 60 == 0:
            count(database, recorder)

    assert count(database, recorder) == expected(events)


def test_an_event_that_comes_twice_is_counted_once(database: Database) -> None:
    recorder = Recorder()
    announcer = Announcer(database, recorder)
    events = [_pull(1), _pull(2, kind=Kind.BLOB)]

    for batch in (events[:1], events, events):
        with database.transaction() as transaction:
            announcer.announce_new(transaction, batch)
        count(database, recorder)

    assert count(database, recorder) == expected(events)


def test_what_leaves_the_log_stays_counted_and_counts_once_when_it_comes_back(
    database: Database,
) -> None:
    recorder = Recorder()
    event = _pull()
    fill(database, recorder, [event])
    with database.read() as connection:
        [row] = connection.execute(sa.select(EventRow.recorded_at))
    with database.transaction() as transaction:
        transaction.execute(sa.delete(EventRow))
    gone = count(database, recorder)
    with database.transaction() as transaction:
        recorder.put_back(transaction, [Recorded(event, row.recorded_at)])

    assert gone == expected([event])
    assert count(database, recorder) == gone


def test_what_is_undone_is_not_counted(database: Database) -> None:
    recorder = Recorder()

    def fail() -> None:
        with database.transaction() as transaction:
            recorder.insert(transaction, [_pull()])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert count(database, recorder) == expected([])


def test_two_workers_count_everything_once(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "_AT_ONCE_BYTES", 500)
    events = _events(400)
    database, recorder = Database(database_url), Recorder()
    for event in events:
        fill(database, recorder, [event])
    databases = [Database(database_url) for _ in range(2)]

    def work(own: Database) -> None:
        Counting(own, Recorder()).work()
        own.leave()

    threads = [threading.Thread(target=work, args=[own]) for own in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = count(database, recorder)
    for each in (database, *databases):
        each.close()
    assert found == expected(events)


def test_a_note_that_others_have_counted_is_left_to_them(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder()
    event, later = _pull(1), _pull(2)
    fill(database, recorder, [event])
    slow = Counting(database, recorder)
    read = slow._name_clients

    def read_late(*arguments: object) -> object:
        monkeypatch.undo()
        count(database, recorder)
        fill(database, recorder, [later])
        return read(*arguments)  # type: ignore[arg-type]  # whatever it is given

    monkeypatch.setattr(slow, "_name_clients", read_late)
    slow.work()

    assert count(database, recorder) == expected([event, later])


def test_what_is_counted_is_noted_no_more(database: Database) -> None:
    recorder = Recorder()
    fill(database, recorder, [_pull(), factories.event(Action.DELETE)])
    fill(database, recorder, [factories.event(Action.DELETE)])

    before = _notes(database)
    count(database, recorder)

    assert before == 1
    assert _notes(database) == 0


@pytest.mark.parametrize(
    ("useragent", "client"),
    [
        ("docker/27.3.1 go/go1.22.7 git-commit/41ca978 os/linux", "docker"),
        ("containerd/v1.7.22", "containerd"),
        ("containers/5.32.2 (github.com/containers/image)", "containers"),
        ("regclient/regctl (v0.7.1)", "regclient"),
        ("  cri-o", "cri-o"),
        ("Mozilla/5.0 (X11; Linux x86_64)", "Mozilla"),
        ("curl", "curl"),
        ("", "unnamed"),
        ("  ", "unnamed"),
        ("(a comment)", OTHER),
        ("é/1", OTHER),
        ("a" * 65 + "/1", OTHER),
        ("a@b", OTHER),
        (STAND_IN, OTHER),
    ],
)
def test_a_client_is_what_a_program_calls_itself_without_its_version(
    useragent: str, client: str
) -> None:
    assert client_of(useragent) == client


def test_there_are_only_so_many_clients_but_those_that_are_known_have_a_place(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "_MAX_OTHERS", 3)
    recorder = Recorder()
    for start in (0, 2, 4, 6):
        programs = [f"p{number}/1" for number in range(start, start + 3)]
        fill(database, recorder, [_pull(n, name) for n, name in enumerate(programs)])
        count(database, recorder)
    fill(database, recorder, [_pull(9, "docker/27"), _pull(10, "p1/2")])

    days = count(database, recorder).days

    named = {client: pulls for (place, _, client), pulls in days.items() if place[0]}
    assert named == {"p0": 1, "p1": 2, "p2": 2, OTHER: 8, "docker": 1}


def test_what_no_digest_was_told_of_counts_for_its_repository() -> None:
    note = Note(PULL, MANIFEST, 7, None, 1, DAY_NS, 1)

    sums = add_up([note, note], {1: "docker"})

    assert sums.pulls == {(ALL_MANIFESTS, 7): (2, DAY_NS, DAY_NS)}
    assert list(sums.days.values()) == [2]


def test_a_worker_counts_until_it_is_stopped(database: Database) -> None:
    recorder = Recorder()
    event = _pull()
    fill(database, recorder, [event])
    thread = make_counting(database, recorder)

    thread.start()
    wait_until(lambda: not _notes(database))

    assert thread.stop()
    assert count(database, recorder) == expected([event])
