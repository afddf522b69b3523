"""Why somebody is not let in.

CredentialsRefused        401: they do not prove what they say
TooManyAttempts           429: they may try again later
"""

from enum import StrEnum


class Refusal(StrEnum):
    """What is wrong with some credentials. It is for the log, not for the client.

    A client is told only whether its token is of no use, for then it gets another one.
    """

    MALFORMED = "malformed"
    PASSWORD = "password"  # noqa: S105 - what is wrong
    DISABLED = "disabled"
    UNKNOWN = "unknown"
    REVOKED = "revoked"
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    SIGNATURE = "signature"
    ALGORITHM = "algorithm"
    ISSUER = "issuer"
    AUDIENCE = "audience"
    CLAIMS = "claims"


class CredentialsRefused(Exception):
    """Credentials prove nothing. Their text is not repeated.

    *is_token* tells that they are a token, to be called ``invalid_token``.
    """

    def __init__(self, reason: Refusal, *, is_token: bool = False) -> None:
        super().__init__(f"the credentials are refused: {reason}")
        self.reason = reason
        self.is_token = is_token


class TooManyAttempts(Exception):
    """Too many wrong passwords have been tried; *retry_after_s* says when to go on."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"too many attempts: try again in {retry_after_s} s")
        self.retry_after_s = retry_after_s
