"""The golden samples are envelopes as distribution 3.1 writes them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from notifier.events.envelope import dump_event, render_envelope, render_timestamp
from notifier.events.event import (
    Action,
    Descriptor,
    Event,
    Kind,
    RequestRecord,
    Source,
    TagChange,
    Target,
)
from notifier.registry.digest import Digest
from tests import factories

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.json"))


def descriptor(item: dict[str, Any]) -> Descriptor:
    return Descriptor(
        media_type=item["mediaType"],
        digest=Digest(item["digest"]),
        size=item["size"],
        platform=item.get("platform"),
    )


def nanoseconds(text: str) -> int:
    whole, _, fraction = text.removesuffix("Z").partition(".")
    at = datetime.fromisoformat(whole).replace(tzinfo=UTC)
    return int(at.timestamp()) * 1_000_000_000 + int(fraction.ljust(9, "0"))


def read(item: dict[str, Any]) -> Event:
    """Make the event that a sample shows."""
    target, request, source = item["target"], item["request"], item["source"]
    references = target.get("references")
    return Event(
        id=UUID(item["id"]),
        timestamp_ns=nanoseconds(item["timestamp"]),
        action=Action(item["action"]),
        target=Target(
            kind=Kind.MANIFEST,
            repository=target["repository"],
            descriptor=descriptor(target) if target["digest"] else None,
            tag=target.get("tag"),
            from_repository=target.get("fromRepository"),
            url=target.get("url"),
            references=references and tuple(map(descriptor, references)),
        ),
        request=RequestRecord(**{**request, "id": UUID(request["id"])}),
        source=Source(addr=source["addr"], instance_id=UUID(source["instanceID"])),
        actor=item["actor"].get("name"),
    )


def in_order(text: bytes) -> Any:
    """Read JSON such that the order of its keys counts."""
    return json.loads(text, object_pairs_hook=list)


def test_there_is_a_sample_of_each_kind() -> None:
    assert len(SAMPLES) == 13


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_an_envelope_equals_its_sample_field_by_field_and_in_order(
    sample: Path,
) -> None:
    golden = sample.read_bytes()
    events = [read(item) for item in json.loads(golden)["events"]]

    assert in_order(render_envelope(events)) == in_order(golden)


def test_an_envelope_holds_many_events_in_their_order() -> None:
    events = [factories.event(tag=tag) for tag in ("a", "b", "c")]

    rendered = json.loads(render_envelope(events))

    assert rendered == {"events": [dump_event(event) for event in events]}
    assert json.loads(render_envelope([])) == {"events": []}


def test_a_delete_tells_what_is_gone_but_no_length_and_no_address() -> None:
    target = dump_event(factories.event(Action.DELETE, content=b"gone"))["target"]

    assert target == {
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": factories.digest(b"gone"),
        "size": 4,
        "repository": "team/app",
        "tag": "1.0",
    }


def test_an_empty_list_of_references_is_shown_and_an_absent_one_is_not() -> None:
    event = factories.event()
    empty = replace(event, target=replace(event.target, references=()))

    assert "references" not in dump_event(event)["target"]
    assert dump_event(empty)["target"]["references"] == []


def test_an_artifact_type_stands_beside_the_envelope() -> None:
    event = factories.event(artifact_type="application/spdx+json")
    without = replace(event, target=replace(event.target, artifact_type=None))

    assert render_envelope([event]) == render_envelope([without])


def test_what_a_push_did_to_its_tag_stands_beside_the_envelope() -> None:
    event = factories.event()
    moved = replace(
        event, tag_change=TagChange.MOVED, previous_digest=Digest.of(b"old")
    )

    assert dump_event(moved) == dump_event(event)


def test_an_event_of_no_repository_can_be_told() -> None:
    event = replace(
        factories.event(Action.PING), target=Target(kind=None, repository=None)
    )

    assert dump_event(event)["target"] == {"mediaType": "", "digest": "", "size": 0}


def test_a_name_beyond_ascii_stays_as_it_is() -> None:
    event = replace(factories.event(), actor="Zoë <z@example.com>")

    assert "Zoë <z@example.com>".encode() in render_envelope([event])


@pytest.mark.parametrize(
    ("at_ns", "expected"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1, "1970-01-01T00:00:00.000000001Z"),
        (500_000_000, "1970-01-01T00:00:00.5Z"),
        (1_777_649_331_123_456_789, "2026-05-01T15:28:51.123456789Z"),
        (1_777_649_331_120_000_000, "2026-05-01T15:28:51.12Z"),
        (1_777_649_331_000_000_000, "2026-05-01T15:28:51Z"),
    ],
)
def test_a_time_is_written_as_go_does(at_ns: int, expected: str) -> None:
    assert render_timestamp(at_ns) == expected


@given(st.integers(0, 4_000_000_000_000_000_000))
def test_no_nanosecond_of_a_time_is_lost(at_ns: int) -> None:
    assert nanoseconds(render_timestamp(at_ns)) == at_ns
