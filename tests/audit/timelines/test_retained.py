"""Counts, whatever retention does with the events that were counted."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from notifier.audit.retention import runner
from notifier.db import Database
from notifier.events.event import Action, Event
from notifier.events.tables import EventRow
from tests.audit.retention.site import Site, old_event, rule
from tests.audit.timelines.counts import count, expected


@pytest.fixture(name="site")
def _site(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    for name in ("_CHANGE_RESTS", "_READ_RESTS"):
        monkeypatch.setattr(runner, name, 0.0)
    return Site(database, tmp_path)


def _record(site: Site, *events: Event) -> None:
    """Record events as what happens is recorded, but two days ago."""
    two_days_ago = datetime.now(UTC) - timedelta(days=2)
    with site.database.transaction() as transaction:
        site.recorder.insert(transaction, events)
        transaction.execute(sa.update(EventRow).values(recorded_at=two_days_ago))


def test_what_goes_and_comes_back_is_counted_once(site: Site) -> None:
    events = [
        old_event(100, action, number)
        for number, action in enumerate([Action.PULL, Action.PUSH, Action.PULL])
    ]
    _record(site, *events)
    before = count(site.database, site.recorder)

    site.run(rule())
    gone = count(site.database, site.recorder)
    [archive] = site.archives()
    site.restore(archive)
    back = count(site.database, site.recorder)
    site.release(archive)

    assert before == expected(events)
    assert site.ids() == []
    assert gone == back == count(site.database, site.recorder) == before


def test_what_comes_once_more_when_it_is_archived_is_taken_back(site: Site) -> None:
    events = [old_event(100, number=number) for number in range(3)]
    _record(site, *events)
    site.run(rule())

    _record(site, *events[:2])
    twice = count(site.database, site.recorder)
    site.run(rule())

    assert [sum(usage.pulls for usage in twice.usages.values())] == [10]
    assert site.ids() == []
    assert count(site.database, site.recorder) == expected(events)
