"""Digests by REST: all that is known of one."""

from itertools import product
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from msgspec.structs import replace

from notifier.audit.cursor import render_cursor, render_names
from notifier.audit.timelines import digest_changes, digest_deliveries, relations
from notifier.delivery.tables import DeliveryRow, EndpointRow
from notifier.events.event import Action, Kind
from notifier.ids import uuid7
from notifier.registry import media_types
from notifier.registry.digest import Digest
from notifier.web.services import Services
from tests import factories
from tests.audit.logs import DAY_NS, SECOND_NS, fill
from tests.web.api.conforming import ConformingClient

_DAY_S = 86_400
_DIGEST = Digest.of(b"{}")
_LISTS = (
    *("changes", "tags", "repositories", "deliveries"),
    *("children", "parents", "referrers"),
)


def _timeline(api: ConformingClient, digest: str, query: str = "") -> dict[str, Any]:
    response = api.get(f"/digests/{digest}?{query}")
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.get_json()
    return found


def _whole(api: ConformingClient, digest: str, part: str, limit: int) -> list[Any]:
    """Return all of a list, page by page."""
    items: list[Any] = []
    query = f"limit={limit}"
    while True:
        page = api.get(f"/digests/{digest}/{part}?{query}").get_json()
        assert len(page["items"]) <= limit
        items += page["items"]
        if page["next"] is None:
            return items
        query = f"limit={limit}&cursor={page['next']}"


def test_a_timeline_tells_by_whom_it_was_pushed_and_which_tags_it_had(
    api: ConformingClient, own: Services
) -> None:
    events = [
        factories.event(tag="1.0", at_ns=DAY_NS, actor="alice"),
        factories.event(tag="latest", at_ns=DAY_NS + SECOND_NS),
        factories.event(tag="1.0", at_ns=DAY_NS + 2 * SECOND_NS),
        factories.event(tag="1.0", content=b"2", at_ns=DAY_NS + 3 * SECOND_NS),
        factories.event(tag="1.0", at_ns=DAY_NS + 4 * SECOND_NS),
        factories.event(
            Action.MOUNT, repository="team/other", tag=None, at_ns=DAY_NS + 5 * 10**9
        ),
        factories.event(Action.DELETE, tag="1.0", at_ns=DAY_NS + 6 * SECOND_NS),
    ]
    fill(own.database, own.recorder, events)

    found = _timeline(api, _DIGEST)

    assert found["digest"] == _DIGEST
    assert found["kind"] == "manifest"
    assert found["media_type"] == media_types.OCI_MANIFEST
    assert found["size"] == 2
    changes = [item["event"]["action"] for item in found["changes"]["items"]]
    assert changes == ["delete", "mount", "push", "push", "push", "push"]
    assert found["changes"]["items"][-1]["event"]["actor"] == {"name": "alice"}
    assert [
        (span["tag"], span["since"][17:], span["until"] and span["until"][17:])
        for span in found["tags"]["items"]
    ] == [("1.0", "04Z", "06Z"), ("latest", "01Z", None), ("1.0", "00Z", "03Z")]


def test_a_timeline_tells_how_often_it_was_pulled_and_by_what(
    api: ConformingClient, own: Services
) -> None:
    pulls = [
        factories.event(
            Action.PULL,
            tag=None,
            repository=f"team/app-{number % 2}",
            at_ns=DAY_NS + number // 2 * _DAY_S * SECOND_NS,
        )
        for number in range(6)
    ]
    fill(own.database, own.recorder, pulls)

    found = _timeline(api, _DIGEST, "until=2026-05-03&days=2")

    assert found["usage"] == {
        "pulls": 6,
        "pushed_at": None,
        "first_pulled_at": "2026-05-01T00:00:00Z",
        "last_pulled_at": "2026-05-03T00:00:00Z",
    }
    assert found["days"] == [
        {"day": day, "pulls": 2, "clients": {"docker": 2}}
        for day in ("2026-05-03", "2026-05-02")
    ]
    assert [item["usage"]["pulls"] for item in found["repositories"]["items"]] == [3, 3]
    assert found["changes"]["items"] == []
    assert found["kind"] == "manifest"


def test_a_timeline_tells_what_belongs_together(
    api: ConformingClient, client: FlaskClient
) -> None:
    child = factories.push_image(client, factories.digest(factories.manifest()))
    index = factories.index(factories.manifest())
    parent = factories.push_manifest(client, index, "index")
    subject = factories.descriptor(factories.manifest(), media_types.OCI_MANIFEST)
    signature = factories.manifest(subject=subject, artifactType="application/sig")
    referrer = factories.push_manifest(client, signature, "sig")

    of_child, of_parent = (_timeline(api, digest) for digest in (child, parent))

    [listed] = of_parent["children"]["items"]
    assert listed["digest"] == child
    assert listed["size"] == len(factories.manifest())
    [listing] = of_child["parents"]["items"]
    assert listing["digest"] == parent
    assert listing["media_type"] == media_types.OCI_INDEX
    [referring] = of_child["referrers"]["items"]
    assert referring["digest"] == referrer
    assert referring["artifact_type"] == "application/sig"
    assert of_child["children"]["items"] == of_parent["parents"]["items"] == []
    assert client.delete(f"/v2/team/app/manifests/{parent}").status_code == 202
    assert _timeline(api, child)["parents"]["items"] == []
    assert _timeline(api, parent)["children"]["items"] == []


def test_a_timeline_tells_every_delivery(
    api: ConformingClient, client: FlaskClient
) -> None:
    for name in ("ci", "cd"):
        api.post("/endpoints", json={"name": name, "url": "http://127.0.0.1:9/"})
    digest = factories.push_image(client, "1.0")
    factories.push_image(client, "2.0")

    told = _timeline(api, digest)["deliveries"]["items"]

    assert [item["tag"] for item in told] == ["2.0", "2.0", "1.0", "1.0"]
    assert {item["action"] for item in told} == {"push"}
    shown = [item["delivery"] for item in told]
    assert {each["endpoint_name"] for each in shown} == {"ci", "cd"}
    assert {each["state"] for each in shown} == {"pending"}
    listed = api.get("/deliveries").get_json()["items"]
    assert sorted(shown, key=lambda each: each["id"], reverse=True) == listed


def test_every_list_goes_on_page_by_page(
    api: ConformingClient,
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    subtests: pytest.Subtests,
) -> None:
    monkeypatch.setattr(relations, "_AT_ONCE", 2)
    api.post("/endpoints", json={"name": "ci", "url": "http://127.0.0.1:9/"})
    children = [factories.manifest(layers=(layer,)) for layer in (b"1", b"2", b"3")]
    subject = factories.descriptor(factories.index(*children), media_types.OCI_INDEX)
    for repository in ("team/app", "team/other"):
        for layer in (b"1", b"2", b"3"):
            factories.push_image(client, layer.decode(), repository, (layer,))
        for tag in ("a", "b", "c"):
            index = factories.index(*children)
            parent = factories.push_manifest(client, index, tag, repository)
            factories.push_manifest(
                client, factories.index(index, x=tag), f"{tag}-index", repository
            )
            factories.push_manifest(
                client,
                factories.manifest(layers=(b"1",), subject=subject, x=tag),
                f"{tag}-sig",
                repository,
            )
    expected = {part: len(_whole(api, parent, part, 1000)) for part in _LISTS}
    assert expected == {
        "changes": 6,
        "tags": 6,
        "repositories": 2,
        "deliveries": 6,
        "children": 3,
        "parents": 6,
        "referrers": 6,
    }

    for limit, window in product([1, 2, 3, 100], [2, 1000]):
        for module in (digest_changes, digest_deliveries, relations):
            monkeypatch.setattr(module, "_WINDOW", window)
        with subtests.test(limit=limit, window=window):
            whole = {part: _whole(api, parent, part, limit) for part in _LISTS}
            assert {part: len(items) for part, items in whole.items()} == expected
            for part, items in whole.items():
                assert len({str(item) for item in items}) == len(items)
                first = _timeline(api, parent)[part]
                assert first["items"] == items[: len(first["items"])]


def test_an_unknown_digest_has_no_timeline(api: ConformingClient) -> None:
    for digest in (Digest.of(b"unknown"), "sha256:abc", "latest"):
        for path in ("", *(f"/{part}" for part in _LISTS)):
            assert api.get(f"/digests/{digest}{path}").status_code == 404


def test_a_digest_may_be_named_by_how_it_begins(
    api: ConformingClient, own: Services
) -> None:
    alike = [f"sha256:{'a' * 12}{number:052x}" for number in range(2)]
    for text in (*alike, _DIGEST):
        event = factories.event()
        assert event.target.descriptor is not None
        content = replace(event.target.descriptor, digest=Digest(text))
        target = replace(event.target, descriptor=content, url=None)
        fill(own.database, own.recorder, [replace(event, target=target)])

    for part in (_DIGEST[:19], _DIGEST.hex[:12], _DIGEST.hex):
        assert _timeline(api, part)["digest"] == _DIGEST
        tags = api.get(f"/digests/{part}/tags").get_json()["items"]
        assert [span["digest"] for span in tags] == [_DIGEST]
    refused = api.get(f"/digests/{'a' * 12}")
    assert refused.status_code == 422
    [error] = refused.get_json()["errors"]
    assert all(text in error["detail"] for text in alike)
    assert _timeline(api, alike[1][:-1] + "1")["digest"] == alike[1]
    assert api.get(f"/digests/{'b' * 12}").status_code == 404


def test_a_cursor_of_nobody_is_refused(api: ConformingClient, own: Services) -> None:
    fill(own.database, own.recorder, [factories.event(), factories.event(tag="2")])
    cursor = api.get(f"/digests/{_DIGEST}/changes?limit=1").get_json()["next"]

    assert cursor is not None
    for part in _LISTS:
        beyond = render_cursor(f"d.{part}", UUID(int=2**64))
        others = [text for text in (cursor, beyond) if part not in {"changes", "tags"}]
        no_ids = render_names("digest_deliveries", ["no", "id" * 9])
        for text in ("x", "", "é", "A" * 28, no_ids, *others):
            response = api.get(f"/digests/{_DIGEST}/{part}?cursor={text}")
            assert response.status_code == 400


def test_what_happened_many_times_is_told_page_by_page(
    api: ConformingClient, own: Services
) -> None:
    events = [
        factories.event(tag=f"{number}", at_ns=DAY_NS + number * SECOND_NS)
        for number in range(600)
    ]
    fill(own.database, own.recorder, events)
    api.post("/endpoints", json={"name": "ci", "url": "http://127.0.0.1:9/"})
    told = {uuid7(): event for event in (events[0], events[0], events[-1])}
    with own.database.transaction() as transaction:
        key = transaction.execute(sa.select(EndpointRow.id)).scalar_one()
        transaction.execute(
            sa.insert(DeliveryRow),
            [
                {"id": id_, "event_id": event.id, "endpoint_id": key}
                | {"state": 2, "attempts": 1}
                for id_, event in told.items()
            ],
        )

    changes, tags, deliveries = (
        _whole(api, _DIGEST, part, 250) for part in ("changes", "tags", "deliveries")
    )

    assert [item["event"]["id"] for item in changes] == [
        str(event.id) for event in reversed(events)
    ]
    assert [span["tag"] for span in tags] == [f"{n}" for n in reversed(range(600))]
    assert [item["delivery"]["id"] for item in deliveries] == [
        str(id_) for id_ in reversed(told)
    ]


def test_a_blob_that_was_never_pulled_has_no_days(
    api: ConformingClient, own: Services
) -> None:
    fill(own.database, own.recorder, [factories.event(kind=Kind.BLOB, tag=None)])

    assert _timeline(api, _DIGEST)["days"] == []


def test_a_blob_has_a_timeline_too(api: ConformingClient, own: Services) -> None:
    events = [
        factories.event(action, kind=Kind.BLOB, tag=None)
        for action in (Action.PUSH, Action.PULL)
    ]
    fill(own.database, own.recorder, events)

    found = _timeline(api, _DIGEST)

    assert found["kind"] == "blob"
    assert found["usage"]["pulls"] == 1
    assert len(found["changes"]["items"]) == 1
    assert found["tags"]["items"] == []
