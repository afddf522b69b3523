"""What Harbor, Azure, Docker Hub and Quay send is read as it was meant."""

import json
from dataclasses import replace
from typing import Any

import pytest

from notifier.events.event import Action, Event, Ingested, Kind
from notifier.ingest.bodies import MAX_EVENTS, read_body
from notifier.ingest.errors import EventRefused, NotRead, TooManyEvents
from notifier.ingest.source import Receipt, SourceKind
from tests.ingest import told

AT_NS = 1_795_459_872 * 10**9
NAMES = [
    *("harbor-push", "harbor-pull-cloudevents", "acr-push"),
    *("dockerhub-push", "quay-push"),
]
KINDS = {
    "registry-3/push-tag.json": SourceKind.DISTRIBUTION,
    "others/harbor-push.json": SourceKind.HARBOR,
    "others/harbor-pull-cloudevents.json": SourceKind.HARBOR,
    "others/acr-push.json": SourceKind.ACR,
    "others/dockerhub-push.json": SourceKind.DOCKERHUB,
    "others/quay-push.json": SourceKind.QUAY,
}


def sample(name: str, **more: Any) -> dict[str, Any]:
    """Return a document, with something else in places."""
    document: dict[str, Any] = json.loads(told.sample(f"others/{name}.json"))
    return document | more


def read(receipt: Receipt, document: Any) -> list[Event]:
    incoming = told.read_all(json.dumps(document).encode(), receipt)
    return [event for event, _ in incoming]


def _said(event: Event) -> dict[str, Any]:
    """Sum up what an event says."""
    target = event.target
    return {
        "action": event.action,
        "kind": target.kind,
        "repository": target.repository,
        "tag": target.tag,
        "digest": target.descriptor and target.descriptor.digest[:13],
        "actor": event.actor,
        "host": event.request.host,
        "source": event.source.addr,
        "id": event.ingested and event.ingested.id,
        "at": event.timestamp_ns - AT_NS,
    }


def test_harbor_tells_of_artifacts(receipt: Receipt) -> None:
    [event] = read(receipt, sample("harbor-push"))

    assert _said(event) == {
        "action": Action.PUSH,
        "kind": Kind.MANIFEST,
        "repository": "team/app",
        "tag": "1.0",
        "digest": "sha256:423e99",
        "actor": "alice",
        "host": "harbor.example.com",
        "source": "harbor.example.com",
        "id": None,
        "at": 0,
    }


def test_harbor_tells_of_the_same_in_cloudevents(receipt: Receipt) -> None:
    [event] = read(receipt, sample("harbor-pull-cloudevents"))

    assert _said(event) == {
        "action": Action.PULL,
        "kind": Kind.MANIFEST,
        "repository": "library/busybox",
        "tag": None,
        "digest": "sha256:dde8e9",
        "actor": "robot$library+scanner",
        "host": "harbor.example.com",
        "source": "harbor.example.com",
        "id": "4b2f89a6-548d-4c12-9993-a1f5790b97d2",
        "at": 0,
    }
    assert str(event.request.id) == "2eedfab8-61d3-4f3c-8ec3-8f82d1ec4c84"


def test_azure_tells_an_event_of_an_envelope(receipt: Receipt) -> None:
    [event] = read(receipt, sample("acr-push"))

    assert _said(event) == {
        "action": Action.PUSH,
        "kind": Kind.MANIFEST,
        "repository": "hello-world",
        "tag": "v1",
        "digest": "sha256:80f0d5",
        "actor": None,
        "host": "example.azurecr.io",
        "source": "example.azurecr.io",
        "id": "cb8c3971-9adc-488b-bdd8-43cbb4974ff5",
        "at": 343_145_347,
    }


def test_docker_hub_tells_of_a_tag(receipt: Receipt) -> None:
    [event] = read(receipt, sample("dockerhub-push"))

    assert _said(event) == {
        "action": Action.PUSH,
        "kind": Kind.MANIFEST,
        "repository": "example/app",
        "tag": "latest",
        "digest": None,
        "actor": "trustedbuilder",
        "host": "docker.io",
        "source": "docker.io",
        "id": None,
        "at": 0,
    }


def test_quay_tells_of_tags_and_not_when(receipt: Receipt) -> None:
    events = read(receipt, sample("quay-push"))

    assert [event.target.tag for event in events] == ["latest", "1.0"]
    assert _said(events[0]) == {
        "action": Action.PUSH,
        "kind": Kind.MANIFEST,
        "repository": "team/app",
        "tag": "latest",
        "digest": None,
        "actor": None,
        "host": "quay.example.com",
        "source": "quay.example.com",
        "id": None,
        "at": receipt.at_ns - AT_NS,
    }


@pytest.mark.parametrize("name", NAMES)
def test_the_same_is_known_again_a_moment_later(receipt: Receipt, name: str) -> None:
    later = replace(receipt, at_ns=receipt.at_ns + 45 * 10**9)

    first = told.read_all(told.sample(f"others/{name}.json"), receipt)
    again = told.read_all(told.sample(f"others/{name}.json"), later)

    for (one, _), (other, earlier) in zip(first, again, strict=True):
        assert one.id in {other.id, *earlier}
    assert len({event.id for event, _ in first}) == len(first)


@pytest.mark.parametrize("name", NAMES)
def test_all_are_given_their_prefix(receipt: Receipt, name: str) -> None:
    source = replace(receipt.source, prefixes={"**": "mirror"})

    for event in read(replace(receipt, source=source), sample(name)):
        assert event.target.repository is not None
        assert event.target.repository.startswith("mirror/")


def test_one_payload_may_tell_of_several_artifacts(receipt: Receipt) -> None:
    document = sample("harbor-pull-cloudevents")
    resource = document["data"]["resources"][0]
    digest = "sha256:" + "a" * 64
    document["data"]["resources"].append(resource | {"digest": digest, "tag": "2.0"})
    both = json.dumps([document, document | {"id": "another"}]).encode()

    events = [event for event, _ in told.read_all(both, receipt)]

    assert len({event.id for event in events}) == 4
    assert [event.target.tag for event in events] == [None, "2.0"] * 2


def test_whoever_is_anonymous_to_harbor_is_nobody(receipt: Receipt) -> None:
    [event] = read(receipt, sample("harbor-push", operator="anonymous"))

    assert event.actor is None


def test_a_repository_of_harbor_may_lack_its_full_name(receipt: Receipt) -> None:
    document = sample("harbor-push")
    document["event_data"]["repository"] = {"namespace": "team", "name": "other"}

    [event] = read(receipt, document)

    assert event.target.repository == "team/other"
    assert event.ingested == Ingested("registry-2")


@pytest.mark.parametrize(
    ("name", "more", "reason"),
    [
        ("harbor-push", {"type": "SCANNING_COMPLETED"}, "type: 'SCANNING_COMPLETED' i"),
        ("harbor-push", {"occur_at": "now"}, "occur_at: must be a number of seconds"),
        ("harbor-push", {"event_data": None}, "repository: must be an object"),
        ("harbor-pull-cloudevents", {"type": "harbor.quota.exceeded"}, "type: 'harbor"),
        ("harbor-pull-cloudevents", {"id": None}, "id: is missing"),
        ("harbor-pull-cloudevents", {"time": 5}, "time: must be a text"),
        ("acr-ping", {}, "it is a ping: it arrived, and tells of nothing"),
        ("acr-push", {"action": "chart_push"}, "action: 'chart_push' is none of"),
        ("dockerhub-push", {"push_data": {}}, "push_data.tag: is missing"),
        ("dockerhub-push", {"repository": {}}, "repository.repo_name: is missing"),
        ("quay-push", {"updated_tags": None}, "updated_tags: is missing, and so it is"),
        ("quay-push", {"updated_tags": [5]}, "updated_tags: must be a text"),
        ("quay-push", {"docker_url": []}, "docker_url: must be a text"),
    ],
)
def test_what_is_no_event_here_is_refused_with_its_place(
    receipt: Receipt, name: str, more: dict[str, Any], reason: str
) -> None:
    with pytest.raises(EventRefused) as refused:
        read(receipt, sample(name, **more))

    assert str(refused.value).startswith(reason)


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_of_body_is_told_from_the_others(name: str) -> None:
    dialect, _ = read_body(told.sample(name), SourceKind.AUTO)

    assert dialect.kind is KINDS[name]
    for kind in set(SourceKind) - {KINDS[name], SourceKind.AUTO}:
        with pytest.raises(NotRead, match=f"of the kind {kind} sends"):
            read_body(told.sample(name), kind)


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{}", b"[]", b"null", b"5", b'"push"', b"[{}]", b'{"events": null}'),
        *(b'{"events": [', b"\xff", b'{"id": "\\ud800"}', b"[" * 100_000),
    ],
)
def test_what_nobody_sends_is_not_read(body: bytes) -> None:
    with pytest.raises(NotRead, match="the body is "):
        read_body(body, SourceKind.AUTO)


def test_an_envelope_may_be_empty_but_not_endless() -> None:
    _, parts = read_body(b'{"events": []}', SourceKind.AUTO)

    assert parts == []
    too_many = json.dumps({"events": [0] * (MAX_EVENTS + 1)}).encode()
    with pytest.raises(TooManyEvents, match="10,000 events at most"):
        read_body(too_many, SourceKind.AUTO)
