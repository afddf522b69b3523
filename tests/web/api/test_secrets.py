"""Secrets by REST: brought, chosen, rotated, ended."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from flask import Flask

from notifier.app import close, create_app
from notifier.config import Settings
from notifier.delivery.keys import new_secret
from notifier.web.services import get_services
from tests.web.api.conforming import ConformingClient

_NEW = {"name": "ci", "url": "https://ci.example.com/hook"}
_TEXT = "It's-a-Secret-to-Everybody"


def _create(api: ConformingClient, **more: Any) -> dict[str, Any]:
    response = api.post("/endpoints", json={**_NEW, **more})
    assert response.status_code == 201, response.text
    created: dict[str, Any] = response.get_json()
    return created


def test_a_secret_that_was_brought_is_not_answered(api: ConformingClient) -> None:
    secret = new_secret()

    response = api.post("/endpoints", json={**_NEW, "secret": secret})

    assert response.status_code == 201
    assert "secret" not in response.get_json()
    assert secret not in response.text


def test_signatures_are_chosen_and_changed(api: ConformingClient) -> None:
    created = _create(api, signatures=["x-signature"], secret=_TEXT)

    changed = api.patch(f"/endpoints/{created['id']}", json={"signatures": ["v1a"]})

    assert created["signatures"] == ["x-signature"]
    assert created["secrets"][0]["public_key"] is None
    assert changed.get_json()["signatures"] == ["v1a"]
    assert changed.get_json()["secrets"][0]["public_key"].startswith("whpk_")
    assert "whsk_" not in changed.text


def test_a_rotation_answers_the_new_secret_once(api: ConformingClient) -> None:
    created = _create(api, signatures=["v1", "v1a"])
    path = f"/endpoints/{created['id']}"

    response = api.post(f"{path}/secrets", json={})

    made = response.get_json()
    assert response.status_code == 201
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert secret != created["secret"]
    assert made["public_key"] != created["secrets"][0]["public_key"]
    shown = api.get(path)
    newest, old = shown.get_json()["secrets"]
    assert newest == made
    assert (newest["expires_at"], old["id"]) == (None, created["secrets"][0]["id"])
    assert old["expires_at"] is not None
    assert secret not in shown.text


def test_a_rotation_takes_a_secret_and_an_overlap(api: ConformingClient) -> None:
    created = _create(api)
    path = f"/endpoints/{created['id']}"

    body = {"secret": new_secret(), "overlap_s": 0}
    response = api.post(f"{path}/secrets", json=body)

    assert response.status_code == 201
    assert "secret" not in response.get_json()
    assert api.get(path).get_json()["secrets"] == [response.get_json()]


def test_a_rotation_needs_no_body(api: ConformingClient) -> None:
    created = _create(api)

    response = api.post(f"/endpoints/{created['id']}/secrets")

    assert response.status_code == 201


def test_an_old_secret_is_removed_and_the_newest_is_not(api: ConformingClient) -> None:
    created = _create(api)
    path = f"/endpoints/{created['id']}"
    old = f"{path}/secrets/{created['secrets'][0]['id']}"

    assert api.delete(old).status_code == 409
    new = api.post(f"{path}/secrets", json={}).get_json()

    assert api.delete(old).status_code == 204
    assert api.delete(old).status_code == 404
    assert api.delete(f"{path}/secrets/{new['id']}").status_code == 409
    assert [s["id"] for s in api.get(path).get_json()["secrets"]] == [new["id"]]


def test_more_than_three_secrets_are_refused(api: ConformingClient) -> None:
    path = f"/endpoints/{_create(api)['id']}/secrets"

    statuses = [api.post(path, json={}).status_code for _ in range(3)]

    assert statuses == [201, 201, 409]
    assert api.post(path, json={"overlap_s": 0}).status_code == 201


def test_an_unknown_endpoint_has_no_secrets(api: ConformingClient) -> None:
    path = f"/endpoints/{uuid4()}/secrets"

    assert api.post(path, json={}).status_code == 404
    assert api.delete(f"{path}/{uuid4()}").status_code == 404


_WRONG: list[tuple[dict[str, Any], str]] = [
    ({"overlap_s": -1}, "#/overlap_s"),
    ({"overlap_s": 2_592_001}, "#/overlap_s"),
    ({"overlap_s": "24h"}, "#/overlap_s"),
    ({"overlap_s": 1.5}, "#/overlap_s"),
    ({"secret": _TEXT}, "#/secret"),
    ({"secret": None}, "#/secret"),
    ({"overlap": 0}, "#/overlap"),
]


def test_what_is_wrong_with_a_rotation_is_pointed_at(
    api: ConformingClient, subtests: pytest.Subtests
) -> None:
    created = _create(api)
    path = f"/endpoints/{created['id']}"
    for body, pointer in _WRONG:
        with subtests.test(body=body):
            response = api.post(f"{path}/secrets", json=body)

            assert response.status_code == 422
            errors = response.get_json()["errors"]
            assert [error["pointer"] for error in errors] == [pointer]
            assert _TEXT not in response.text
    assert api.get(path).get_json()["secrets"] == created["secrets"]


def test_v1_is_not_chosen_with_a_secret_that_cannot_make_it(
    api: ConformingClient,
) -> None:
    created = _create(api, signatures=["x-signature"], secret=_TEXT)

    response = api.patch(f"/endpoints/{created['id']}", json={"signatures": ["v1"]})

    assert response.status_code == 422
    [error] = response.get_json()["errors"]
    assert error["pointer"] == "#/signatures"
    assert "rotate" in error["detail"]


@contextmanager
def _restarted(settings: Settings) -> Iterator[Flask]:
    """Run another application on the same database, with a key of its own."""
    key = Fernet.generate_key().decode()
    app = create_app(replace(settings, secret_key=key))
    yield app
    close(app)
    get_services(app).metrics.close()


def test_a_lost_key_is_said_and_made_up_for(
    settings: Settings, api: ConformingClient
) -> None:
    created = _create(api, headers={"X-Team": "blue"})
    path = f"/endpoints/{created['id']}"
    with _restarted(settings) as app:
        api = ConformingClient(app)

        shown = api.get(path).get_json()
        masked = api.patch(path, json={"headers": {"X-Team": "********"}})
        listed = api.get("/endpoints").get_json()["items"]
        api.patch(path, json={"headers": {"X-Team": "green"}})
        api.post(f"{path}/secrets", json={})

        assert (created["readable"], shown["readable"]) == (True, False)
        assert shown["headers"] == {}
        assert listed == [shown]
        assert masked.status_code == 409
        assert "NOTIFIER_SECRET_KEY" in masked.get_json()["detail"]
        assert api.get(path).get_json()["readable"] is True
