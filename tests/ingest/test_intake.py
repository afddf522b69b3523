"""What comes in is committed once, told once, and kept aside if it cannot be read."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from notifier.db import Database, DatabaseUnavailable, Transaction
from notifier.events import signals
from notifier.events.announce import Announcer
from notifier.events.event import Event
from notifier.events.record import Recorder
from notifier.events.tables import EventRow
from notifier.ingest.committer import Committer
from notifier.ingest.errors import BodyRefused
from notifier.ingest.intake import Intake, Tally
from notifier.ingest.kinds import KindFinder
from notifier.ingest.rejects import MAX_AT_ONCE, Reject, list_rejects
from notifier.ingest.source import Receipt
from tests.ingest import told

SENDER = object()


class Desk:
    """An intake, and what it has announced."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.recorder = Recorder()
        self.told: list[Event] = []
        self.fails: Callable[[Sequence[Event]], Exception | None] = lambda _: None
        self.committer = Committer(
            database, Announcer(SENDER, self.recorder), self.recorder
        )
        self.intake = Intake(KindFinder(database, self.recorder), self.committer)
        self.receipt = Receipt(source=told.source(database), at_ns=told.NOW_NS)
        signals.connect_all(self.receive, SENDER)

    def receive(
        self, _sender: object, *, events: Sequence[Event], transaction: Transaction
    ) -> None:
        if (error := self.fails(events)) is not None:
            raise error
        transaction.after_commit(lambda: self.told.extend(events))

    def take(self, *events: Any) -> Tally:
        return self.intake.take(self.receipt, told.envelope(*events))

    def recorded(self) -> list[Event]:
        with self.database.read() as connection:
            rows = connection.execute(
                sa.select(EventRow.__table__).order_by(EventRow.id)
            ).all()
            return self.recorder.events(connection, rows)

    def rejects(self) -> Sequence[Reject]:
        with self.database.read() as connection:
            return list_rejects(connection, self.receipt.source.id, limit=1000)


@pytest.fixture(name="desk")
def _desk(database: Database) -> Iterator[Desk]:
    desk = Desk(database)
    yield desk
    desk.intake.close()


def test_what_comes_in_is_in_the_log_and_told(desk: Desk) -> None:
    event = told.event()

    tally = desk.take(event)

    [recorded] = desk.recorded()
    assert tally == Tally(recorded=1, known=0, rejected=0)
    assert recorded.ingested is not None
    assert recorded.ingested.id == event["id"]
    assert desk.told == [recorded]


def test_the_same_event_is_recorded_and_told_once(desk: Desk) -> None:
    event, other = told.event(), told.event()
    desk.take(event)

    again = desk.take(event, other, other)

    assert again == Tally(recorded=1, known=2, rejected=0)
    assert len(desk.recorded()) == len(desk.told) == 2


def test_the_same_of_another_source_is_another_event(desk: Desk) -> None:
    event = told.event()
    desk.take(event)
    desk.receipt = replace(
        desk.receipt, source=told.source(desk.database, "registry-3")
    )

    assert desk.take(event).recorded == 1


def test_what_has_no_time_is_known_again_for_a_while(desk: Desk) -> None:
    body = told.sample("others/quay-push.json")
    later = replace(desk.receipt, at_ns=desk.receipt.at_ns + 120 * 10**9)
    much_later = replace(desk.receipt, at_ns=desk.receipt.at_ns + 600 * 10**9)

    tallies = [
        desk.intake.take(receipt, body) for receipt in (desk.receipt, later, much_later)
    ]

    assert [tally.recorded for tally in tallies] == [2, 0, 2]


def test_the_good_ones_go_in_and_the_others_are_kept_aside(desk: Desk) -> None:
    bad = told.event(target=told.target(digest="sha256:x"))

    tally = desk.take(told.event(), bad, told.event(), "push")

    assert tally == Tally(recorded=2, known=0, rejected=2)
    newest, oldest = desk.rejects()
    assert oldest.reason == "target.digest: 'sha256:x' is no digest"
    assert json.loads(oldest.content) == bad
    assert newest.reason == "event: must be an object"
    assert newest.content == '"push"'


def test_what_is_refused_again_is_kept_aside_once(desk: Desk) -> None:
    for _ in range(3):
        desk.take(told.event(action="rename", id="1", request=None))

    assert len(desk.rejects()) == 1


def test_of_many_bad_events_some_are_kept_aside(desk: Desk) -> None:
    tally = desk.take(*range(MAX_AT_ONCE + 50))

    assert tally == Tally(recorded=0, known=0, rejected=MAX_AT_ONCE + 50)
    assert len(desk.rejects()) == MAX_AT_ONCE


def test_a_body_that_holds_no_events_is_kept_aside(desk: Desk) -> None:
    with pytest.raises(BodyRefused, match="the body is not JSON"):
        desk.intake.take(desk.receipt, b"<xml>" + b"x" * 10_000)

    [reject] = desk.rejects()
    assert reject.content.startswith("<xml>")
    assert (len(reject.content), reject.size) == (4096, 10_005)
    assert desk.recorded() == []


def test_an_empty_envelope_is_nothing(desk: Desk) -> None:
    tally = desk.intake.take(desk.receipt, b'{"events": []}')

    assert tally == Tally(recorded=0, known=0, rejected=0)


def test_many_events_come_in_at_once(desk: Desk) -> None:
    events = [told.event(action=("push", "pull")[n % 2]) for n in range(500)]
    desk.take(*events[:250])

    assert desk.take(*events) == Tally(recorded=250, known=250, rejected=0)
    assert len(desk.recorded()) == len(desk.told) == 500


def test_events_lie_in_the_order_of_their_time(desk: Desk) -> None:
    times = [f"2026-11-23T18:{minute:02}:00Z" for minute in (30, 10, 50)]
    for at in times:
        desk.take(told.event(timestamp=at))

    minutes = [event.timestamp_ns // (60 * 10**9) % 60 for event in desk.recorded()]
    assert minutes == [10, 30, 50]


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


def _is_poisoned(events: Sequence[Event]) -> Exception | None:
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


def test_what_came_before_the_end_is_committed(desk: Desk) -> None:
    started = threading.Barrier(2)

    def slow(_events: Sequence[Event]) -> None:
        started.wait(10)

    desk.fails = slow
    with ThreadPoolExecutor(1) as pool:
        taking = pool.submit(desk.take)
        started.wait(10)
        desk.intake.close()

        assert taking.result(10).recorded == 1


def test_two_processes_record_an_event_once(database: Database, desk: Desk) -> None:
    other = Desk.__new__(Desk)
    other.__dict__.update(desk.__dict__)
    other.recorder = Recorder()
    other.committer = Committer(
        database, Announcer(SENDER, other.recorder), other.recorder
    )
    other.intake = Intake(KindFinder(database, other.recorder), other.committer)
    events = [told.event() for _ in range(30)]

    with ThreadPoolExecutor(2) as pool:
        tallies = list(
            pool.map(
                lambda one: [one.take(*events[n : n + 3]) for n in range(0, 30, 3)],
                (desk, other),
            )
        )
    other.intake.close()

    assert sum(tally.recorded for each in tallies for tally in each) == 30
    assert len(desk.recorded()) == len(desk.told) == 30
