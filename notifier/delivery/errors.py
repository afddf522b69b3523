"""Why a request about endpoints or deliveries is refused.

DeliveryError
├── DeliveryUnknown
├── EndpointDeclared
├── EndpointDisabled
├── EndpointInvalid       a field, and the reason
├── EndpointNameTaken
├── EndpointUnknown
└── TooManyEndpoints
"""


class DeliveryError(Exception):
    """A request about endpoints or deliveries is refused. The message says why."""


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


class TooManyEndpoints(DeliveryError):
    """There may be no more endpoints."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"there are {limit} endpoints already, the most allowed")
        self.limit = limit
