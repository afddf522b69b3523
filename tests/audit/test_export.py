"""An export has all that was asked for, and can be gone on with from any line."""

import csv
import io
import json
import re
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifier.audit import export as module
from notifier.audit.cells import COLUMNS
from notifier.audit.export import FORMATS, Export, Format
from notifier.audit.questions import Question, only
from notifier.db import Database
from notifier.events.event import Action, Ingested, RequestRecord, TagChange
from notifier.events.record import Recorder
from notifier.events.tables import EventRow
from notifier.ids import uuid7
from notifier.registry.digest import Digest
from notifier.web.api.schemas.events import EntrySchema
from tests import factories
from tests.audit.logs import DAY_NS, SECOND_NS, fill, newest_first

_EVENTS = [
    factories.event(
        Action.PULL if number % 3 else Action.PUSH,
        repository=f"team/app-{number % 2}",
        at_ns=DAY_NS + number * SECOND_NS,
    )
    for number in range(50)
]
_OLDEST_FIRST = newest_first(_EVENTS)[::-1]

both_formats = pytest.mark.parametrize("format_", FORMATS.values(), ids=[*FORMATS])


@pytest.fixture(name="recorder")
def _recorder(database: Database, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """Fill the log; have it exported in many parts."""
    monkeypatch.setattr(module, "_AT_ONCE", 7)
    recorder = Recorder()
    fill(database, recorder, _EVENTS)
    return recorder


def _export(
    database: Database,
    recorder: Recorder,
    format_: Format,
    question: Question | None = None,
    after: UUID | None = None,
) -> bytes:
    made = Export(database, recorder, question or Question(), format_, after)
    return made.head + b"".join(part.content for part in made.parts() if part)


def _records(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_ndjson_has_the_items_of_lists_the_oldest_first(
    database: Database, recorder: Recorder
) -> None:
    question = Question(action=only(Action.PUSH), repository=only("team/app-1"))
    content = _export(database, recorder, FORMATS["ndjson"], question)

    ids = [FORMATS["ndjson"].find_id(line) for line in content.splitlines()]
    assert ids == [
        event.id
        for event in _OLDEST_FIRST
        if event.action is Action.PUSH and event.target.repository == "team/app-1"
    ]
    assert set(EntrySchema().fields) == set(json.loads(content.splitlines()[0]))


@both_formats
def test_it_goes_on_behind_any_of_its_lines(
    database: Database, recorder: Recorder, format_: Format
) -> None:
    whole = _export(database, recorder, format_)
    lines = whole.removeprefix(format_.head).splitlines(keepends=True)

    assert whole.startswith(format_.head)
    assert len(lines) == len(_EVENTS)
    for number in (1, 6, 7, 8, 49, 50):
        after = format_.find_id(lines[number - 1])
        rest = _export(database, recorder, format_, after=after)
        assert rest == b"".join(lines[number:])


@both_formats
def test_an_export_of_nothing_has_a_head_alone(
    database: Database, recorder: Recorder, format_: Format
) -> None:
    question = Question(repository=only("team/other"))

    assert _export(database, recorder, format_, question) == format_.head


def test_a_record_says_what_an_event_says(database: Database) -> None:
    recorder = Recorder()
    event = factories.event(
        actor="alice",
        artifact_type="application/x",
        tag_change=TagChange.MOVED,
        previous_digest=Digest.of(b"before"),
        credential="password",
        ingested=Ingested("hub", "7"),
        detail={"a": "1,2"},
    )
    fill(database, recorder, [event])

    [record] = _records(_export(database, recorder, FORMATS["csv"]))

    assert tuple(record) == COLUMNS
    assert event.target.descriptor is not None
    assert record.pop("recorded_at").startswith("20")
    assert record.pop("timestamp").startswith("20")
    assert record == {
        "id": str(event.id),
        "action": "push",
        "kind": "manifest",
        "repository": "team/app",
        "tag": "1.0",
        "digest": event.target.descriptor.digest,
        "media_type": event.target.descriptor.media_type,
        "size": "2",
        "artifact_type": "application/x",
        "tag_change": "moved",
        "previous_digest": Digest.of(b"before"),
        "from_repository": "",
        "actor": "alice",
        "credential": "password",
        "address": "192.0.2.1:40000",
        "method": "PUT",
        "host": "registry:5000",
        "useragent": "docker/27.3.1",
        "request_id": str(event.request.id),
        "node": "registry:5000",
        "ingested_source": "hub",
        "ingested_id": "7",
        "detail": '{"a":"1,2"}',
    }


_texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    | st.sampled_from("=+-@\t\r\n\",'"),
    min_size=1,
    max_size=6,
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_texts)
def test_no_cell_is_a_formula_and_no_record_takes_two_lines(
    database: Database, text: str
) -> None:
    recorder = Recorder()
    request = RequestRecord(
        id=uuid7(), addr=text, host=text, method="GET", useragent=text
    )
    event = factories.event(
        tag=text, actor=text, request=request, ingested=Ingested("hub", text)
    )
    with database.transaction() as transaction:
        transaction.execute(sa.delete(EventRow))
        recorder.insert(transaction, [event])

    content = _export(database, recorder, FORMATS["csv"])

    [record] = _records(content)
    assert content.count(b"\n") == 2
    assert content.endswith(b"\r\n")
    shown = re.sub(r"\r\n|\r|\n", " ", text)
    guarded = f"'{shown}" if text[0] in "=+-@\t" else shown
    for column in ("useragent", "host", "actor", "address", "ingested_id", "tag"):
        assert record[column] == guarded, column
