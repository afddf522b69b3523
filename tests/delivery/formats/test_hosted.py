"""What Docker Hub and Quay send: pushes by tag."""

import pytest
from msgspec.structs import replace

from tests.delivery.formats.told import PING, PUSH, render, tellable, told


def test_a_push_looks_as_docker_hub_writes_it() -> None:
    assert told("dockerhub") == {
        "callback_url": "",
        "push_data": {
            "pushed_at": PUSH.timestamp_ns // 1_000_000_000,
            "pusher": "alice",
            "tag": "1.0",
        },
        "repository": {
            "name": "app",
            "namespace": "team",
            "owner": "team",
            "repo_name": "team/app",
            "repo_url": "http://registry:5000/team/app",
            "is_private": True,
            "is_official": False,
            "is_trusted": False,
            "status": "Active",
        },
    }


def test_a_push_looks_as_quay_writes_it() -> None:
    assert told("quay") == {
        "name": "app",
        "repository": "team/app",
        "namespace": "team",
        "docker_url": "registry:5000/team/app",
        "homepage": "http://registry:5000/team/app",
        "updated_tags": ["1.0"],
    }


def test_the_namespace_is_all_but_the_last_component() -> None:
    event = replace(PUSH, target=replace(PUSH.target, repository="a/b/c"))

    assert told("quay", event)["namespace"] == "a/b"
    assert told("dockerhub", event)["repository"]["name"] == "c"


@pytest.mark.parametrize("name", ["dockerhub", "quay"])
def test_only_pushes_by_tag_can_be_told(name: str) -> None:
    assert tellable(name) == {"push", "ping"}
    assert render(name).content_type == "application/json"


def test_a_ping_is_a_push_to_what_nobody_has() -> None:
    assert told("dockerhub", PING)["repository"]["repo_name"] == "notifier/ping"
    assert told("dockerhub", PING)["push_data"]["tag"] == "ping"
    assert told("quay", PING)["repository"] == "notifier/ping"
    assert told("quay", PING)["homepage"] == "https://registry:5000/notifier/ping"
