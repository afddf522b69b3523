"""Hosts and programs that strangers name: the log keeps so many of them."""

from collections.abc import Iterable

import pytest
import sqlalchemy as sa

from notifier.db import Database, Interned, Text
from notifier.events import strangers
from notifier.events.event import Event, RequestRecord
from notifier.events.record import Recorder
from notifier.events.rows import picker
from notifier.events.strangers import EVERY_S, STAND_IN, Strangers
from notifier.events.tables import EventRow
from notifier.ids import uuid7
from tests import factories


def by(useragent: str) -> Event:
    request = RequestRecord(
        id=uuid7(), addr="", host="registry", method="GET", useragent=useragent
    )
    return factories.event(request=request)


def read(database: Database) -> list[Event]:
    with database.read() as connection:
        rows = connection.execute(sa.select(EventRow.__table__).order_by(EventRow.id))
        return Recorder().events(connection, rows.all())


def record(database: Database, recorder: Recorder, events: Iterable[Event]) -> None:
    with database.transaction() as transaction:
        recorder.insert(transaction, list(events))


def test_new_texts_become_one_beyond_a_number_and_old_ones_stay(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(database, Recorder(), [by("docker/27")])
    monkeypatch.setattr(strangers, "BURST", 2)

    record(database, Recorder(), [by(f"curl/{n}") for n in range(4)])
    record(database, Recorder(), [by("docker/27")])

    assert [event.request.useragent for event in read(database)] == [
        "docker/27",
        "curl/0",
        "curl/1",
        STAND_IN,
        STAND_IN,
        "docker/27",
    ]
    with database.read() as connection:
        texts = set(connection.scalars(sa.select(Text.text)))
    assert {"curl/0", "curl/1", STAND_IN} <= texts
    assert "curl/2" not in texts


def test_one_more_is_admitted_every_so_often(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strangers, "BURST", 2)
    now = 0.0
    bound = Strangers(Interned(Text.id, Text.text), lambda: now)

    with database.read() as connection:
        first = bound.stand_ins(connection, ["a", "b", "c"])
        now += EVERY_S
        later = bound.stand_ins(connection, ["c", "d"])

    assert first == {"c": STAND_IN}
    assert later == {"d": STAND_IN}


def test_what_comes_back_from_an_archive_is_as_it_was(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strangers, "BURST", 2)
    recorder = Recorder()
    events = [by(f"curl/{n}") for n in range(4)]
    with database.transaction() as transaction:
        rows = recorder.rows(transaction, events)

    assert len(set(map(picker(["useragent_text"]), rows))) == 4
