"""Policies of endpoints, as the API takes and shows them."""

from typing import Any

import pytest
from flask.testing import FlaskClient

_ENDPOINTS = "/api/v1/endpoints"
_NEW = {"name": "ci", "url": "http://127.0.0.1:9/hook"}
_POLICY = {
    "retry": [0.0, 10.0],
    "max_in_flight": 2,
    "rate_limit": 5.0,
    "max_batch": 20,
    "linger_ms": 100,
    "ordered": "repository",
    "supersede": "tag",
    "disable_after_s": 3600.0,
}


def test_what_is_given_is_shown(client: FlaskClient) -> None:
    made = client.post(_ENDPOINTS, json=_NEW | _POLICY)

    assert made.status_code == 201, made.text
    shown = client.get(f"{_ENDPOINTS}/{made.get_json()['id']}").get_json()
    assert {name: shown[name] for name in _POLICY} == _POLICY


def test_what_is_not_given_has_its_default(client: FlaskClient) -> None:
    shown = client.post(_ENDPOINTS, json=_NEW).get_json()

    assert {name: shown[name] for name in _POLICY} == {
        "retry": "standard",
        "max_in_flight": 16,
        "rate_limit": None,
        "max_batch": 1,
        "linger_ms": 0,
        "ordered": None,
        "supersede": None,
        "disable_after_s": 432_000.0,
    }
    assert shown["disabled_reason"] is None
    assert shown["health"] == {
        "state": "closed",
        "failures": 0,
        "failing_since": None,
        "paused_until": None,
    }


def test_a_change_leaves_the_other_fields(client: FlaskClient) -> None:
    made = client.post(_ENDPOINTS, json=_NEW | _POLICY).get_json()

    changed = client.patch(
        f"{_ENDPOINTS}/{made['id']}", json={"rate_limit": None, "retry": "once"}
    ).get_json()

    expected = _POLICY | {"rate_limit": None, "retry": "once"}
    assert {name: changed[name] for name in _POLICY} == expected


@pytest.mark.parametrize(
    "wrong",
    [
        {"retry": "often"},
        {"retry": []},
        {"max_in_flight": 0},
        {"max_in_flight": 1.5},
        {"rate_limit": 0},
        {"max_batch": 1001},
        {"linger_ms": -1},
        {"ordered": "tag"},
        {"supersede": "repository"},
        {"disable_after_s": 1},
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_by_name(
    client: FlaskClient, wrong: dict[str, Any]
) -> None:
    response = client.post(_ENDPOINTS, json=_NEW | wrong)

    assert response.status_code == 422
    [name] = wrong
    [error] = response.get_json()["errors"]
    assert error["pointer"].startswith(f"#/{name}")
    assert client.get(_ENDPOINTS).get_json()["items"] == []


def test_a_format_of_one_event_takes_no_batch_later_either(
    client: FlaskClient,
) -> None:
    made = client.post(_ENDPOINTS, json=_NEW | {"max_batch": 2}).get_json()

    response = client.patch(f"{_ENDPOINTS}/{made['id']}", json={"format": "acr"})

    assert response.status_code == 422
    assert response.get_json()["errors"][0]["pointer"] == "#/max_batch"
