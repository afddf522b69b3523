"""Presets, and secrets within URLs, by REST."""

from typing import Any

import pytest

from notifier.delivery.presets import PRESETS
from tests.web.api.conforming import ConformingClient

_GITLAB = {"name": "gitlab", "project": "acme/app", "token": "hunter2"}
_URL = "https://gitlab.com/api/v4/projects/acme%2Fapp/ref/main/trigger/pipeline"


def test_the_presets_are_listed_with_what_each_has_to_know(
    api: ConformingClient,
) -> None:
    listed = api.get("/presets").get_json()

    assert [item["name"] for item in listed["items"]] == list(PRESETS)
    assert listed["next"] is None
    gitlab = listed["items"][1]
    assert {option["name"] for option in gitlab["options"]} == {
        *("project", "token", "ref", "url")
    }
    assert gitlab["options"][1] == {
        "name": "token",
        "about": "A pipeline trigger token of that project.",
        "is_required": True,
        "is_secret": True,
        "default": None,
    }


def test_every_option_of_a_preset_can_be_given(api: ConformingClient) -> None:
    schema = api.document["components"]["schemas"]["ChosenPreset"]

    options = {o.name for preset in PRESETS.values() for o in preset.options}

    assert set(schema["properties"]) == {"name", *options}
    assert schema["properties"]["name"]["enum"] == list(PRESETS)


def test_a_preset_fills_an_endpoint_in(api: ConformingClient) -> None:
    response = api.post("/endpoints", json={"name": "app", "preset": _GITLAB})

    created = response.get_json()
    assert response.status_code == 201
    assert created["url"] == f"{_URL}?token={{token}}"
    assert created["url_secrets"] == {"token": "********"}
    assert created["filters"] == {
        "actions": ["push"],
        "kinds": ["manifest"],
        "tags": ["*"],
    }
    assert "preset" not in created
    assert "hunter2" not in response.text
    assert "hunter2" not in api.get("/endpoints").text


def test_what_is_given_beside_it_goes_first(api: ConformingClient) -> None:
    body = {"name": "app", "preset": _GITLAB, "filters": {"repositories": ["app"]}}

    created = api.post("/endpoints", json={**body, "timeout_s": 9}).get_json()

    assert created["timeout_s"] == 9
    assert created["filters"]["repositories"] == ["app"]
    assert created["filters"]["actions"] == ["push"]


@pytest.mark.parametrize(
    ("preset", "pointer"),
    [
        ({"name": "travis"}, "#/preset/name"),
        ({"name": "gitlab", "token": "hunter2"}, "#/preset/project"),
        ({**_GITLAB, "repository": "a/b"}, "#/preset/repository"),
        ({**_GITLAB, "pipeline": "a"}, "#/preset/pipeline"),
        ({**_GITLAB, "url": "gitlab"}, "#/preset/url"),
        ({**_GITLAB, "token": 5}, "#/preset/token"),
        ("gitlab", "#/preset"),
    ],
    ids=str,
)
def test_what_a_preset_cannot_use_is_refused_and_leaves_nothing(
    api: ConformingClient, preset: Any, pointer: str
) -> None:
    response = api.post("/endpoints", json={"name": "app", "preset": preset})

    assert response.status_code == 422
    assert [error["pointer"] for error in response.get_json()["errors"]] == [pointer]
    assert "hunter2" not in response.text
    assert api.get("/endpoints").get_json()["items"] == []


def test_a_preset_makes_endpoints_and_does_not_change_them(
    api: ConformingClient,
) -> None:
    created = api.post("/endpoints", json={"name": "a", "preset": _GITLAB}).get_json()

    response = api.patch(f"/endpoints/{created['id']}", json={"preset": _GITLAB})

    assert response.status_code == 422


def test_a_url_is_shown_with_the_names_of_its_secrets(api: ConformingClient) -> None:
    fields = {"url": "https://x/{key}", "url_secrets": {"key": "hunter2"}}

    created = api.post("/endpoints", json={"name": "x", **fields}).get_json()
    path = f"/endpoints/{created['id']}"
    changed = api.patch(
        path, json={"url": "https://y/{key}", "url_secrets": created["url_secrets"]}
    )
    refused = api.patch(path, json={"url": "https://y/{other}"})

    assert created["url"] == "https://x/{key}"
    assert created["url_secrets"] == {"key": "********"}
    assert changed.get_json()["url"] == "https://y/{key}"
    assert refused.status_code == 422
    assert refused.get_json()["errors"][0]["pointer"] == "#/url"
