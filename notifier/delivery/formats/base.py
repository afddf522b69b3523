"""What every format does."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import Any, ClassVar, NamedTuple

import orjson

from notifier.delivery.errors import EndpointInvalid
from notifier.events.event import Event


class RenderingFailed(Exception):
    """Events cannot be told in a format. The message says why, for its owner."""


class Message(NamedTuple):
    """What one POST carries. *headers* are the format's own, beside Content-Type."""

    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()

    def digest(self) -> bytes:
        """Return 16 bytes that no other message has."""
        head = orjson.dumps((self.content_type, self.headers))
        return blake2b(head + self.body, digest_size=16).digest()


@dataclass(frozen=True)
class Format(ABC):
    """How events are told. Its fields are its options; equal formats tell alike."""

    type: ClassVar[str]

    @property
    def is_batch(self) -> bool:
        """Tell whether one message may hold several events."""
        return False

    def options(self) -> dict[str, Any]:
        """Return the JSON object of the API, defaults filled in."""
        return {"type": self.type, **asdict(self)}

    def can_tell(self, _event: Event) -> bool:
        """Tell whether there are words for an event. There are for a ping, always."""
        return True

    @abstractmethod
    def render(self, events: Sequence[Event]) -> Message:
        """Write *events*, each of which it can tell; one unless it `is_batch`.

        Raises `RenderingFailed`.
        """


def json_message(content: Any, content_type: str = "application/json") -> Message:
    """Return *content* as a message of JSON."""
    return Message(content_type, orjson.dumps(content))


def checked_choice(field: str, choice: object, choices: Sequence[str]) -> None:
    """Raise `EndpointInvalid` unless *choice* is one of *choices*."""
    if choice not in choices:
        raise EndpointInvalid(field, f"must be one of {', '.join(choices)}")
