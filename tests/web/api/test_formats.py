"""Formats by REST: chosen, shown, changed, refused."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests import factories
from tests.web.api.conforming import ConformingClient

_NEW = {"name": "ci", "url": "https://ci.example.com/hook"}
_TEMPLATE = {"type": "template", "body": "{{ event|json }}"}


def _create(api: ConformingClient, format_: Any) -> dict[str, Any]:
    response = api.post("/endpoints", json={**_NEW, "format": format_})
    assert response.status_code == 201, response.text
    created: dict[str, Any] = response.get_json()
    return created


@pytest.mark.parametrize(
    ("chosen", "shown"),
    [
        ("acr", {"type": "acr"}),
        ("slack", {"type": "slack"}),
        ("cloudevents", {"type": "cloudevents", "mode": "structured"}),
        (
            {"type": "cloudevents", "mode": "binary"},
            {"type": "cloudevents", "mode": "binary"},
        ),
        (
            {"type": "distribution", "version": "v1"},
            {"type": "distribution", "version": "v1"},
        ),
        (_TEMPLATE, {**_TEMPLATE, "content_type": "application/json"}),
    ],
    ids=str,
)
def test_a_format_is_shown_with_its_defaults(
    api: ConformingClient, chosen: Any, shown: dict[str, str]
) -> None:
    created = _create(api, chosen)

    assert created["format"] == shown
    assert api.get(f"/endpoints/{created['id']}").get_json()["format"] == shown


def test_a_format_can_be_changed_and_stays_otherwise(api: ConformingClient) -> None:
    path = f"/endpoints/{_create(api, 'acr')['id']}"

    renamed = api.patch(path, json={"name": "cd"}).get_json()
    changed = api.patch(path, json={"format": _TEMPLATE}).get_json()

    assert renamed["format"] == {"type": "acr"}
    assert changed["format"]["body"] == _TEMPLATE["body"]


@pytest.mark.parametrize(
    ("chosen", "pointer", "detail"),
    [
        ("telegram", "#/format/type", "must be one of distribution, acr, cloudevents"),
        (5, "#/format", "must be an object, or the name of a type"),
        ({"type": "acr", "mode": "x"}, "#/format/mode", "is no option of acr"),
        (
            {"type": "template", "body": "{\n{{ event.nope|json }}"},
            "#/format/body",
            "line 2: 'dict object' has no attribute 'nope'",
        ),
    ],
    ids=str,
)
def test_a_bad_format_is_refused_and_leaves_nothing(
    api: ConformingClient, chosen: Any, pointer: str, detail: str
) -> None:
    response = api.post("/endpoints", json={**_NEW, "format": chosen})

    assert response.status_code == 422
    [error] = response.get_json()["errors"]
    assert error["pointer"] == pointer
    assert error["detail"].startswith(detail)
    assert api.get("/endpoints").get_json()["items"] == []


def test_a_bad_template_does_not_replace_a_good_one(api: ConformingClient) -> None:
    path = f"/endpoints/{_create(api, _TEMPLATE)['id']}"

    response = api.patch(path, json={"format": {"type": "template", "body": "{{"}})

    assert response.status_code == 422
    assert api.get(path).get_json()["format"]["body"] == _TEMPLATE["body"]


def test_what_a_format_cannot_tell_makes_no_delivery(
    api: ConformingClient, client: FlaskClient
) -> None:
    _create(api, "dockerhub")
    digest = factories.push_image(client, "1.0")
    client.delete(f"/v2/team/app/manifests/{digest}")

    [delivery] = api.get("/deliveries").get_json()["items"]

    event = api.get(f"/events/{delivery['event_id']}").get_json()["event"]
    assert (event["action"], event["target"]["tag"]) == ("push", "1.0")
