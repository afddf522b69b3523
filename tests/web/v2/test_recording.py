"""Which request makes which events, and what they say."""

import json
import socket
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network
from typing import Any, Self

import pytest
from flask.testing import FlaskClient

from notifier import app as composition
from notifier.config import PullEvents, Settings
from notifier.events.envelope import dump_event
from notifier.events.event import Action, Event, Kind, TagChange
from notifier.registry import media_types
from notifier.web.services import Services
from tests import factories
from tests.web.v2 import traces

LAYER = factories.digest(b"layer")
IMAGE = factories.digest(factories.manifest())
OTHER = factories.manifest(annotations={"other": "one"})
PATH = "/v2/team/app"
CONFIG = "application/vnd.oci.image.config.v1+json"
BILL = "application/spdx+json"


@pytest.fixture(name="since")
def _since(own: Services, client: FlaskClient) -> Callable[[], list[str]]:
    """Push an image tagged 1.0; return what asks for the events after that."""
    factories.push_image(client)
    before = len(traces.recorded(own))
    return lambda: traces.told(own)[before:]


def push_other(client: FlaskClient, query: str) -> None:
    response = client.put(
        f"{PATH}/manifests/{query}",
        data=OTHER,
        content_type=media_types.OCI_MANIFEST,
    )
    assert response.status_code == 201, response.text


def test_a_push_of_an_image_is_one_event_for_each_thing_pushed(
    client: FlaskClient, own: Services
) -> None:
    factories.push_image(client, layers=(b"one", b"two"))

    assert traces.told(own) == ["push blob"] * 3 + ["push manifest 1.0"]


def test_looking_around_is_no_event(
    client: FlaskClient, since: Callable[[], list[str]]
) -> None:
    session = client.post(f"{PATH}/blobs/uploads/").location
    for method, path in (
        ("GET", "/v2/"),
        ("GET", "/v2/_catalog"),
        ("GET", f"{PATH}/tags/list"),
        ("GET", f"{PATH}/referrers/{IMAGE}"),
        ("GET", session),
        ("PATCH", session),
        ("DELETE", session),
    ):
        assert client.open(path, method=method).status_code < 300

    assert since() == []


def test_a_pull_is_told_with_its_tag_only_if_that_was_asked_for(
    client: FlaskClient, since: Callable[[], list[str]]
) -> None:
    client.get(f"{PATH}/manifests/1.0")
    client.get(f"{PATH}/manifests/{IMAGE}")
    client.get(f"{PATH}/blobs/{LAYER}")

    assert since() == ["pull manifest 1.0", "pull manifest", "pull blob"]


def test_what_was_not_sent_was_not_pulled(
    client: FlaskClient, since: Callable[[], list[str]]
) -> None:
    for path, headers in (
        (f"{PATH}/manifests/1.0", {"If-None-Match": f'"{IMAGE}"'}),
        (f"{PATH}/blobs/{LAYER}", {"If-None-Match": f'"{LAYER}"'}),
        (f"{PATH}/blobs/{LAYER}", {"Range": "bytes=9-"}),
        (f"{PATH}/manifests/2.0", {}),
        (f"{PATH}/blobs/{IMAGE}", {}),
        (f"{PATH}/blobs/sha256:abc", {}),
    ):
        assert client.get(path, headers=headers).status_code >= 300
    for path in (f"{PATH}/manifests/1.0", f"{PATH}/blobs/{LAYER}"):
        assert client.head(path).status_code == 200

    assert since() == []


def test_a_blob_fetched_in_parts_was_pulled_once(
    client: FlaskClient, since: Callable[[], list[str]]
) -> None:
    for part in ("0-1", "2-3", "4-", "-2", "1-2,3-4"[:3]):
        response = client.get(
            f"{PATH}/blobs/{LAYER}", headers={"Range": f"bytes={part}"}
        )
        assert response.status_code == 206

    assert since() == ["pull blob"]


def test_a_deleted_manifest_is_told_and_each_of_its_tags(
    client: FlaskClient, own: Services, since: Callable[[], list[str]]
) -> None:
    client.put(
        f"{PATH}/manifests/{IMAGE}?tag=a&tag=b",
        data=factories.manifest(),
        content_type=media_types.OCI_MANIFEST,
    )
    push_other(client, "other")
    assert client.delete(f"{PATH}/manifests/{IMAGE}").status_code == 202

    events = traces.recorded(own)[-4:]
    assert since()[-4:] == [
        "delete manifest",
        "delete manifest 1.0",
        "delete manifest a",
        "delete manifest b",
    ]
    assert {event.target.descriptor for event in events} == {
        factories.event(content=factories.manifest()).target.descriptor
    }
    assert {event.target.url for event in events} == {None}
    assert len({event.request.id for event in events}) == 1


def test_a_deleted_tag_says_what_it_pointed_to(
    client: FlaskClient, own: Services, since: Callable[[], list[str]]
) -> None:
    client.delete(f"{PATH}/manifests/1.0")

    assert since() == ["delete manifest 1.0"]
    assert dump_event(traces.recorded(own)[-1])["target"] == {
        "mediaType": media_types.OCI_MANIFEST,
        "digest": IMAGE,
        "size": len(factories.manifest()),
        "repository": "team/app",
        "tag": "1.0",
    }


def test_a_deleted_blob_says_how_large_it_was(
    client: FlaskClient, own: Services, since: Callable[[], list[str]]
) -> None:
    client.delete(f"{PATH}/blobs/{LAYER}")

    assert since() == ["delete blob"]
    assert dump_event(traces.recorded(own)[-1])["target"] == {
        "mediaType": "application/octet-stream",
        "digest": LAYER,
        "size": 5,
        "repository": "team/app",
    }


def test_a_mount_is_a_mount_and_no_push(
    client: FlaskClient, own: Services, since: Callable[[], list[str]]
) -> None:
    for _ in range(2):
        client.post(f"/v2/new/app/blobs/uploads/?mount={LAYER}&from=team/app")

    assert since() == ["mount blob", "mount blob"]
    assert dump_event(traces.recorded(own)[-1])["target"] == {
        "mediaType": "application/octet-stream",
        "digest": LAYER,
        "size": 5,
        "length": 5,
        "repository": "new/app",
        "fromRepository": "team/app",
        "url": f"http://localhost/v2/new/app/blobs/{LAYER}",
    }


def test_each_way_to_push_a_blob_is_one_event(
    client: FlaskClient, since: Callable[[], list[str]]
) -> None:
    uploads = f"{PATH}/blobs/uploads/"
    client.post(f"{uploads}?digest={LAYER}", data=b"layer")
    session = client.post(uploads).location
    client.put(f"{session}?digest={LAYER}", data=b"layer")
    session = client.post(uploads).location
    client.patch(session, data=b"la")
    client.patch(session, data=b"yer")
    client.put(f"{session}?digest={LAYER}")

    assert since() == ["push blob"] * 3


def test_several_tags_in_one_push_are_an_event_each(
    client: FlaskClient, own: Services, since: Callable[[], list[str]]
) -> None:
    digest = factories.digest(OTHER)
    push_other(client, f"{digest}?tag=z&tag=1.0&tag=a")

    assert since() == ["push manifest z", "push manifest 1.0", "push manifest a"]
    assert [
        (event.tag_change, event.previous_digest) for event in traces.recorded(own)[-3:]
    ] == [(TagChange.NEW, None), (TagChange.MOVED, IMAGE), (TagChange.NEW, None)]


def test_a_push_by_digest_alone_is_an_event_without_a_tag(
    client: FlaskClient, own: Services, since: Callable[[], list[str]]
) -> None:
    push_other(client, factories.digest(OTHER))

    assert since() == ["push manifest"]
    assert traces.recorded(own)[-1].tag_change is None


def test_a_tag_is_new_moved_or_unchanged(client: FlaskClient, own: Services) -> None:
    factories.push_image(client)
    factories.push_image(client)
    push_other(client, "1.0")
    client.delete(f"{PATH}/manifests/1.0")
    push_other(client, "1.0")

    pushes = [
        event
        for event in traces.recorded(own)
        if event.action is Action.PUSH and event.target.kind is Kind.MANIFEST
    ]
    assert [(event.tag_change, event.previous_digest) for event in pushes] == [
        (TagChange.NEW, None),
        (TagChange.UNCHANGED, IMAGE),
        (TagChange.MOVED, IMAGE),
        (TagChange.NEW, None),
    ]


@pytest.mark.parametrize(
    ("content", "artifact_type"),
    [
        (factories.manifest(), CONFIG),
        (factories.manifest(artifactType="application/spdx+json"), BILL),
        (factories.manifest(artifactType=""), CONFIG),
        (factories.manifest(artifactType="x" * 255), "x" * 255),
        (factories.manifest(artifactType="x" * 256), None),
        (factories.index(), None),
        (factories.index(artifactType="application/spdx+json"), BILL),
    ],
    ids=["image", "artifact", "empty", "long", "too long", "index", "named index"],
)
def test_every_event_of_a_manifest_knows_its_artifact_type(
    client: FlaskClient, own: Services, content: bytes, artifact_type: str | None
) -> None:
    factories.push_image(client)
    before = len(traces.recorded(own))

    digest = factories.push_manifest(client, content, "2.0")
    client.get(f"{PATH}/manifests/2.0")
    client.get(f"{PATH}/manifests/{digest}")
    client.delete(f"{PATH}/manifests/2.0")
    client.delete(f"{PATH}/manifests/{digest}")

    types = [event.target.artifact_type for event in traces.recorded(own)[before:]]
    assert set(types) == {artifact_type}
    assert len(types) >= 5


def test_a_blob_has_no_artifact_type(client: FlaskClient, own: Services) -> None:
    factories.push_blob(client)

    (event,) = traces.recorded(own)
    assert event.target.artifact_type is None


def test_an_event_says_who_asked_and_how(client: FlaskClient, own: Services) -> None:
    client.get("/v2/")
    client.post(
        f"{PATH}/blobs/uploads/?digest={LAYER}",
        data=b"layer",
        headers={
            "Host": "registry.example.com:5000",
            "User-Agent": "docker/27.3.1 (linux)",
            "X-Forwarded-For": "6.6.6.6",
            "X-Forwarded-Host": "evil.example.com",
            "X-Forwarded-Proto": "https",
            "Forwarded": "host=evil.example.com",
            "Authorization": "Basic YWxpY2U6c2VjcmV0",
            "X-Request-Id": "mine",
        },
        environ_overrides={"REMOTE_ADDR": "192.0.2.1", "REMOTE_PORT": "40000"},
    )

    (event,) = traces.recorded(own)
    dumped = dump_event(event)
    assert dumped["request"] == {
        "id": str(event.request.id),
        "addr": "192.0.2.1:40000",
        "host": "registry.example.com:5000",
        "method": "POST",
        "useragent": "docker/27.3.1 (linux)",
    }
    assert dumped["actor"] == {}
    assert dumped["source"] == {
        "addr": f"{socket.gethostname()}:5000",
        "instanceID": str(own.source.instance_id),
    }
    assert dumped["target"]["url"] == (
        f"http://registry.example.com:5000/v2/team/app/blobs/{LAYER}"
    )


@pytest.mark.parametrize(
    ("peer", "told"),
    [
        ("::ffff:192.0.2.1", "192.0.2.1:40000"),
        ("2001:db8::1", "2001:db8::1"),
    ],
)
def test_a_client_of_ipv4_is_told_as_such_by_a_socket_for_both_kinds(
    client: FlaskClient, own: Services, peer: str, told: str
) -> None:
    client.post(
        f"{PATH}/blobs/uploads/?digest={LAYER}",
        data=b"layer",
        environ_overrides={"REMOTE_ADDR": peer, "REMOTE_PORT": "40000"},
    )

    (event,) = traces.recorded(own)
    assert event.request.addr == told


def test_the_answer_names_the_request_that_the_event_does(
    client: FlaskClient, own: Services
) -> None:
    response = client.post(f"{PATH}/blobs/uploads/?digest={LAYER}", data=b"layer")

    (event,) = traces.recorded(own)
    assert response.headers["X-Request-Id"] == str(event.request.id)


def test_events_sort_by_their_time(client: FlaskClient, own: Services) -> None:
    for number in range(5):
        factories.push_image(client, f"{number}")

    events = traces.recorded(own)
    assert sorted(events, key=lambda event: event.timestamp_ns) == events
    assert all(event.id.int >> 80 == event.timestamp_ns // 10**6 for event in events)


def test_a_strangers_long_words_are_cut(client: FlaskClient, own: Services) -> None:
    client.post(
        f"{PATH}/blobs/uploads/?digest={LAYER}",
        data=b"layer",
        headers={"User-Agent": "x" * 65_536},
    )

    (event,) = traces.recorded(own)
    assert event.request.useragent == "x" * 512


class Variant:
    """An application whose settings change what is recorded."""

    def __init__(self, base: Settings, **changes: Any) -> None:
        self.app = composition.create_app(replace(base, **changes))
        self.own: Services = self.app.extensions["notifier"]
        self.client = self.app.test_client()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        composition.close(self.app)

    def last(self) -> Event:
        return traces.recorded(self.own)[-1]


def test_heads_count_as_pulls_if_asked_for(settings: Settings) -> None:
    with Variant(settings, head_is_pull=True) as variant:
        factories.push_image(variant.client)
        variant.client.head(f"{PATH}/manifests/1.0")
        variant.client.head(f"{PATH}/blobs/{LAYER}")
        variant.client.head(f"{PATH}/manifests/2.0")

        assert traces.told(variant.own)[-2:] == ["pull manifest 1.0", "pull blob"]
        assert variant.last().request.method == "HEAD"


def test_pulls_may_be_committed_before_the_answer(settings: Settings) -> None:
    with Variant(settings, pull_events=PullEvents.COMMIT) as variant:
        factories.push_image(variant.client)
        assert variant.client.get(f"{PATH}/manifests/1.0").status_code == 200

        assert variant.own.journal._file.size == 0
        assert traces.told(variant.own)[-1] == "pull manifest 1.0"


def test_pulls_may_be_left_out(settings: Settings) -> None:
    with Variant(settings, pull_events=PullEvents.OFF, head_is_pull=True) as variant:
        factories.push_image(variant.client)
        variant.client.get(f"{PATH}/manifests/1.0")
        variant.client.get(f"{PATH}/blobs/{LAYER}")
        variant.client.head(f"{PATH}/blobs/{LAYER}")

        assert len(traces.told(variant.own)) == 3


def test_what_a_manifest_names_is_told_if_asked_for(settings: Settings) -> None:
    platform = {"architecture": "arm64", "os": "linux"}
    child = factories.descriptor(
        factories.manifest(), media_types.OCI_MANIFEST, platform=platform
    )
    index = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": media_types.OCI_INDEX,
            "manifests": [child],
        }
    ).encode()
    with Variant(settings, event_references=True) as variant:
        factories.push_image(variant.client)
        pushed = dump_event(variant.last())["target"]
        factories.push_manifest(variant.client, index, "all")
        listed = dump_event(variant.last())["target"]
        variant.client.get(f"{PATH}/manifests/all")
        pulled = dump_event(variant.last())["target"]
        variant.client.delete(f"{PATH}/manifests/all")
        deleted = dump_event(variant.last())["target"]

    manifest = json.loads(factories.manifest())
    assert pushed["references"] == [manifest["config"], *manifest["layers"]]
    assert listed["references"] == [child]
    assert pulled["references"] == [child]
    assert "references" not in deleted


def test_the_public_address_counts_before_any_other(settings: Settings) -> None:
    with Variant(settings, public_url="https://r.example.com/x") as variant:
        factories.push_blob(variant.client)

        url = variant.last().target.url
    assert url == f"https://r.example.com/x/v2/team/app/blobs/{LAYER}"


def test_a_trusted_proxy_is_believed(settings: Settings) -> None:
    proxies = (ip_network("127.0.0.0/8"),)
    # Behind a proxy a server is not on loopback: who may do what has to be said.
    with Variant(settings, trusted_proxies=proxies, anonymous=("push",)) as variant:
        variant.client.post(
            f"{PATH}/blobs/uploads/?digest={LAYER}",
            data=b"layer",
            headers={
                "X-Forwarded-For": "6.6.6.6, 203.0.113.7",
                "X-Forwarded-Host": "registry.example.com",
                "X-Forwarded-Proto": "https",
            },
        )

        event = variant.last()
    assert event.request.addr == "203.0.113.7"
    assert event.request.host == "localhost"
    assert event.target.url == (
        f"https://registry.example.com/v2/team/app/blobs/{LAYER}"
    )
