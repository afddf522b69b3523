"""The REST API's sources."""

from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from tests.ingest import told
from tests.web.api.conforming import ConformingClient

SOURCE = {"name": "registry-2"}


def test_a_source_shows_its_token_once(api: ConformingClient) -> None:
    created = api.post(
        "/sources",
        json=SOURCE | {"kind": "harbor", "prefixes": {"*.example.com": "hub", "*": ""}},
    )

    source = created.get_json()
    token = source.pop("token")
    assert created.status_code == 201
    assert created.headers["Location"].endswith(f"/api/v1/sources/{source['id']}")
    assert api.get(f"/sources/{source['id']}").get_json() == source
    assert api.get("/sources").get_json() == {"items": [source], "next": None}
    assert token not in api.get("/sources").text + api.get("/events").text
    assert (source["kind"], source["enabled"]) == ("harbor", True)
    assert source["prefixes"] == {"*.example.com": "hub", "*": ""}


def test_a_source_is_changed_field_by_field(api: ConformingClient) -> None:
    source = api.post("/sources", json=SOURCE | {"prefixes": {"*": "hub"}}).get_json()

    changed = api.patch(f"/sources/{source['id']}", json={"enabled": False}).get_json()

    assert changed["enabled"] is False
    assert changed["prefixes"] == {"*": "hub"}


def test_a_rotated_token_is_another_one(api: ConformingClient) -> None:
    source = api.post("/sources", json=SOURCE).get_json()

    rotated = api.post(f"/sources/{source['id']}/token")

    assert rotated.status_code == 201
    assert rotated.get_json()["token"] != source["token"]
    assert rotated.get_json()["id"] == source["id"]


def test_a_removed_source_is_unknown(api: ConformingClient) -> None:
    source = api.post("/sources", json=SOURCE).get_json()
    path = f"/sources/{source['id']}"

    assert api.delete(path).status_code == 204

    for answer in (
        *(api.get(path), api.delete(path), api.patch(path, json={})),
        *(api.post(f"{path}/token"), api.get(f"{path}/rejects")),
        api.get(f"/sources/{uuid4()}"),
    ):
        assert answer.status_code == 404
        assert answer.get_json()["detail"] == "There is no such source."


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({}, "#/name"),
        ({"name": "a/b"}, "#/name"),
        ({"name": "a", "kind": "github"}, "#/kind"),
        ({"name": "a", "prefixes": {"*": "Hub"}}, "#/prefixes"),
        ({"name": "a", "prefixes": {"*": 1}}, "#/prefixes/*/value"),
        ({"name": "a", "token": "mine"}, "#/token"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(
    api: ConformingClient, fields: dict[str, object], pointer: str
) -> None:
    refused = api.post("/sources", json=fields)

    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.get_json()["errors"]] == [pointer]
    assert api.get("/sources").get_json()["items"] == []


def test_two_sources_cannot_have_one_name(api: ConformingClient) -> None:
    api.post("/sources", json=SOURCE)

    refused = api.post("/sources", json=SOURCE)

    assert refused.status_code == 409
    assert "a source named registry-2" in refused.get_json()["detail"]


def test_what_was_kept_aside_is_shown_with_its_reason(
    api: ConformingClient, client: FlaskClient
) -> None:
    source = api.post("/sources", json=SOURCE).get_json()
    for digest in ("sha256:1", "sha256:2", "sha256:3"):
        client.post(
            "/api/v1/ingest/registry-2",
            data=told.envelope(told.event(target=told.target(digest=digest))),
            content_type="application/json",
            headers={"Authorization": f"Bearer {source['token']}"},
        )
    path = f"/sources/{source['id']}/rejects"

    page = api.get(f"{path}?limit=2").get_json()
    rest = api.get(f"{path}?limit=2&cursor={page['next']}").get_json()

    reasons = [item["reason"] for item in (*page["items"], *rest["items"])]
    assert reasons == [f"target.digest: 'sha256:{n}' is no digest" for n in (3, 2, 1)]
    assert '"sha256:3"' in page["items"][0]["content"]
    assert rest["next"] is None


def test_changes_of_a_source_are_recorded(api: ConformingClient) -> None:
    source = api.post("/sources", json=SOURCE).get_json()
    path = f"/sources/{source['id']}"
    api.patch(path, json={"name": "hub", "enabled": False})
    api.post(f"{path}/token")
    api.delete(path)

    events = [item["event"] for item in api.get("/events").get_json()["items"]]

    named = {"id": source["id"], "name": "registry-2"}
    hub = named | {"name": "hub"}
    assert [(event["action"], event["detail"]) for event in reversed(events)] == [
        ("source.create", {"source": named}),
        ("source.update", {"source": hub, "fields": ["enabled", "name"]}),
        ("source.rotate", {"source": hub}),
        ("source.remove", {"source": hub}),
    ]
