"""Many rows are added by few statements, but for those that are there."""

from collections.abc import Sequence
from uuid import UUID

import pytest

from notifier.db import Database, PreparedRows
from notifier.events.event import Action, Event
from notifier.events.record import Recorder
from notifier.events.tables import EventRow
from tests import factories
from tests.events.test_record import read


@pytest.fixture(name="recorder")
def _recorder() -> Recorder:
    return Recorder()


def _add(
    database: Database, recorder: Recorder, events: list[Event]
) -> Sequence[Event]:
    drafts = recorder.draft(database, events)
    with database.transaction() as transaction:
        added = recorder.add(transaction, drafts, events)
    assert {action for action in added if action} <= {Action.PUSH}
    return [event for event, action in zip(events, added, strict=True) if action]


@pytest.mark.parametrize("number", [1, 2, 3, 15, 16, 17, 63, 64, 65, 200])
def test_any_number_of_rows_is_added(
    database: Database, recorder: Recorder, number: int
) -> None:
    events = [factories.event() for _ in range(number)]

    assert _add(database, recorder, events) == events

    assert read(database, recorder) == sorted(events, key=lambda event: event.id)


def test_those_that_are_there_stay_as_they_are(
    database: Database, recorder: Recorder
) -> None:
    events = [factories.event() for _ in range(40)]
    _add(database, recorder, events[::3])

    added = _add(database, recorder, events)

    assert added == [event for number, event in enumerate(events) if number % 3]
    assert len(read(database, recorder)) == 40


def test_rows_can_be_bound_before_there_is_a_transaction(
    database: Database, recorder: Recorder
) -> None:
    event, other = factories.event(), factories.event(repository="another/app")

    before = recorder.draft(database, [event])
    _add(database, recorder, [event])
    after = recorder.draft(database, [other, event])

    assert [draft.row is None for draft in before] == [True]
    assert [draft.row is None for draft in after] == [True, False]
    assert [draft.id for draft in after] == [other.id.bytes, event.id.bytes]


def test_what_was_drafted_and_what_was_not_go_in_together(
    database: Database, recorder: Recorder
) -> None:
    _add(database, recorder, [factories.event(), factories.event(tag="another")])
    known = [factories.event() for _ in range(3)]
    strange = [factories.event(repository=f"another/{name}") for name in "abc"]
    events = [*strange[:1], *known[:2], *strange[1:], *known[2:]]

    assert _add(database, recorder, events) == events

    written = {event.id: event for event in read(database, recorder)}
    assert [written[event.id] for event in events] == events


def test_a_row_of_a_new_digest_is_drafted_and_gets_its_number(
    database: Database, recorder: Recorder
) -> None:
    _add(database, recorder, [factories.event()])
    new = [factories.event(content=content) for content in (b"1", b"2")]

    drafts = recorder.draft(database, new)

    assert all(draft.row is not None for draft in drafts)
    assert _add(database, recorder, new) == new
    written = {event.id: event for event in read(database, recorder)}
    assert [written[event.id] for event in new] == new


def test_values_convert_as_their_columns_say(database: Database) -> None:
    rows = PreparedRows(EventRow.id)
    nothing = [None] * len(EventRow.__table__.columns)

    [bound] = rows.bind(database.engine.dialect, [[UUID(int=1), *nothing[1:]]])

    assert bound[0] in {UUID(int=1), UUID(int=1).bytes}
    assert bound[1:] == nothing[1:]
