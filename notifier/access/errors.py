"""Why a request is refused that concerns users, grants or tokens.

AccessError
├── AccessInvalid         a field, and the reason
├── GrantUnknown
├── NameTaken
├── TokenUnknown
├── TooMany               of what, and how many there may be
└── UserUnknown
"""


class AccessError(Exception):
    """A request about users, grants or tokens is refused. The message says why."""


class AccessInvalid(AccessError):
    """A field cannot be so. The reason never repeats a secret."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class GrantUnknown(AccessError):
    """No grant has that id."""

    def __init__(self) -> None:
        super().__init__("there is no such grant")


class NameTaken(AccessError):
    """Another user or robot has that name, or another token of the same owner."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is there already")
        self.name = name


class TokenUnknown(AccessError):
    """No API token has that id, or it was revoked."""

    def __init__(self) -> None:
        super().__init__("there is no such token")


class TooMany(AccessError):
    """There may be no more of these."""

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"there are {limit} {what} already, the most allowed")
        self.limit = limit


class UserUnknown(AccessError):
    """No user or robot has that id or name."""

    def __init__(self) -> None:
        super().__init__("there is no such user")
