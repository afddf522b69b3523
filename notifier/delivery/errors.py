"""Why a request about endpoints or deliveries is refused.

DeliveryError
├── AttemptUnknown
├── DeliveryUnknown
├── EndpointDeclared
├── EndpointDisabled
├── EndpointInvalid       a field, and the reason
├── EndpointNameTaken
├── EndpointUnknown
├── QuotaExceeded
├── SecretCurrent
├── SecretUnknown
├── TooManyEndpoints
└── TooManySecrets

QueueUnavailable          nobody's request: Redis is away
"""


class DeliveryError(Exception):
    """A request about endpoints or deliveries is refused. The message says why."""


class AttemptUnknown(DeliveryError):
    """A delivery has had no attempt of that number."""

    def __init__(self) -> None:
        super().__init__("there is no such attempt")


class DeliveryUnknown(DeliveryError):
    """No delivery has that id."""

    def __init__(self) -> None:
        super().__init__("there is no such delivery")


class EndpointDeclared(DeliveryError):
    """The configuration file has the endpoint, and would bring it back."""

    def __init__(self) -> None:
        super().__init__(
            "the endpoint is declared in the configuration file: change it there"
        )


class EndpointDisabled(DeliveryError):
    """The endpoint is told nothing until it is enabled again."""

    def __init__(self) -> None:
        super().__init__("the endpoint is disabled; enable it first")


class EndpointInvalid(DeliveryError):
    """A field of an endpoint cannot be so."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class EndpointNameTaken(DeliveryError):
    """Another endpoint has that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is an endpoint named {name} already")
        self.name = name


class EndpointUnknown(DeliveryError):
    """No endpoint has that id or name, or it was removed."""

    def __init__(self) -> None:
        super().__init__("there is no such endpoint")


class QuotaExceeded(DeliveryError):
    """Somebody asked too often; *retry_after_s* says when to ask again."""

    def __init__(self, per_minute: int, retry_after_s: int) -> None:
        super().__init__(
            f"an endpoint may have {per_minute} of these a minute; "
            f"ask again in {retry_after_s} s"
        )
        self.retry_after_s = retry_after_s


class SecretCurrent(DeliveryError):
    """The newest secret of an endpoint cannot be ended."""

    def __init__(self) -> None:
        super().__init__("the newest secret has to sign; make another one first")


class SecretUnknown(DeliveryError):
    """No secret of the endpoint has that id, or it signs no more."""

    def __init__(self) -> None:
        super().__init__("the endpoint has no such secret")


class TooManyEndpoints(DeliveryError):
    """There may be no more endpoints."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"there are {limit} endpoints already, the most allowed")
        self.limit = limit


class TooManySecrets(DeliveryError):
    """An endpoint may have no more secrets that sign side by side."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"{limit} secrets sign already, the most allowed; "
            "let one of the old ones end, or rotate without an overlap"
        )


class QueueUnavailable(Exception):
    """Redis cannot be reached, or cannot take a job. Nothing is lost by that."""
