"""Why something of a sender's is not taken, and why a change of sources is refused.

EventRefused              of one event: it is kept aside, the others go in

BodyRefused               of a whole request; the answer is a 4xx
├── NotRead                 400: no envelope of a known kind
└── TooManyEvents           413

SourceError
├── SourceInvalid         a field, and the reason
├── SourceNameTaken
├── SourceUnknown
└── TooManySources
"""


class EventRefused(Exception):
    """An event cannot be so. The message says why, for whoever runs the sender."""


class BodyRefused(Exception):
    """A body holds no events. The message says why, for whoever runs the sender."""


class NotRead(BodyRefused):
    """It is not what any sender of the expected kind sends."""


class TooManyEvents(BodyRefused):
    """It holds more events than one request may bring."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"one request may bring {limit:,} events at most")


class SourceError(Exception):
    """A request about sources is refused. The message says why."""


class SourceInvalid(SourceError):
    """A field of a source cannot be so."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class SourceNameTaken(SourceError):
    """Another source has that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is a source named {name} already")


class SourceUnknown(SourceError):
    """No source has that id or name."""

    def __init__(self) -> None:
        super().__init__("there is no such source")


class TooManySources(SourceError):
    """There may be no more sources."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"there are {limit} sources already, the most allowed")
