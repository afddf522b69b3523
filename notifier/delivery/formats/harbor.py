"""What Harbor sends: its Default payload, and its CloudEvents."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from notifier.delivery.formats.base import (
    Format,
    Message,
    checked_choice,
    json_message,
)
from notifier.delivery.formats.words import (
    digest_of,
    reference_of,
    repository_of,
    split_repository,
)
from notifier.events.envelope import render_timestamp
from notifier.events.event import Action, Event, Kind

MODES: Final = ("default", "cloudevents")

# Harbor has no ping by now. The first of each is what its versions 1 sent as a test.
_TYPES = {
    Action.PUSH: ("PUSH_ARTIFACT", "harbor.artifact.pushed"),
    Action.PULL: ("PULL_ARTIFACT", "harbor.artifact.pulled"),
    Action.DELETE: ("DELETE_ARTIFACT", "harbor.artifact.deleted"),
    Action.PING: ("testEndpoint", "harbor.endpoint.tested"),
}
_NS_PER_S = 1_000_000_000


@dataclass(frozen=True)
class Harbor(Format):
    """Pushes, pulls and deletes of manifests; Harbor knows no blobs and no mounts."""

    type: ClassVar[str] = "harbor"

    mode: str = "default"

    def __post_init__(self) -> None:
        checked_choice("format.mode", self.mode, MODES)

    def can_tell(self, event: Event) -> bool:
        """Tell whether Harbor sends such an event."""
        return event.action in _TYPES and event.target.kind is not Kind.BLOB

    def render(self, events: Sequence[Event]) -> Message:
        """Write the one event."""
        [event] = events
        if self.mode == "cloudevents":
            return json_message(_cloudevent(event), "application/cloudevents+json")
        return json_message(_default(event))


def _default(event: Event) -> dict[str, Any]:
    return {
        "type": _TYPES[event.action][0],
        "occur_at": event.timestamp_ns // _NS_PER_S,
        "operator": _operator(event),
        "event_data": _data(event),
    }


def _cloudevent(event: Event) -> dict[str, Any]:
    """Return a CloudEvent as Harbor makes it, but that its id stays the same.

    Harbor names a webhook policy as the source; here there are none, and the source is
    the project.
    """
    namespace, name = split_repository(repository_of(event))
    return {
        "specversion": "1.0",
        "id": str(event.id),
        "source": f"/projects/{namespace or name}",
        "type": _TYPES[event.action][1],
        "datacontenttype": "application/json",
        "time": render_timestamp(event.timestamp_ns),
        "data": _data(event),
        "operator": _operator(event),
        "requestid": str(event.request.id),
    }


def _data(event: Event) -> dict[str, Any]:
    repository = repository_of(event)
    namespace, name = split_repository(repository)
    return {
        "resources": [_resource(event)],
        "repository": {
            "name": name,
            "namespace": namespace,
            "repo_full_name": repository,
            "repo_type": "private",
        },
    }


def _resource(event: Event) -> dict[str, str]:
    digest = digest_of(event)
    return {
        "digest": digest,
        "tag": event.target.tag or digest,
        "resource_url": f"{event.request.host}/{reference_of(event)}",
    }


def _operator(event: Event) -> str:
    return event.actor or "anonymous"
