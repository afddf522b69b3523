"""A message for people, by Slack's incoming webhooks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from notifier.delivery.formats.base import Format, Message, json_message
from notifier.delivery.formats.words import digest_of, reference_of
from notifier.events.event import Action, Event

# Slack refuses texts of more than 2,000 or 3,000 characters, and much of this comes
# from clients. An escape is five characters at most.
_MAX_LENGTH = 300
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_DONE = {
    Action.PUSH: "pushed",
    Action.PULL: "pulled",
    Action.MOUNT: "mounted",
    Action.DELETE: "deleted",
}


@dataclass(frozen=True)
class Slack(Format):
    """One sentence, and a line with what else is known."""

    type: ClassVar[str] = "slack"

    def render(self, events: Sequence[Event]) -> Message:
        """Write the one event."""
        [event] = events
        blocks = [_section(_sentence(event))]
        if details := _details(event):
            blocks.append({"type": "context", "elements": [_markdown(details)]})
        return json_message({"text": _sentence(event), "blocks": blocks})


def _sentence(event: Event) -> str:
    if event.action is Action.PING:
        return f"A test from the registry {_escaped(event.request.host)}."
    actor = _escaped(event.actor or "Somebody")
    return f"{actor} {_DONE[event.action]} `{_escaped(reference_of(event))}`"


def _details(event: Event) -> str:
    """Say where it was and what it is; nothing of a ping."""
    target = event.target
    if target.descriptor is None:
        return ""
    origin = f"from {target.from_repository}" if target.from_repository else ""
    parts = [
        event.request.host,
        origin,
        digest_of(event),
        target.descriptor.media_type,
        f"{target.descriptor.size:,} bytes",
    ]
    return " · ".join(_escaped(part) for part in parts if part)


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _markdown(text)}


def _markdown(text: str) -> dict[str, str]:
    return {"type": "mrkdwn", "text": text}


def _escaped(text: str) -> str:
    """Cut, and escape the three characters that Slack wants escaped, no others."""
    return text[:_MAX_LENGTH].translate(_ESCAPES)
