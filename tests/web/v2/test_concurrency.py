"""Requests that come at the same moment: each is answered as if it came alone."""

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from notifier.events.event import Action, Kind, TagChange
from notifier.registry import media_types
from notifier.web.services import Services
from tests import factories
from tests.web.v2 import traces

LAYER = factories.digest(b"layer")
BASE = "/v2/team/app"
Call = Callable[[FlaskClient], int]
Together = Callable[..., list[int]]


@pytest.fixture(name="together")
def _together(app: Flask, own: Services) -> Together:
    """Return what makes each call in a thread of its own, and returns the statuses."""

    def together(*calls: Call) -> list[int]:
        meet = threading.Barrier(len(calls))
        statuses: list[int] = [0] * len(calls)

        def run(place: int, call: Call) -> None:
            client = app.test_client()
            meet.wait()
            try:
                statuses[place] = call(client)
            finally:
                if own.database.dialect == "sqlite":
                    own.database.close()

        threads = [
            threading.Thread(target=run, args=(place, call))
            for place, call in enumerate(calls)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return statuses

    return together


def image(number: int) -> bytes:
    return factories.manifest(annotations={"number": str(number)})


def put(content: bytes, reference: str, repository: str = "team/app") -> Call:
    return lambda client: (
        client.put(
            f"/v2/{repository}/manifests/{reference}",
            data=content,
            content_type=media_types.OCI_MANIFEST,
        ).status_code
    )


def request(
    method: str, path: str, data: bytes = b"", content_range: str | None = None
) -> Call:
    headers = {"Content-Range": content_range} if content_range else {}
    return lambda client: (
        client.open(path, method=method, data=data, headers=headers).status_code
    )


def test_a_session_is_closed_once(
    client: FlaskClient, own: Services, together: Together
) -> None:
    for round_ in range(3):
        content = b"content %d" % round_
        digest = factories.digest(content)
        session = client.post(f"{BASE}/blobs/uploads/").location
        client.patch(session, data=content)

        statuses = together(*[request("PUT", f"{session}?digest={digest}")] * 4)

        assert statuses.count(201) == 1
        assert set(statuses) <= {201, 404, 416}
        assert client.get(f"{BASE}/blobs/{digest}").data == content
        assert client.get(session).status_code == 404
    assert traces.told(own).count("push blob") == 3


def test_chunks_of_one_session_never_mix(
    client: FlaskClient, together: Together
) -> None:
    session = client.post(f"{BASE}/blobs/uploads/").location

    statuses = together(
        *[request("PATCH", session, b"%d" % n * 1000, "0-999") for n in range(4)]
    )

    assert statuses.count(202) == 1
    assert set(statuses) == {202, 416}
    assert client.get(session).headers["Range"] == "0-999"
    content = b"%d" % statuses.index(202) * 1000
    closed = client.put(f"{session}?digest={factories.digest(content)}")
    assert closed.status_code == 201


def test_a_tag_that_many_push_moves_from_one_to_the_next(
    client: FlaskClient, own: Services, together: Together
) -> None:
    factories.push_blob(client, b"{}")
    factories.push_blob(client, b"layer")
    images = [image(number) for number in range(6)]

    statuses = together(*[put(content, "latest") for content in images])

    assert statuses == [201] * 6
    final = client.head(f"{BASE}/manifests/latest").headers["Docker-Content-Digest"]
    pushes = [
        event
        for event in traces.recorded(own)
        if event.target.tag == "latest" and event.action is Action.PUSH
    ]
    digests = {factories.digest(content) for content in images}
    assert Counter(event.tag_change for event in pushes) == {
        TagChange.NEW: 1,
        TagChange.MOVED: 5,
    }
    # Each but the last was what the tag pointed to before another came.
    assert {event.previous_digest for event in pushes} == digests - {final} | {None}


def test_tags_in_any_order_do_not_block_one_another(
    client: FlaskClient, together: Together
) -> None:
    factories.push_blob(client, b"{}")
    factories.push_blob(client, b"layer")
    names = [f"t{number}" for number in range(30)]

    def query(content: bytes, tags: list[str]) -> str:
        return f"{factories.digest(content)}?" + "&".join(f"tag={tag}" for tag in tags)

    for _ in range(2):
        one, other = image(1), image(2)
        statuses = together(
            put(one, query(one, names)), put(other, query(other, names[::-1]))
        )
        assert statuses == [201, 201]
        pointed = {
            client.head(f"{BASE}/manifests/{name}").headers["Docker-Content-Digest"]
            for name in names
        }
        assert len(pointed) == 1


def test_a_manifest_is_pushed_while_it_is_deleted(
    client: FlaskClient, own: Services, together: Together
) -> None:
    factories.push_image(client)
    content, digest = image(0), factories.digest(image(0))
    for _ in range(6):
        put(content, digest)(client)

        pushed, by_digest, by_tag = together(
            put(content, "latest"),
            request("DELETE", f"{BASE}/manifests/{digest}"),
            request("DELETE", f"{BASE}/manifests/latest"),
        )

        assert pushed == 201
        assert by_digest == 202
        assert by_tag in {202, 404}
        # A tag never points to nothing.
        tag = client.get(f"{BASE}/manifests/latest").status_code
        manifest = client.get(f"{BASE}/manifests/{digest}").status_code
        assert (tag, manifest) in {(200, 200), (404, 404), (404, 200)}
    assert "push manifest latest" in traces.told(own)


def test_what_is_deleted_by_many_is_deleted_once(
    client: FlaskClient, own: Services, together: Together
) -> None:
    digest = factories.push_image(client)
    before = len(traces.recorded(own))

    for path in (f"blobs/{LAYER}", "manifests/1.0", f"manifests/{digest}"):
        statuses = together(*[request("DELETE", f"{BASE}/{path}")] * 4)
        assert sorted(statuses) == [202, 404, 404, 404]

    assert traces.told(own)[before:] == [
        "delete blob",
        "delete manifest 1.0",
        "delete manifest",
    ]


def test_a_blob_is_mounted_while_it_is_deleted(
    client: FlaskClient, own: Services, together: Together
) -> None:
    for round_ in range(4):
        factories.push_blob(client, b"layer", "base/debian")
        target = f"/v2/copy{round_}/app"

        mounted, again, deleted = together(
            request("POST", f"{target}/blobs/uploads/?mount={LAYER}&from=base/debian"),
            request("POST", f"{target}/blobs/uploads/?mount={LAYER}"),
            request("DELETE", f"/v2/base/debian/blobs/{LAYER}"),
        )

        assert deleted == 202
        assert {mounted, again} <= {201, 202}
        expected = 200 if 201 in {mounted, again} else 404
        assert client.get(f"{target}/blobs/{LAYER}").status_code == expected
    assert traces.told(own).count("delete blob") == 4


def test_a_new_repository_is_made_once(
    client: FlaskClient, own: Services, together: Together
) -> None:
    uploads = f"/v2/new/blobs/uploads/?digest={LAYER}"

    statuses = together(*[request("POST", uploads, b"layer")] * 6)

    assert statuses == [201] * 6
    assert client.get("/v2/_catalog").get_json() == {"repositories": ["new"]}
    left = traces.left(own)
    assert (left["repositories"], left["blobs"], left["blob_links"]) == (1, 1, 1)
    assert Counter(event.target.kind for event in traces.recorded(own))[Kind.BLOB] == 6


def test_whole_images_come_side_by_side(own: Services, together: Together) -> None:
    def push(number: int) -> Call:
        def run(client: FlaskClient) -> int:
            factories.push_image(
                client, "1.0", f"app{number % 2}", layers=(b"%d" % number, b"shared")
            )
            return client.get(f"/v2/app{number % 2}/manifests/1.0").status_code

        return run

    assert together(*[push(number) for number in range(6)]) == [200] * 6

    told = Counter(traces.told(own))
    assert told == {
        "push blob": 18,
        "push manifest 1.0": 6,
        "pull manifest 1.0": 6,
    }
