"""Why there is no timeline.

TimelineError
├── DigestUnknown
├── NotCounted
└── RepositoryUnknown
"""


class TimelineError(Exception):
    """What was asked for has no timeline."""


class DigestUnknown(TimelineError):
    """No event that may be seen names that digest."""

    def __init__(self) -> None:
        super().__init__("the log knows no such digest")


class NotCounted(TimelineError):
    """Too much is not counted yet to tell what nobody has used."""

    def __init__(self) -> None:
        super().__init__("pulls are still being counted: try again in a moment")


class RepositoryUnknown(TimelineError):
    """No event names that repository."""

    def __init__(self) -> None:
        super().__init__("the log knows no such repository")
