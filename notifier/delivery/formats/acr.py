"""What Azure Container Registry sends: one bare event, and fewer of its fields."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from notifier.delivery.formats.base import Format, Message, json_message
from notifier.events.envelope import dump_event
from notifier.events.event import Action, Event, Kind

_TARGET = ("mediaType", "size", "digest", "length", "repository", "tag")
_REQUEST = ("id", "host", "method", "useragent")


@dataclass(frozen=True)
class Acr(Format):
    """Pushes and deletes of manifests and tags.

    Azure leaves the tag out of deletes. Here a delete that has one is that of the tag.
    """

    type: ClassVar[str] = "acr"

    def can_tell(self, event: Event) -> bool:
        """Tell whether Azure sends such an event."""
        return event.action is Action.PING or (
            event.action in {Action.PUSH, Action.DELETE}
            and event.target.kind is Kind.MANIFEST
        )

    def render(self, events: Sequence[Event]) -> Message:
        """Write the one event; a ping has no target, as with Azure."""
        [event] = events
        dumped = dump_event(event)
        bare = {name: dumped[name] for name in ("id", "timestamp", "action")}
        if event.action is not Action.PING:
            bare["target"] = _only(_TARGET, dumped["target"])
            bare["request"] = _only(_REQUEST, dumped["request"])
        return json_message(bare)


def _only(names: Sequence[str], part: dict[str, Any]) -> dict[str, Any]:
    return {name: part[name] for name in names if name in part}
