"""What every dialect does."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from notifier.events.event import Event
from notifier.ingest.source import Receipt, SourceKind

# The actor of an ingested event is its sender's claim, and nobody has proven it to us.
CREDENTIAL = "ingest"


class Incoming(NamedTuple):
    """An event that was read, and the keys it may be in the log by already."""

    event: Event
    earlier: tuple[UUID, ...] = ()


class Dialect(ABC):
    """How one kind of registry speaks. A *document* is the JSON of a body."""

    kind: ClassVar[SourceKind]

    @abstractmethod
    def recognises(self, document: Any) -> bool:
        """Tell whether such a registry may have sent *document*."""

    @abstractmethod
    def split(self, document: Any) -> Sequence[Any]:
        """Return the parts of a document it recognises, each of which is one event."""

    @abstractmethod
    def read(self, part: Any, receipt: Receipt) -> Incoming:
        """Read one event; raise `EventRefused`."""
