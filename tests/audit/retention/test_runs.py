"""What a run takes out of the log, and what it leaves alone."""

import gzip
import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest

from notifier.audit.retention import dry_run, runs
from notifier.audit.retention.archive import ArchiveState
from notifier.audit.retention.errors import NothingExpires, RunActive, RunFinished
from notifier.audit.retention.runs import RunState, cancel_run, list_runs
from notifier.events.event import Action, Kind
from tests.audit.retention.site import Site, old_event, rule


def test_what_is_past_its_time_goes_into_an_archive_as_it_was(site: Site) -> None:
    old = site.record_many(91, 3)
    young = site.record_many(89, 2)
    before = {row.id: row for row in site.rows()}

    run = site.run(rule("90d"))

    assert site.ids() == young
    [archive] = site.archives()
    assert archive.state is ArchiveState.ARCHIVED
    assert site.archived(archive) == old
    assert (run.archived, run.archives, run.waiting) == (3, 1, 0)
    site.restore(archive)
    assert {row.id: row for row in site.rows()} == before


def test_what_came_late_stays_for_a_day_whatever_its_time(site: Site) -> None:
    """As from a registry that was cut off: who follows the log has to see it."""
    late = site.record(old_event(100), after_days=99.5)
    earlier = site.record(old_event(101), after_days=99.5)

    run = site.run(rule())

    assert site.ids() == late
    assert run.examined == 1
    assert site.all_archived() == earlier


def test_without_rules_all_is_kept_for_ever(site: Site) -> None:
    site.record_many(10_000, 1)

    for rules in ([], [rule("forever")]):
        site.rule(*rules)
        with pytest.raises(NothingExpires):
            site.ask()


def test_the_first_rule_that_is_about_an_event_decides(site: Site) -> None:
    kept = [
        old_event(300, Action.PUSH),
        old_event(300, repository="prod/app"),
        old_event(50, kind=Kind.BLOB),
        old_event(300, Action.USER_CREATE),
    ]
    gone = [old_event(100), old_event(10, kind=Kind.BLOB, repository="tmp/a/b")]
    site.record(*kept, *gone)

    site.run(
        rule("forever", repositories=["prod/**"]),
        rule("7d", kinds=["blob"], repositories=["tmp/**"]),
        rule("90d", actions=["pull"]),
        rule("200d", actions=["delete"]),
    )

    assert set(site.ids()) == {event.id for event in kept}
    assert set(site.all_archived()) == {event.id for event in gone}


@pytest.mark.usefixtures("small_archives")
def test_many_events_are_several_archives(site: Site) -> None:
    pulls = site.record_many(100, 42)
    pushes = site.record_many(100.5, 9, action=Action.PUSH)

    run = site.run(rule(actions=["pull"]))

    assert site.ids() == pushes
    assert site.all_archived() == pulls
    sizes = [archive.events for archive in site.archives()]
    assert all(10 <= size < 15 for size in sizes[:-1])
    assert (run.archives, run.archived, run.examined) == (len(sizes), 42, 51)


def test_an_archive_is_described_beside_its_file(site: Site) -> None:
    site.record(old_event(120), old_event(110, Action.PUSH), old_event(100))

    site.run(rule())

    [archive] = site.archives()
    content = (site.folder / f"{archive.id}.ndjson.gz").read_bytes()
    manifest = json.loads((site.folder / f"{archive.id}.json").read_bytes())
    assert manifest["counts"] == archive.counts == {"pull": 2, "push": 1}
    assert manifest["events"] == len(gzip.decompress(content).splitlines()) == 3
    assert manifest["size"] == archive.size == len(content)
    assert manifest["sha256"] == hashlib.sha256(content).hexdigest()
    assert manifest["file"] == f"{archive.id}.ndjson.gz"
    assert (manifest["first_id"], manifest["last_id"]) == (
        str(archive.first_id),
        str(archive.last_id),
    )
    now = datetime.now(UTC)
    assert round((now - archive.since) / timedelta(days=1)) == 120
    assert round((now - archive.until) / timedelta(days=1)) == 100


def test_an_event_waits_for_its_deliveries_to_be_forgotten(site: Site) -> None:
    old = site.record_many(100, 3)
    site.deliver(old[1], old[1])

    run = site.run(rule())

    assert site.ids() == [old[1]]
    assert (run.archived, run.waiting) == (2, 1)
    site.forget_deliveries()
    site.run(rule())
    assert site.ids() == []
    assert sorted(site.all_archived()) == old


@pytest.mark.usefixtures("small_archives")
def test_a_dry_run_counts_by_rule_and_takes_nothing(site: Site) -> None:
    pulls = site.record_many(100, 12)
    site.record_many(100, 7, kind=Kind.BLOB)
    site.record_many(100, 5, action=Action.PUSH)
    site.deliver(pulls[0])
    rules = [rule("30d", kinds=["blob"]), rule(actions=["pull"]), rule("101d")]

    with site.database.read() as connection:
        counted = dry_run.count(connection, site.recorder, rules, datetime.now(UTC))
        cut = dry_run.count(
            connection, site.recorder, rules, datetime.now(UTC), for_s=0
        )

    assert sum(count for _, count in counted.expired) + counted.waiting == 19
    assert counted.expired[2] == (rules[2], 0)
    assert (counted.examined, counted.waiting, counted.complete) == (24, 1, True)
    assert (cut.examined, cut.complete) == (0, False)
    assert len(site.ids()) == 24
    assert site.files() == set()


def test_only_one_run_is_under_way(site: Site) -> None:
    site.record_many(100, 1)
    site.rule(rule())
    run = site.ask()

    with pytest.raises(RunActive):
        site.ask()

    site.work()
    with (
        pytest.raises(RunFinished),
        site.database.transaction() as transaction,
    ):
        cancel_run(transaction, run.id)


@pytest.mark.usefixtures("small_archives")
def test_a_run_that_was_cancelled_takes_no_more(site: Site) -> None:
    old = site.record_many(100, 100)
    site.rule(rule())
    run = site.ask()
    while not site.archives():
        site.runner._step()

    with site.database.transaction() as transaction:
        cancel_run(transaction, run.id)
    site.work()

    assert site.again(run).state is RunState.CANCELLED
    assert 0 < len(site.ids()) < 100
    assert site.all_archived() + site.ids() == old


def test_what_is_kept_for_longer_than_there_are_ids_is_kept(site: Site) -> None:
    old = site.record_many(10_000, 1)

    run = site.run(rule("36500d"))

    assert site.ids() == old
    assert run.examined == 0


def test_a_worker_begins_a_run_each_day_by_itself(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.rule(rule())
    site.record_many(100, 1)

    for _ in range(4):
        site.runner.work()

    def newest() -> list[runs.Run]:
        with site.database.read() as connection:
            return list(list_runs(connection, limit=10))

    [run] = newest()
    assert (run.state, run.archived) == (RunState.DONE, 1)
    monkeypatch.setattr(runs, "EVERY", timedelta(0))
    site.runner.work()
    assert len(newest()) > 1
