"""Items that are written fast are those that lists have."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from notifier.audit.answers import Entry
from notifier.audit.items import render_item
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
from notifier.registry.digest import Digest
from notifier.web.api.schemas.events import EntrySchema

# Half characters cannot be stored.
_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
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
_moments = st.integers(0, 2**52).map(
    lambda count: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=count)
)


@given(st.builds(Entry, _events, _moments))
def test_an_item_is_byte_for_byte_that_of_a_list(entry: Entry) -> None:
    assert render_item(entry) == orjson.dumps(EntrySchema().dump(entry))
