"""What comes in at once is committed together, and nobody suffers from others."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest

from notifier.db import Database, DatabaseUnavailable
from notifier.events.announce import Announcer
from notifier.events.envelope import dump_event
from notifier.events.event import Event
from notifier.events.record import Recorder
from notifier.ids import uuid7
from notifier.ingest.commit_client import CommitClient
from notifier.ingest.committer import Committer
from notifier.ingest.intake import Intake, Tally
from tests.ingest import told
from tests.ingest.desk import SENDER, Desk


def test_an_event_that_comes_back_from_where_it_was_sent_is_known(desk: Desk) -> None:
    desk.take(told.event())
    [event] = desk.recorded()
    back = dump_event(event)

    assert desk.take(back, back) == Tally(recorded=0, known=2, rejected=0)
    # Such an id may be one of another log.
    other = back | {"id": str(uuid7(event.timestamp_ns))}
    assert desk.take(other, other) == Tally(recorded=1, known=1, rejected=0)
    assert desk.take(told.event(id=str(uuid7()))).recorded == 1
    assert len(desk.recorded()) == 3


def test_requests_that_come_at_once_are_each_told_of_their_own(desk: Desk) -> None:
    shared = told.event()

    with ThreadPoolExecutor(8) as pool:
        tallies = list(
            pool.map(lambda n: desk.take(shared, *[told.event()] * (n % 3)), range(60))
        )

    assert sum(tally.recorded for tally in tallies) == len(desk.recorded()) == 41
    assert sum(tally.known for tally in tallies) == 59 + 20
    assert len(desk.told) == 41


@pytest.mark.parametrize("kind", ["blob", "manifest"])
def test_what_was_deleted_is_of_the_kind_that_the_log_knows(
    desk: Desk, kind: str
) -> None:
    media_type = {"blob": "application/octet-stream"}.get(kind, "application/x")
    push = told.event(target=told.target(mediaType=media_type, url=None, tag=None))
    delete = told.event(
        action="delete", target={"repository": "a", "digest": told.DIGEST}
    )
    unknown = told.event(
        action="delete", target={"repository": "a", "digest": f"sha256:{'0' * 64}"}
    )
    desk.take(push)

    desk.take(delete, unknown)
    desk.take(told.event(action="delete", target=delete["target"]))

    kinds = {event.ingested and event.ingested.id: event for event in desk.recorded()}
    assert kinds[delete["id"]].target.kind == kind
    assert kinds[unknown["id"]].target.kind is None
    assert [event.target.kind for event in desk.told].count(None) == 1


def _is_poisoned(events: Iterable[Event]) -> Exception | None:
    poisoned = any(event.actor == "poison" for event in events)
    return ValueError("a receiver fails") if poisoned else None


def test_one_that_cannot_be_committed_does_no_harm_to_others(desk: Desk) -> None:
    desk.fails = _is_poisoned

    def take(number: int) -> Tally | Exception:
        actor = {"name": "poison" if number % 4 == 0 else "alice"}
        try:
            return desk.take(told.event(actor=actor))
        except ValueError as error:
            return error

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(take, range(40)))

    assert [isinstance(result, ValueError) for result in results] == [
        number % 4 == 0 for number in range(40)
    ]
    assert len(desk.recorded()) == len(desk.told) == 30


def test_a_database_that_is_away_is_told_to_all_that_wait(desk: Desk) -> None:
    desk.fails = lambda _: DatabaseUnavailable("it is away")

    with pytest.raises(DatabaseUnavailable):
        desk.take()
    desk.fails = lambda _: None

    assert desk.take().recorded == 1


def test_two_processes_record_an_event_once(database: Database, desk: Desk) -> None:
    other = Desk.__new__(Desk)
    other.__dict__.update(desk.__dict__)
    other.recorder = Recorder()
    announcer = Announcer(SENDER, other.recorder)
    commits = CommitClient(None, Committer(database, announcer))
    other.intake = Intake(database, other.recorder, announcer, commits)
    events = [told.event() for _ in range(30)]

    with ThreadPoolExecutor(2) as pool:
        tallies = list(
            pool.map(
                lambda one: [one.take(*events[n : n + 3]) for n in range(0, 30, 3)],
                (desk, other),
            )
        )

    assert sum(tally.recorded for each in tallies for tally in each) == 30
    assert len(desk.recorded()) == len(desk.told) == 30
