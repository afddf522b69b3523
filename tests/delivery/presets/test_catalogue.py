"""How a preset fills in the fields of an endpoint, and what it refuses."""

from typing import Any

import pytest

from notifier.delivery.endpoint_fields import parse_fields
from notifier.delivery.errors import EndpointInvalid
from notifier.delivery.presets import fill_in_preset

_GITHUB = {"name": "github", "repository": "acme/site", "token": "t"}
_GITLAB = {"name": "gitlab", "project": "7", "token": "t"}


def test_the_hosted_services_are_where_they_are() -> None:
    github = fill_in_preset({"preset": _GITHUB})
    gitlab = fill_in_preset({"preset": _GITLAB})

    assert github["url"] == "https://api.github.com/repos/acme/site/dispatches"
    assert gitlab["url"] == (
        "https://gitlab.com/api/v4/projects/7/ref/main/trigger/pipeline?token={token}"
    )


def test_fields_without_a_preset_stay_as_they_are() -> None:
    fields = {"url": "https://ci.example.com", "headers": {"A": "b"}}

    assert fill_in_preset(fields) == fields


def test_what_is_given_beside_a_preset_goes_first() -> None:
    filled = fill_in_preset(
        {
            "preset": _GITHUB,
            "name": "site",
            "url": "https://proxy.example.com/dispatch",
            "headers": {"accept": "application/json", "X-Team": "blue"},
            "filters": {"actions": ["push", "delete"], "repositories": ["site"]},
            "format": "acr",
        }
    )

    assert filled["url"] == "https://proxy.example.com/dispatch"
    assert filled["headers"] == {
        "Authorization": "Bearer t",
        "X-GitHub-Api-Version": "2022-11-28",
        "accept": "application/json",
        "X-Team": "blue",
    }
    assert filled["filters"] == {
        "actions": ["push", "delete"],
        "kinds": ["manifest"],
        "tags": ["*"],
        "repositories": ["site"],
    }
    assert filled["format"] == "acr"
    assert "preset" not in filled


def test_the_event_type_is_what_workflows_wait_for() -> None:
    parsed = parse_fields({"preset": {**_GITHUB, "event_type": "new-image"}})

    assert '"new-image"' in parsed["format_"].body


@pytest.mark.parametrize(
    ("preset", "field", "reason"),
    [
        ({}, "preset.name", "must be one of github, gitlab, jenkins"),
        ({"name": "travis"}, "preset.name", "must be one of"),
        ({"name": "github"}, "preset.repository", "github needs it: The repository"),
        ({"name": "jenkins", "token": "t"}, "preset.url", "jenkins needs it"),
        ({**_GITHUB, "ref": "main"}, "preset.ref", "github has no such option"),
        ({**_GITHUB, "repository": "site"}, "preset.repository", "must be like owner/"),
        ({**_GITHUB, "repository": "a/b/../c"}, "preset.repository", "must be like"),
        ({**_GITHUB, "event_type": '"}}'}, "preset.event_type", "must be 1 to 100"),
        ({**_GITHUB, "url": "ftp://x"}, "preset.url", "must be http:// or https://"),
        ({**_GITHUB, "url": "https://x/?a=b"}, "preset.url", "must be an address"),
        ({**_GITLAB, "token": ""}, "preset.token", "must be 1 to 1000 visible"),
        ({**_GITLAB, "token": "a\nb"}, "preset.token", "must be 1 to 1000 visible"),
        ({**_GITLAB, "url": "x"}, "preset.url", "must be http:// or https://"),
        (
            {"name": "flux", "url": "https://x", "token": "short"},
            "preset.token",
            "must have 16 to 256",
        ),
        ({"name": "tekton", "url": "x"}, "preset.url", "must be http:// or https://"),
    ],
    ids=str,
)
def test_what_a_preset_cannot_use_is_refused(
    preset: Any, field: str, reason: str
) -> None:
    with pytest.raises(EndpointInvalid) as caught:
        fill_in_preset({"preset": preset})

    assert caught.value.field == field
    assert caught.value.reason.startswith(reason)
