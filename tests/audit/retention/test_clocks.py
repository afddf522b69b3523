"""A clock that was ahead, and was set right."""

from datetime import UTC, datetime, timedelta, tzinfo

import pytest
import sqlalchemy as sa

from notifier.audit.retention import runs
from notifier.audit.retention.runs import RunState, list_runs
from notifier.audit.retention.tables import ArchiveRow, RunRow
from tests.audit.retention.site import Site, rule


@pytest.mark.parametrize("table", [RunRow, ArchiveRow], ids=["run", "archive"])
def test_what_a_clock_that_was_ahead_has_put_off_goes_on(
    site: Site, table: type[RunRow | ArchiveRow]
) -> None:
    site.record_many(100, 3)
    site.rule(rule())
    site.ask()
    while table is ArchiveRow and not site.archives():
        site.runner._step()
    with site.database.transaction() as transaction:
        later = datetime.now(UTC) + timedelta(days=300)
        transaction.execute(sa.update(table).values(due_at=later))

    site.work()

    assert site.ids() == []


def test_a_run_of_a_clock_that_was_ahead_neither_hinders_runs_nor_asks_for_them(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.rule(rule())
    with monkeypatch.context() as patch:
        patch.setattr(runs, "datetime", _Ahead)
        site.ask()
    site.work()

    for _ in range(6):
        site.runner.work()

    with site.database.read() as connection:
        ahead, own = sorted(
            list_runs(connection, limit=10), key=lambda run: -run.created_at.timestamp()
        )
    assert ahead.created_at > datetime.now(UTC) > own.created_at
    assert own.state is RunState.DONE


class _Ahead(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "_Ahead":
        return super().now(tz) + timedelta(days=300)
