"""What comes in is committed, told once, and kept aside if it cannot be read."""

import json
from dataclasses import replace

import pytest

from notifier.ingest import committer, intake
from notifier.ingest.errors import BodyRefused
from notifier.ingest.intake import Tally
from notifier.ingest.rejects import MAX_AT_ONCE
from tests.ingest import told
from tests.ingest.desk import Desk


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


def test_what_is_much_is_committed_in_parts(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (intake, committer):
        monkeypatch.setattr(module, "MAX_TOGETHER", 3)
    events = [told.event() for _ in range(7)]

    tally = desk.take(*events, told.event(action="?"), events[0])

    assert tally == Tally(recorded=7, known=1, rejected=1)
    assert desk.commits == 3
    assert len(desk.recorded()) == len(desk.told) == 7
    assert len(desk.rejects()) == 1


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
