"""What registry:2, registry:3 and GitLab send is read as it was meant."""

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from msgspec import structs

from notifier.events.envelope import dump_event
from notifier.events.event import Action, Event, Ingested, Kind
from notifier.ingest.errors import EventRefused
from notifier.ingest.source import Receipt
from tests.ingest import told

CAPTURED = sorted(
    str(path.relative_to(told.SAMPLES)) for path in told.SAMPLES.glob("registry-*/*")
)
KINDS = {
    "push-blob": Kind.BLOB,
    "pull-blob": Kind.BLOB,
    "head-blob": Kind.BLOB,
    "mount": Kind.BLOB,
    # These registries do not tell which of the two they have deleted.
    "delete-blob": None,
    "delete-manifest": None,
}


def read(receipt: Receipt, **more: Any) -> Event:
    """Read one event that is told."""
    [incoming] = told.read_all(told.envelope(told.event(**more)), receipt)
    return incoming.event


def _as_told(original: dict[str, Any]) -> dict[str, Any]:
    """Write an event as registry:3 does: registry:2 leaves out what is empty."""
    target = {"mediaType": "", "digest": "", "size": 0, **original["target"]}
    return {**original, "target": target}


@pytest.mark.parametrize("name", CAPTURED)
def test_what_two_registries_sent_is_told_again_as_it_was(
    receipt: Receipt, name: str
) -> None:
    [original] = json.loads(told.sample(name))["events"]

    [(event, earlier)] = told.read_all(told.sample(name), receipt)

    assert dump_event(event) == _as_told(original) | {"id": str(event.id)}
    assert event.ingested == Ingested("registry-2", original["id"])
    assert event.credential == "ingest"
    assert event.target.kind is KINDS.get(name.split("/")[1][:-5], Kind.MANIFEST)
    assert earlier == ()


def test_an_envelope_may_hold_many_events(receipt: Receipt) -> None:
    events = [told.event() for _ in range(3)]

    read = told.read_all(told.envelope(*events), receipt)

    assert [incoming.event.ingested for incoming in read] == [
        Ingested("registry-2", event["id"]) for event in events
    ]


def test_gitlab_says_more_of_actors_and_calls_requests_by_ulids(
    receipt: Receipt,
) -> None:
    ulid = "01HXYZ3V6D9N8K2M4P5Q6R7S8T"
    request = told.event()["request"] | {"id": ulid}
    actor = {"name": "root", "user_type": "personal_access_token", "user": "eyJ0eXAi"}

    event, again = (
        read(receipt, request=request, actor=actor, meta={"project_path": "team/app"})
        for _ in range(2)
    )

    assert event.actor == "root"
    assert event.request.id == again.request.id
    assert event.request.id.version == 8


def test_an_event_without_an_id_is_known_by_all_it_says(receipt: Receipt) -> None:
    request = told.event()["request"]

    events = [
        read(receipt, id="", request=request),
        read(receipt, id=None, request=request),
        read(receipt, id="", request=request, action="pull"),
        read(receipt, id="", request=request),
    ]

    assert events[0].ingested == Ingested("registry-2", None)
    assert events[0].id == events[3].id
    assert len({event.id for event in events}) == 3


def test_repositories_may_be_called_otherwise_here(receipt: Receipt) -> None:
    prefixes = {"other.example.com": "other", "registry.*:5000": "hub", "*": ""}
    renaming = replace(receipt, source=replace(receipt.source, prefixes=prefixes))
    target = told.target(fromRepository="base/debian")
    elsewhere = told.event()["request"] | {"host": "elsewhere"}

    event = read(renaming, action="mount", target=target)
    kept = read(renaming, request=elsewhere)

    assert event.target.repository == "hub/team/app"
    assert event.target.from_repository == "hub/base/debian"
    assert event.target.url == target["url"]
    assert kept.target.repository == "team/app"


def test_what_is_not_told_is_not_made_up(receipt: Receipt) -> None:
    event = read(receipt, request=None, actor=None, source=None)

    assert event.request.addr == event.request.host == event.request.method == ""
    assert event.actor is None
    assert event.source.addr == "registry-2"
    assert event.source.instance_id == receipt.source.id


def test_a_long_user_agent_is_cut(receipt: Receipt) -> None:
    request = told.event()["request"] | {"useragent": "x" * 5000}

    assert len(read(receipt, request=request).request.useragent) == 512


def test_a_time_before_there_were_registries_is_that_of_the_receipt(
    receipt: Receipt,
) -> None:
    event = read(receipt, timestamp="0001-01-01T00:00:00Z")

    assert event.timestamp_ns == receipt.at_ns


@pytest.mark.parametrize(
    ("timestamp", "at_ns"),
    [
        ("2026-11-23T18:51:12Z", 1_795_459_872_000_000_000),
        ("2026-11-23T19:51:12.5+01:00", 1_795_459_872_500_000_000),
        ("2026-11-23T10:51:12.000000001-08:00", 1_795_459_872_000_000_001),
    ],
)
def test_times_are_exact(receipt: Receipt, timestamp: str, at_ns: int) -> None:
    assert read(receipt, timestamp=timestamp).timestamp_ns == at_ns


def test_a_repository_may_be_deleted_as_a_whole(receipt: Receipt) -> None:
    event = read(receipt, action="delete", target={"repository": "team/app"})

    assert event.action is Action.DELETE
    assert event.target.repository == "team/app"
    assert (event.target.descriptor, event.target.tag) == (None, None)
    assert event.target.kind is None


def test_a_repository_may_be_called_blobs(receipt: Receipt) -> None:
    url = f"http://registry.example.com:5000/v2/team/blobs/manifests/{told.DIGEST}"

    target = read(receipt, target=told.target(repository="team/blobs", url=url)).target

    assert target.kind is Kind.MANIFEST


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"action": "rename"}, "action: 'rename' is none of push, pull, mount, delete"),
        ({"action": "ping"}, "it is a ping: it arrived, and tells of nothing"),
        ({"action": None}, "action: is missing"),
        ({"action": ["push"]}, "action: must be a text"),
        ({"id": "x" * 129}, "id: has more than 128 characters"),
        ({"id": 7}, "id: must be a text"),
        ({"timestamp": "yesterday"}, "timestamp: 'yesterday' is no time by RFC 3339"),
        ({"timestamp": "2026-13-01T00:00:00Z"}, "timestamp: there is no time '2026-1"),
        ({"timestamp": None}, "timestamp: is missing"),
        ({"target": None}, "target: must be an object"),
        ({"target": told.target(digest="sha256:x")}, "target.digest: 'sha256:x' is no"),
        ({"target": told.target(digest="")}, "target.digest: is missing"),
        ({"target": told.target(size=-1)}, "target.size: must be a whole number of"),
        ({"target": told.target(size=True)}, "target.size: must be a whole number of"),
        ({"target": told.target(size=2**63)}, "target.size: must be a whole number of"),
        ({"target": told.target(tag=":")}, "target.tag: ':' is no tag"),
        ({"target": told.target(mediaType="x\0")}, "target.mediaType: holds a NUL"),
        (
            {"target": told.target(repository="Team/App")},
            "target.repository: 'Team/App' is not the name of a repository",
        ),
        ({"target": told.target(url="x" * 3000)}, "target.url: has more than 2048"),
        (
            {"target": told.target(url="\U00020000" * 600)},
            "target.url: has more than 2048",
        ),
        ({"target": told.target(references="x")}, "target.references: must be a list"),
        ({"target": told.target(references=[1])}, "target.references: must be an obj"),
        (
            {"target": told.target(references=[told.target(platform="linux")])},
            "target.references.platform: must be an object of 1024 bytes at most",
        ),
        ({"request": []}, "request: must be an object"),
        ({"request": {"host": "x" * 256}}, "request.host: has more than 255"),
        ({"actor": "alice"}, "actor: must be an object"),
        ({"actor": {"name": 1}}, "actor.name: must be a text"),
        ({"source": {"instanceID": 5}}, "source.instanceID: must be a text"),
    ],
)
def test_what_cannot_be_so_is_refused_with_its_place(
    receipt: Receipt, more: dict[str, Any], reason: str
) -> None:
    with pytest.raises(EventRefused) as refused:
        read(receipt, **more)

    assert str(refused.value).startswith(reason)


def test_a_target_that_is_like_one_before_is_read_for_itself(receipt: Receipt) -> None:
    first = read(receipt, target=told.target(size=1))
    again = read(receipt, target=told.target(size=1))
    other = read(receipt, target=told.target(size=1, tag="other"))

    assert again.target == first.target
    assert other.target == structs.replace(first.target, tag="other")
    # For Python, true is 1.
    with pytest.raises(EventRefused, match="must be a whole number"):
        read(receipt, target=told.target(size=True))


def test_an_event_that_is_no_object_is_refused(receipt: Receipt) -> None:
    with pytest.raises(EventRefused, match="event: must be an object"):
        told.read_all(told.envelope("push"), receipt)


def test_ids_that_are_uuids_are_kept(receipt: Receipt) -> None:
    told_event = told.event()

    [incoming] = told.read_all(told.envelope(told_event), receipt)

    assert incoming.event.request.id == UUID(told_event["request"]["id"])
    assert str(incoming.event.source.instance_id) == told_event["source"]["instanceID"]
