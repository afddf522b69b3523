"""The feed has the log's events in the order of their commits."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from notifier.db import Database
from notifier.events import feed
from notifier.events.event import Event
from notifier.events.lines import Recorded
from notifier.events.record import Recorder
from tests import factories

OLD = timedelta(days=1)


@pytest.fixture(name="recorder")
def _recorder() -> Recorder:
    return Recorder()


def _insert(database: Database, recorder: Recorder, *events: Event) -> None:
    with database.transaction() as transaction:
        recorder.insert(transaction, events)


def _fed(database: Database) -> list[list[UUID]]:
    with database.read() as connection:
        return [[*added.ids] for added in feed.list_from(connection, 0, 1000)]


def test_each_transaction_is_one_addition(
    database: Database, recorder: Recorder
) -> None:
    later, sooner = factories.event(), factories.event(at_ns=1)
    _insert(database, recorder, later)
    _insert(database, recorder, sooner)

    assert _fed(database) == [[later.id], [sooner.id]]


def test_what_a_transaction_adds_in_parts_stands_together(
    database: Database, recorder: Recorder
) -> None:
    events = [factories.event() for _ in range(4)]
    with database.transaction() as transaction:
        recorder.insert(transaction, events[:3])
        recorder.insert(transaction, events[3:])

    assert [id_ for ids in _fed(database) for id_ in ids] == [e.id for e in events]


def test_what_is_undone_is_not_fed(database: Database, recorder: Recorder) -> None:
    with suppress(ZeroDivisionError), database.transaction() as transaction:
        recorder.insert(transaction, [factories.event()])
        raise ZeroDivisionError

    assert _fed(database) == []


def test_only_what_is_new_is_fed(database: Database, recorder: Recorder) -> None:
    known, new = factories.event(), factories.event()
    _insert(database, recorder, known)
    for events in ([known, new], [known]):
        drafts = recorder.draft(database, events)
        with database.transaction() as transaction:
            recorder.add(transaction, drafts, events)

    assert _fed(database) == [[known.id], [new.id]]


def test_what_comes_back_from_an_archive_is_not_fed(
    database: Database, recorder: Recorder
) -> None:
    with database.transaction() as transaction:
        line = Recorded(factories.event(), datetime.now(UTC))
        recorder.put_back(transaction, [line])

    assert _fed(database) == []


def test_the_newest_addition_stays_however_old_it_is(
    database: Database, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "_FORGET_AT_ONCE", 3)
    events = [factories.event() for _ in range(8)]
    for event in events:
        _insert(database, recorder, event)
    forgetting = feed.Forgetting(database, timedelta(0))

    forgetting.work()
    left = _fed(database)
    another = factories.event()
    _insert(database, recorder, another)
    forgetting.work()

    assert left == [[events[-1].id]]
    assert _fed(database) == [[another.id]]


def test_what_is_not_old_is_kept(database: Database, recorder: Recorder) -> None:
    for _ in range(3):
        _insert(database, recorder, factories.event())

    feed.Forgetting(database, OLD).work()

    assert len(_fed(database)) == 3
