"""Lines say all that the log knows of an event, and are read back as it was."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec import Struct
from msgspec.structs import fields, replace

from notifier.db import Database
from notifier.events.event import Event, Ingested, TagChange
from notifier.events.lines import (
    Recorded,
    find_id,
    parse_line,
    parse_recorded,
    render_line,
    render_recorded,
)
from notifier.events.record import Recorder
from notifier.events.tables import EventRow
from notifier.registry.digest import Digest
from tests import factories
from tests.events.test_record import samples

RECORDED_AT = datetime(2026, 5, 1, 15, 28, 51, 123456, UTC)


def full() -> Event:
    """Make an event that says something about everything."""
    event = factories.event(
        artifact_type="application/spdx+json",
        actor="alice",
        credential="password",
        tag_change=TagChange.MOVED,
        previous_digest=Digest.of(b"o", "sha512"),
        ingested=Ingested("registry-2", "78982b8b-b64c-4157-b781-cb09effe27f9"),
        detail={"ü": [1, None, 0.5]},
    )
    target = event.target
    assert target.descriptor is not None
    reference = replace(target.descriptor, platform={"os": "linux"})
    return replace(
        event,
        target=replace(
            target,
            descriptor=reference,
            from_repository="base/debian",
            references=(reference, replace(reference, size=0)),
        ),
    )


def _missing(value: Any, path: str = "") -> Iterator[str]:
    """Name the fields of *value* that say nothing."""
    for field in fields(value):
        inner = getattr(value, field.name)
        if inner is None:
            yield f"{path}.{field.name}"
        elif isinstance(inner, Struct):
            yield from _missing(inner, f"{path}.{field.name}")


EVENTS = {"full": full(), **samples()}


def test_the_full_event_has_all_fields_that_there_are() -> None:
    assert list(_missing(EVENTS["full"])) == []


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_is_read_back_as_it_was(name: str) -> None:
    event = EVENTS[name]
    recorded = Recorded(event, RECORDED_AT)

    assert parse_line(render_line(event)) == event
    assert parse_recorded(render_recorded(recorded)) == recorded
    assert find_id(render_recorded(recorded)) == event.id


def test_what_an_older_line_does_not_say_was_not_known() -> None:
    event = replace(EVENTS["full"], credential=None, detail=None, tag_change=None)
    line = json.loads(render_line(event))
    for name in ("credential", "detail", "tag_change"):
        del line[name]

    assert parse_line(json.dumps(line).encode()) == event


@pytest.mark.parametrize("zone", [b"Z", b"+00:00"])
def test_the_time_of_a_row_is_read_in_both_ways_it_was_ever_written(
    zone: bytes,
) -> None:
    recorded = Recorded(EVENTS["full"], RECORDED_AT)
    line = render_recorded(recorded)

    assert parse_recorded(line.replace(b'Z"}\n', zone + b'"}\n')) == recorded


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"[]", b'{"event":{"id":"x', render_line(full())[:-9]]
)
def test_what_is_no_line_is_told(line: bytes) -> None:
    for parse in (parse_line, parse_recorded):
        with pytest.raises(ValueError, match=r"JSON|Input|Object|Expected"):
            parse(line)
    with pytest.raises(ValueError, match=r"line of an archive|UUID"):
        find_id(line)


def test_rows_that_are_put_back_are_what_they_were(database: Database) -> None:
    recorder = Recorder()
    events = [
        replace(event, id=factories.event(at_ns=number).id)
        for number, event in enumerate(EVENTS.values())
    ]
    with database.transaction() as transaction:
        recorder.insert(transaction, events)
    before = _rows(database)
    with database.transaction() as transaction:
        lines = Recorder().lines(transaction.connection, before)
        transaction.execute(sa.delete(EventRow).where(EventRow.id != events[0].id))

    for _ in range(2):
        with database.transaction() as transaction:
            recorder.put_back(transaction, lines)

    assert _rows(database) == before


def _rows(database: Database) -> list[Any]:
    with database.read() as connection:
        whole = sa.select(EventRow.__table__).order_by(EventRow.id)
        return list(connection.execute(whole))
