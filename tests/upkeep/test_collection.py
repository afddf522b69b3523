"""What nothing refers to is removed, and nothing else."""

import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from notifier.events.event import RequestRecord
from notifier.events.origin import Origin
from notifier.ids import uuid7
from notifier.registry import blobs, media_types
from notifier.registry.digest import Digest
from notifier.storage import Storage, filesystem
from notifier.upkeep.collection import Collected, Collection
from notifier.web.services import Services
from tests import factories

_NOW = timedelta(seconds=0)
_LAYER = Digest(factories.digest(b"layer"))


_SCHEMA_1 = {
    "schemaVersion": 1,
    "mediaType": "application/vnd.docker.distribution.manifest.v1+json",
    "fsLayers": [{"blobSum": _LAYER}],
}
_ORAS = {
    "mediaType": "application/vnd.cncf.oras.artifact.manifest.v1+json",
    "blobs": [factories.descriptor(b"layer", "application/x")],
}
_OTHER_MANIFESTS = {
    "schema 1": json.dumps(_SCHEMA_1).encode(),
    "oras": json.dumps(_ORAS).encode(),
    "capitals": factories.manifest(mediaType=media_types.OCI_MANIFEST.upper()),
}


def _collect(
    own: Services,
    *,
    dry_run: bool = False,
    grace: timedelta = _NOW,
    idle: timedelta = timedelta(hours=1),
) -> Collected:
    """Collect what was claimed longer than *grace* ago, and sessions *idle* so long."""
    # What was claimed in this very moment is not older than it.
    now = datetime.now(UTC) + timedelta(seconds=0.05)
    return Collection(
        database=own.database,
        storage=own.storage,
        announcer=own.announcer,
        origin=Origin(
            request=RequestRecord(
                id=uuid7(), addr="", host="test", method="", useragent=""
            ),
            source=own.source,
        ),
        cutoff=now - grace,
        uploads_before=now - idle,
        dry_run=dry_run,
    ).run()


def _exists(client: FlaskClient, content: bytes, repository: str = "team/app") -> bool:
    path = f"/v2/{repository}/blobs/{factories.digest(content)}"
    return client.get(path).status_code == 200


def _recorded(client: FlaskClient, action: str) -> list[dict[str, Any]]:
    answer = client.get(f"/api/v1/events?action={action}").get_json()
    return [item["event"] for item in answer["items"]]


def test_what_a_manifest_names_stays(client: FlaskClient, own: Services) -> None:
    digest = factories.push_image(client)

    collected = _collect(own)

    assert collected == Collected()
    assert _exists(client, b"layer")
    assert client.get(f"/v2/team/app/manifests/{digest}").status_code == 200


@pytest.mark.parametrize("name", _OTHER_MANIFESTS)
def test_what_a_manifest_of_another_kind_names_stays(
    client: FlaskClient, own: Services, name: str
) -> None:
    factories.push_blob(client, b"{}")
    factories.push_blob(client, b"layer")
    factories.push_manifest(client, _OTHER_MANIFESTS[name])

    _collect(own)

    assert _exists(client, b"layer")


def test_what_no_manifest_names_goes_with_its_file_and_an_event(
    client: FlaskClient, own: Services
) -> None:
    factories.push_image(client)
    factories.push_blob(client, b"stray")

    collected = _collect(own)

    assert collected == Collected(links=1, blobs=1, bytes=5)
    assert not _exists(client, b"stray")
    assert _exists(client, b"layer")
    assert own.storage.find_blob(factories.digest(b"stray")) is None
    [event] = _recorded(client, "delete")
    assert event["target"]["repository"] == "team/app"
    assert event["target"]["digest"] == factories.digest(b"stray")
    [told] = _recorded(client, "gc.run")
    assert told["detail"] == {"links": 1, "blobs": 1, "bytes": 5, "uploads": 0}
    assert _collect(own) == Collected()


def test_a_blob_goes_when_its_last_manifest_has_gone(
    client: FlaskClient, own: Services
) -> None:
    first = factories.push_image(client, "1", layers=(b"a", b"shared"))
    factories.push_image(client, "2", layers=(b"b", b"shared"))
    client.delete(f"/v2/team/app/manifests/{first}")

    _collect(own)

    assert not _exists(client, b"a")
    assert _exists(client, b"b")
    assert _exists(client, b"shared")


def test_a_file_stays_as_long_as_another_repository_links_it(
    client: FlaskClient, own: Services
) -> None:
    factories.push_image(client, repository="team/app")
    factories.push_blob(client, b"layer", "team/other")

    collected = _collect(own)

    assert collected == Collected(links=1)
    assert not _exists(client, b"layer", "team/other")
    assert _exists(client, b"layer", "team/app")


def test_the_children_of_an_index_and_their_blobs_stay(
    client: FlaskClient, own: Services
) -> None:
    child = factories.manifest()
    factories.push_image(client)
    factories.push_manifest(client, factories.index(child), "all")

    assert _collect(own) == Collected()


def test_what_was_claimed_within_the_grace_stays(
    client: FlaskClient, own: Services
) -> None:
    factories.push_blob(client, b"just pushed")

    assert _collect(own, grace=timedelta(minutes=1)) == Collected()
    assert _exists(client, b"just pushed")


def test_a_dry_run_says_the_same_and_removes_nothing(
    client: FlaskClient, own: Services
) -> None:
    factories.push_image(client)
    factories.push_blob(client, b"stray")
    factories.push_blob(client, b"stray", "team/other")

    foretold = _collect(own, dry_run=True)

    assert _exists(client, b"stray")
    assert _recorded(client, "delete,gc.run") == []
    assert _collect(own) == foretold == Collected(links=2, blobs=1, bytes=5)


def test_a_dry_run_knows_of_other_repositories_that_need_a_file(
    client: FlaskClient, own: Services
) -> None:
    for repository in ("team/app", "team/other"):
        factories.push_image(client, repository=repository)
    client.delete("/v2/team/other/manifests/1.0")
    client.delete(f"/v2/team/other/manifests/{factories.digest(factories.manifest())}")

    foretold = _collect(own, dry_run=True)

    assert _collect(own) == foretold == Collected(links=2)


def test_a_file_that_no_row_names_goes(own: Services) -> None:
    upload = uuid7()
    own.storage.create_upload("team/app", upload)
    with own.storage.open_upload("team/app", upload) as writer:
        writer.append(b"layer")
        writer.commit(_LAYER)

    assert _collect(own) == Collected(blobs=1, bytes=5)
    with own.database.read() as connection:
        assert blobs.count_links(connection, _LAYER) == 0
    assert own.storage.find_blob(_LAYER) is None


def test_a_session_goes_when_nobody_has_written_to_it_for_long(
    client: FlaskClient, own: Services
) -> None:
    session = client.post("/v2/team/app/blobs/uploads/").headers["Location"]

    assert _collect(own).uploads == 0
    assert client.get(session).status_code == 204
    assert _collect(own, idle=_NOW).uploads == 1
    assert client.get(session).status_code == 404


def test_a_link_whose_file_is_lost_is_left_for_the_check(
    client: FlaskClient, own: Services
) -> None:
    factories.push_blob(client, b"stray")
    own.storage.remove_blob(factories.digest(b"stray"))

    assert _collect(own) == Collected()


def _between(
    own: Services, monkeypatch: pytest.MonkeyPatch, name: str, act: Callable[[], object]
) -> None:
    """Do something once, right before the storage is asked for *name*."""
    asked = getattr(type(own.storage), name)

    def first_act(storage: Storage, *arguments: Any) -> Any:
        monkeypatch.undo()
        act()
        return asked(storage, *arguments)

    monkeypatch.setattr(type(own.storage), name, first_act)


def test_a_manifest_that_comes_meanwhile_keeps_its_blobs(
    app: Flask, client: FlaskClient, own: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.push_blob(client, b"{}")
    factories.push_blob(client, b"layer")
    _between(
        own,
        monkeypatch,
        "find_blob",
        lambda: factories.push_manifest(app.test_client(), factories.manifest()),
    )

    assert _collect(own).links == 0
    assert _exists(client, b"layer")


def test_what_is_deleted_meanwhile_is_passed_over(
    app: Flask, client: FlaskClient, own: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    for content in (b"layer", b"other"):
        factories.push_blob(client, content)
    _between(
        own,
        monkeypatch,
        "find_blob",
        lambda: app.test_client().delete(f"/v2/team/app/blobs/{_LAYER}"),
    )

    collected = _collect(own)

    assert (collected.links, collected.blobs) == (1, 2)
    assert len(_recorded(client, "delete")) == 2


def test_a_blob_that_is_linked_at_that_moment_stays(
    client: FlaskClient, own: Services
) -> None:
    factories.push_blob(client, b"layer")
    client.delete(f"/v2/team/app/blobs/{_LAYER}")
    with own.database.transaction() as transaction:
        repository_id = own.catalog.enter(transaction, "team/app")
    done: list[Collected] = []

    def collect() -> None:
        done.append(_collect(own))
        own.database.leave()

    collector = threading.Thread(target=collect)
    with own.database.transaction() as transaction:
        blobs.link(transaction.connection, repository_id, _LAYER, len(b"layer"))
        collector.start()
        # It waits for this transaction, for as long as it lasts.
        collector.join(0.5)
    collector.join(10)

    assert [each.blobs for each in done] == [0]
    assert _exists(client, b"layer")


def test_a_push_of_what_is_collected_at_that_moment_has_to_be_made_again(
    client: FlaskClient, own: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads = f"/v2/team/app/blobs/uploads/?digest={_LAYER}"
    _between(own, monkeypatch, "blob_size", lambda: own.storage.remove_blob(_LAYER))

    refused = client.post(uploads, data=b"layer")

    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "1"
    assert refused.get_json()["errors"][0]["code"] == "UNAVAILABLE"
    assert not _exists(client, b"layer")
    assert client.post(uploads, data=b"layer").status_code == 201
    assert _exists(client, b"layer")


@pytest.mark.unmeasured
def test_images_that_are_pushed_while_it_collects_are_whole(
    app: Flask, own: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Push and collect at once; blobs are shared, and left over by every other push."""
    # A grace of a second takes claims that are written down at once.
    monkeypatch.setattr(filesystem, "CLAIM_EVERY_S", 0.0)
    pushed: dict[str, tuple[str, tuple[bytes, ...]]] = {}
    failures: list[BaseException] = []

    def push() -> None:
        client = app.test_client()
        try:
            for number in range(40):
                time.sleep(0.05)
                name = f"team/app{number % 3}"
                layers = (b"shared", f"layer {number}".encode())
                digest = factories.push_image(client, f"v{number}", name, layers)
                if number % 2:
                    client.delete(f"/v2/{name}/manifests/{digest}")
                else:
                    pushed[f"v{number}"] = name, layers
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)
        finally:
            own.database.leave()

    pusher = threading.Thread(target=push)
    pusher.start()
    removed = 0
    while pusher.is_alive():
        removed += _collect(own, grace=timedelta(seconds=1)).blobs
    removed += _collect(own).blobs

    assert failures == []
    # The layers of every other image, each of which may have gone and come again.
    assert removed >= 20
    client = app.test_client()
    for tag, (name, layers) in pushed.items():
        document = json.loads(client.get(f"/v2/{name}/manifests/{tag}").data)
        named = [document["config"], *document["layers"]]
        found = [client.get(f"/v2/{name}/blobs/{item['digest']}") for item in named]
        assert [answer.data for answer in found] == [b"{}", *layers]
