"""Items that are written fast are those that lists have, whatever events say."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import orjson
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifier.audit.answers import get_entry
from notifier.audit.items import render_items, render_moment
from notifier.db import Database
from notifier.events.event import (
    Action,
    Descriptor,
    Event,
    Ingested,
    Kind,
    RequestRecord,
    Source,
    TagChange,
    Target,
)
from notifier.events.record import Recorder
from notifier.events.tables import EventRow
from notifier.registry.digest import Digest
from notifier.web.api.schemas.events import EntrySchema
from notifier.web.api.schemas.fields import Instant

# What a database can hold.
_texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8
)
_digests = st.binary(max_size=2).map(Digest.of)
_objects: st.SearchStrategy[dict[str, Any]] = st.dictionaries(_texts, _texts)
_descriptors = st.builds(
    Descriptor,
    media_type=_texts,
    digest=_digests,
    size=st.integers(0, 2**53),
    platform=st.none() | _objects,
)
_targets = st.builds(
    Target,
    kind=st.none() | st.sampled_from(Kind),
    repository=st.none() | _texts,
    descriptor=st.none() | _descriptors,
    tag=st.none() | _texts,
    from_repository=st.none() | _texts,
    url=st.none() | _texts,
    references=st.none() | st.lists(_descriptors, max_size=2).map(tuple),
    artifact_type=st.none() | _texts,
)
_events = st.builds(
    Event,
    id=st.uuids(),
    timestamp_ns=st.integers(0, 2**62),
    action=st.sampled_from(Action),
    target=_targets,
    request=st.builds(
        RequestRecord,
        id=st.uuids(),
        addr=_texts,
        host=_texts,
        method=_texts,
        useragent=_texts,
    ),
    source=st.builds(Source, addr=_texts, instance_id=st.uuids()),
    actor=st.none() | _texts,
    credential=st.none() | _texts,
    tag_change=st.none() | st.sampled_from(TagChange),
    previous_digest=st.none() | _digests,
    ingested=st.none() | st.builds(Ingested, _texts, st.none() | _texts),
    detail=st.none() | _objects,
)


@pytest.fixture(name="recorder")
def _recorder() -> Recorder:
    return Recorder()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_events, max_size=5, unique_by=lambda event: event.id))
def test_items_are_byte_for_byte_those_of_a_list(
    database: Database, recorder: Recorder, events: list[Event]
) -> None:
    with database.transaction() as transaction:
        transaction.execute(sa.delete(EventRow))
        if events:
            recorder.insert(transaction, events)
    ids = [event.id for event in events]

    with database.read() as connection:
        items = render_items(connection, recorder, [*ids, uuid4()])
        entries = [get_entry(connection, recorder, id_) for id_ in ids]

    listed = [orjson.dumps(EntrySchema().dump(entry)) for entry in entries]
    assert items == [*listed, None]


@given(st.integers(0, 2**52))
def test_a_moment_is_written_as_lists_have_it(microseconds: int) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)

    assert render_moment(microseconds) == Instant().serialize("at", {"at": moment})
