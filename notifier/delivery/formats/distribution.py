"""The envelope of the distribution project: ``registry:2``, ``registry:3``."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from notifier.delivery.formats.base import Format, Message, checked_choice
from notifier.events.envelope import MEDIA_TYPE, render_envelope
from notifier.events.event import Event

# The name changed with registry:3 and nothing else did.
CONTENT_TYPES: Final = {
    "v2": MEDIA_TYPE,
    "v1": "application/vnd.docker.distribution.events.v1+json",
}


@dataclass(frozen=True)
class Distribution(Format):
    """``{"events": […]}``. *version* is that of the content type."""

    type: ClassVar[str] = "distribution"

    version: str = "v2"

    def __post_init__(self) -> None:
        checked_choice("format.version", self.version, tuple(CONTENT_TYPES))

    @property
    def is_batch(self) -> bool:
        """Tell whether one message may hold several events."""
        return True

    def render(self, events: Sequence[Event]) -> Message:
        """Write the envelope."""
        return Message(CONTENT_TYPES[self.version], render_envelope(events))
