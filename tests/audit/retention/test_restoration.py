"""Archives that come back, and go again."""

from collections.abc import Sequence
from threading import Event

import pytest

from notifier.audit.retention import archives
from notifier.audit.retention.archive import Archive, ArchiveState
from notifier.audit.retention.archives import get_archive, list_archives
from notifier.audit.retention.errors import (
    ArchiveNotRestored,
    ArchiveRestored,
    ArchiveUnknown,
)
from notifier.audit.retention.files import Files
from notifier.audit.retention.pace import Pace
from notifier.audit.retention.removal import Removal
from notifier.db import DatabaseUnavailable, Transaction
from notifier.events.event import Action
from notifier.events.lines import Recorded
from notifier.ids import uuid7
from tests.audit.retention.site import Site, old_event, rule


def test_what_is_restored_is_left_alone_until_it_is_released(site: Site) -> None:
    old = site.record_many(100, 20)
    site.run(rule())
    [archive] = site.archives()

    site.restore(archive)
    late = site.record(old_event(100, number=7))
    site.run(rule())

    assert sorted(site.ids()) == sorted([*old, *late])
    assert site.archives()[0].state is ArchiveState.RESTORED
    site.release(archive)
    assert site.ids() == late
    assert site.archives()[0].state is ArchiveState.ARCHIVED
    assert site.archived(archive) == old
    site.run(rule())
    assert site.ids() == []
    assert sorted(site.all_archived()) == sorted([*old, *late])


def test_what_is_restored_while_the_database_is_away_is_complete(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = site.record_many(100, 20)
    site.run(rule())
    [archive] = site.archives()
    monkeypatch.setattr(site.runner._changing, "size", 5)
    put_back = site.runner._recorder.put_back
    tries: list[int] = []

    def sometimes(transaction: Transaction, lines: Sequence[Recorded]) -> None:
        put_back(transaction, lines)
        tries.append(len(lines))
        if len(tries) == 2:
            raise DatabaseUnavailable("it is away")

    monkeypatch.setattr(site.runner._recorder, "put_back", sometimes)

    with pytest.raises(DatabaseUnavailable):
        site.restore(archive)
    site.work()

    assert site.ids() == old
    assert site.archives()[0].state is ArchiveState.RESTORED


@pytest.mark.usefixtures("small_archives")
def test_an_archive_that_is_on_its_way_can_be_turned_back(site: Site) -> None:
    old = site.record_many(100, 8)
    site.rule(rule())
    site.ask()
    while not site.archives():
        site.runner._step()
    site.runner._step()

    [archive] = site.archives()
    assert archive.state is ArchiveState.LEAVING
    site.restore(archive)
    assert site.ids() == old

    with site.database.transaction() as transaction:
        archives.release(transaction, archive.id)
        archives.restore(transaction, archive.id)
        archives.release(transaction, archive.id)
    site.work()
    assert site.ids() == []


def test_who_was_stopped_does_not_end_a_move_that_others_have_begun_since(
    site: Site,
) -> None:
    """A process that was about to note that all is gone is slower than all others."""
    old = site.record_many(100, 5)
    site.rule(rule())
    site.ask()
    while not site.archives():
        site.runner._step()
    [archive] = site.archives()
    slow = Removal(site.database, Files(site.storage.archives), archive)
    pace = Pace(1.0, 0.0, Event())
    assert slow.step(pace)
    site.restore(archive)
    with site.database.transaction() as transaction:
        archives.release(transaction, archive.id)

    assert not slow.step(pace)

    assert site.archives()[0].state is ArchiveState.LEAVING
    assert site.ids() == old
    site.work()
    assert site.ids() == []


def test_what_was_restored_and_sent_waits_for_its_deliveries(site: Site) -> None:
    old = site.record_many(100, 5)
    site.run(rule())
    [archive] = site.archives()
    site.restore(archive)
    site.deliver(old[3])

    site.release(archive)

    assert site.ids() == [old[3]]
    [waiting] = site.archives()
    assert waiting.state is ArchiveState.LEAVING
    assert waiting.error == "1 events have deliveries, which are to be forgotten first"
    site.forget_deliveries()
    site.run(rule())
    assert site.ids() == [old[3]]
    site.forgive_errors()
    site.work()
    assert site.ids() == []
    assert site.archives()[0].error is None
    assert site.all_archived() == old


def test_restoring_and_releasing_have_their_times(site: Site) -> None:
    site.record_many(100, 1)
    site.run(rule())
    [archive] = site.archives()

    with site.database.transaction() as transaction:
        with pytest.raises(ArchiveNotRestored):
            archives.release(transaction, archive.id)
        archives.restore(transaction, archive.id)
        with pytest.raises(ArchiveRestored):
            archives.restore(transaction, archive.id)
        for change in (archives.restore, archives.release, _get):
            with pytest.raises(ArchiveUnknown):
                change(transaction, uuid7())


def _get(transaction: object, id_: object) -> object:
    return get_archive(transaction.connection, id_)  # type: ignore[attr-defined, arg-type]


@pytest.mark.usefixtures("small_archives")
def test_archives_are_listed_by_the_times_of_their_events(site: Site) -> None:
    for days in (120, 110, 100):
        site.record_many(days, 4, action=Action.PULL)
        site.run(rule())
    first, second, third = site.archives()

    def found(**query: object) -> list[Archive]:
        with site.database.read() as connection:
            return list(list_archives(connection, **query))  # type: ignore[arg-type]

    assert found() == [third, second, first]
    assert found(limit=1) == [third]
    assert found(before=third.id) == [second, first]
    assert found(since=second.until) == [third, second]
    assert found(until=second.since) == [first]
    assert found(since=first.since, until=second.until) == [second, first]
