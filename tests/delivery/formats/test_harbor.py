"""Harbor's two payloads."""

import orjson
import pytest
from cloudevents.core.formats.json import JSONFormat
from msgspec.structs import replace

from notifier.events.event import Event
from tests.delivery.formats.told import (
    DELETE,
    DIGEST,
    PING,
    PULL,
    PUSH,
    PUSH_BY_DIGEST,
    render,
    tellable,
    told,
)

_CLOUDEVENTS = {"type": "harbor", "mode": "cloudevents"}


def test_a_push_looks_as_harbor_writes_it() -> None:
    assert told("harbor") == {
        "type": "PUSH_ARTIFACT",
        "occur_at": PUSH.timestamp_ns // 1_000_000_000,
        "operator": "alice",
        "event_data": {
            "resources": [
                {
                    "digest": DIGEST,
                    "tag": "1.0",
                    "resource_url": "registry:5000/team/app:1.0",
                }
            ],
            "repository": {
                "name": "app",
                "namespace": "team",
                "repo_full_name": "team/app",
                "repo_type": "private",
            },
        },
    }


def test_without_a_tag_the_digest_stands_for_it() -> None:
    [resource] = told("harbor", PUSH_BY_DIGEST)["event_data"]["resources"]

    assert resource["tag"] == DIGEST
    assert resource["resource_url"] == f"registry:5000/team/app@{DIGEST}"


@pytest.mark.parametrize(
    ("event", "default", "cloudevent"),
    [
        (PUSH, "PUSH_ARTIFACT", "harbor.artifact.pushed"),
        (PULL, "PULL_ARTIFACT", "harbor.artifact.pulled"),
        (DELETE, "DELETE_ARTIFACT", "harbor.artifact.deleted"),
        (PING, "testEndpoint", "harbor.endpoint.tested"),
    ],
    ids=["push", "pull", "delete", "ping"],
)
def test_the_types_are_those_of_harbor(
    event: Event, default: str, cloudevent: str
) -> None:
    assert told("harbor", event)["type"] == default
    assert told(_CLOUDEVENTS, event)["type"] == cloudevent


def test_the_cloudevent_is_one_and_keeps_its_id() -> None:
    message = render(_CLOUDEVENTS)

    event = JSONFormat().read(None, message.body)

    assert message.content_type == "application/cloudevents+json"
    assert event.get_id() == str(PUSH.id)
    assert event.get_source() == "/projects/team"
    assert event.get_extension("operator") == "alice"
    assert event.get_extension("requestid") == str(PUSH.request.id)
    assert event.get_data() == told("harbor")["event_data"]


def test_a_repository_without_namespace_is_a_project_of_its_own() -> None:
    target = replace(PUSH.target, repository="alpine")
    event = replace(PUSH, target=target, actor=None)

    told_ = orjson.loads(render(_CLOUDEVENTS, event).body)

    assert told_["source"] == "/projects/alpine"
    assert told_["operator"] == "anonymous"
    assert told_["data"]["repository"]["namespace"] == ""


def test_harbor_knows_no_blobs_and_no_mounts() -> None:
    assert tellable("harbor") == {
        *("push", "push by digest", "pull", "delete", "delete of a tag", "ping")
    }
