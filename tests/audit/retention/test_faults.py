"""What goes wrong costs time, and no event."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from notifier.audit.retention.archive import Archive, ArchiveState
from notifier.audit.retention.files import Files
from notifier.audit.retention.runs import RunState, cancel_run
from notifier.events.lines import Recorded
from notifier.storage import StorageFull
from tests.audit.retention.site import Site, rule


def test_a_full_storage_is_tried_again_later(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = site.record_many(100, 3)
    site.rule(rule())
    run = site.ask()

    with monkeypatch.context() as patch:
        patch.setattr(Files, "write", _refuse)
        site.work()

    assert site.again(run).error == "no space left"
    assert site.again(run).state is RunState.RUNNING
    assert site.ids() == old
    site.forgive_errors()
    site.work()
    run = site.again(run)
    assert (run.state, run.error) == (RunState.DONE, None)
    assert site.all_archived() == old


def _refuse(*_: Any) -> None:
    raise StorageFull("no space left")


@pytest.mark.parametrize("is_gone", [True, False])
def test_nothing_leaves_whose_file_is_damaged(site: Site, *, is_gone: bool) -> None:
    old = site.record_many(100, 3)
    site.rule(rule())
    site.ask()
    while not site.archives():
        site.runner._step()
    [archive] = site.archives()
    path = site.folder / f"{archive.id}.ndjson.gz"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b"x")
    if is_gone:
        path.unlink()

    site.work()

    assert site.ids() == old
    [found] = site.archives()
    assert found.state is ArchiveState.LEAVING
    assert archive.id.hex[:8] in str(found.error)
    path.write_bytes(content)
    site.forgive_errors()
    site.work()
    assert site.ids() == []


def test_a_damaged_archive_is_not_restored(site: Site) -> None:
    site.record_many(100, 3)
    site.run(rule())
    [archive] = site.archives()
    (site.folder / f"{archive.id}.ndjson.gz").write_bytes(b"x")

    site.restore(archive)

    assert site.ids() == []
    [found] = site.archives()
    assert found.state is ArchiveState.RETURNING
    assert found.error == f"the file {archive.id}.ndjson.gz is damaged"


def test_a_run_that_is_cancelled_while_a_file_is_written_leaves_no_file(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = site.record_many(100, 3)
    site.rule(rule())
    run = site.ask()
    write = Files.write

    def meanwhile(files: Files, *arguments: Any) -> Archive:
        with site.database.transaction() as transaction:
            cancel_run(transaction, run.id)
        return write(files, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Files, "write", meanwhile)
        site.work()
    assert (site.ids(), site.archives()) == (old, [])
    site.run(rule())

    assert site.all_archived() == old
    assert len(site.files()) == 2


@pytest.mark.usefixtures("small_archives")
def test_a_process_that_is_to_stop_gives_up_what_it_writes(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = site.record_many(100, 30)
    site.rule(rule())
    run = site.ask()
    write = Files.write

    def stopping(
        files: Files, id_: Any, parts: Iterator[Sequence[Recorded]]
    ) -> Archive:
        site.runner.stopping.set()
        return write(files, id_, parts)

    with monkeypatch.context() as patch:
        patch.setattr(Files, "write", stopping)
        site.runner.work()

    assert (site.ids(), site.archives(), site.files()) == (old, [], set())
    site.runner.release()
    site.work(site.hire())
    assert site.again(run).state is RunState.DONE
    assert site.all_archived() == old


def test_what_comes_once_more_after_it_was_archived_is_dropped(site: Site) -> None:
    """As from the journal of a host that was dead for months."""
    pulls = site.record_many(100, 6)
    events = site.recorder.events
    with site.database.read() as connection:
        again = events(connection, site.rows()[:4])
    site.run(rule())

    site.record(*again, after_days=90)
    new = site.record_many(99, 2)
    run = site.run(rule())

    assert site.ids() == []
    assert run.archived == 2
    assert site.all_archived() == [*pulls, *new]
