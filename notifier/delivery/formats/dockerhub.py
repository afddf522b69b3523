"""What Docker Hub sends."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from notifier.delivery.formats.base import Format, Message, json_message
from notifier.delivery.formats.words import (
    base_url_of,
    is_push_by_tag,
    repository_of,
    split_repository,
    tag_of,
)
from notifier.events.event import Event

_NS_PER_S = 1_000_000_000


@dataclass(frozen=True)
class DockerHub(Format):
    """Pushes by tag. There is no digest in it, and nobody to call back."""

    type: ClassVar[str] = "dockerhub"

    def can_tell(self, event: Event) -> bool:
        """Tell whether Docker Hub sends such an event."""
        return is_push_by_tag(event)

    def render(self, events: Sequence[Event]) -> Message:
        """Write the one event."""
        [event] = events
        repository = repository_of(event)
        namespace, name = split_repository(repository)
        pushed = {
            "pushed_at": event.timestamp_ns // _NS_PER_S,
            "pusher": event.actor or "anonymous",
            "tag": tag_of(event),
        }
        about = {
            "name": name,
            "namespace": namespace,
            "owner": namespace,
            "repo_name": repository,
            "repo_url": f"{base_url_of(event)}/{repository}",
            "is_private": True,
            "is_official": False,
            "is_trusted": False,
            "status": "Active",
        }
        return json_message(
            {"callback_url": "", "push_data": pushed, "repository": about}
        )
