"""What Quay sends when a repository was pushed to."""

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


@dataclass(frozen=True)
class Quay(Format):
    """Pushes by tag, as ``updated_tags``."""

    type: ClassVar[str] = "quay"

    def can_tell(self, event: Event) -> bool:
        """Tell whether Quay sends such an event."""
        return is_push_by_tag(event)

    def render(self, events: Sequence[Event]) -> Message:
        """Write the one event."""
        [event] = events
        repository = repository_of(event)
        namespace, name = split_repository(repository)
        return json_message(
            {
                "name": name,
                "repository": repository,
                "namespace": namespace,
                "docker_url": f"{event.request.host}/{repository}",
                "homepage": f"{base_url_of(event)}/{repository}",
                "updated_tags": [tag_of(event)],
            }
        )
