"""One process at a time goes on, and knows it if it has not been the one."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from notifier.audit.retention import archives
from notifier.audit.retention.archive import Archive, ArchiveState
from notifier.audit.retention.files import Files
from notifier.audit.retention.runs import RunState
from notifier.events.lines import Recorded
from tests.audit.retention.site import Site, rule


def test_one_process_at_a_time_goes_on(site: Site) -> None:
    old = site.record_many(100, 3)
    site.rule(rule())
    site.ask()
    other = site.hire()
    site.runner._step()

    for _ in range(3):
        other.work()

    assert site.ids() == old
    site.runner.release()
    site.work(other)
    assert site.ids() == []


def test_who_has_lost_the_lease_writes_nothing_down(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process was stopped while it wrote, and another has taken over meanwhile."""
    old = site.record_many(100, 3)
    site.rule(rule())
    run = site.ask()
    write = Files.write

    def slowly(files: Files, *arguments: Any) -> Archive:
        archive = write(files, *arguments)
        monkeypatch.setattr(Files, "write", write)
        site.forget_lease()
        site.work(site.hire())
        return archive

    monkeypatch.setattr(Files, "write", slowly)
    site.runner.work()

    assert site.again(run).state is RunState.DONE
    assert site.ids() == []
    assert site.all_archived() == old
    assert len(site.archives()) == 1


@pytest.mark.usefixtures("small_archives")
def test_who_had_no_lease_for_a_while_begins_anew(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it knew was old: another has put events back that it would archive again."""
    old = site.record_many(100, 7)
    site.run(rule())
    new = site.record_many(101, 7)
    site.ask()
    [archive] = site.archives()
    write = Files.write

    def slowly(files: Files, id_: Any, parts: Iterator[Sequence[Recorded]]) -> Archive:
        monkeypatch.setattr(Files, "write", write)
        site.forget_lease()
        other = site.hire()
        with site.database.transaction() as transaction:
            archives.restore(transaction, archive.id)
        while site.archives()[0].state is not ArchiveState.RESTORED:
            other._step()
        other.release()
        site.runner._renew_at = 0.0
        return write(files, id_, parts)

    monkeypatch.setattr(Files, "write", slowly)
    site.runner.work()
    assert site.ids() == [*new, *old]
    site.work()

    assert site.ids() == old
    assert site.all_archived() == [*old, *new]
