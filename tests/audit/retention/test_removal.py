"""What something new refers to does not leave the log."""

import threading
from collections.abc import Sequence
from uuid import UUID

import pytest

from notifier.audit.retention.removal import delete_rows
from notifier.events.holding import hold_events
from notifier.ids import uuid7
from tests.audit.retention.site import Site


def test_what_is_held_stays_for_those_who_refer_to_it(site: Site) -> None:
    """The one who deletes has looked before the other has committed."""
    old = site.record_many(100, 4)
    stayed = list[set[UUID]]()

    def delete() -> None:
        with site.database.transaction() as transaction:
            stayed.append(delete_rows(transaction, old))
        site.database.leave()

    deleting = threading.Thread(target=delete)
    with site.database.transaction() as transaction:
        assert hold_events(transaction, [old[1], uuid7()]) == {old[1]}
        deleting.start()
        deleting.join(0.2)
        site.insert_deliveries(transaction, [old[1]])
    deleting.join()

    assert stayed == [{old[1]}]
    assert site.ids() == [old[1]]


@pytest.mark.parametrize("wanted", [[], [0, 2]], ids=str)
def test_only_what_is_named_is_deleted(site: Site, wanted: Sequence[int]) -> None:
    old = site.record_many(100, 4)

    with site.database.transaction() as transaction:
        assert delete_rows(transaction, [old[place] for place in wanted]) == set()

    assert site.ids() == [id_ for place, id_ in enumerate(old) if place not in wanted]
