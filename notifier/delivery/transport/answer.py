"""What is sent, and what comes back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from notifier.delivery.sent import Sent
from notifier.delivery.tls import Tls

KEPT_BYTES: Final = 16 * 1024
INTERRUPTED: Final = "interrupted"
TIMEOUT: Final = "timeout"
GONE: Final = 410
FORBIDDEN_ADDRESS: Final = "forbidden_address"

_MIN_STATUS, _MAX_STATUS = 200, 299


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What to send, where to, and how long it may take.

    *at* is when it was signed; the *secrets* in it are masked in what is kept of the
    answer. *is_local* tells whether the endpoint got its URL from a server that listens
    on loopback: only then may that lead to loopback.
    """

    url: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    timeout_s: float
    is_local: bool
    tls: Tls | None
    at: datetime
    secrets: Sequence[bytes]
    sent: Sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: a status, or an error that says why there is none.

    *header* is as it came, with the status line, 32 KiB at most; *peer* is the numeric
    address that the POST went to, or that of the proxy. *sent* is what was answered;
    nothing was without it.
    """

    started_at: datetime
    duration_ms: int
    status: int | None = None
    error: str | None = None
    body: bytes = b""
    retry_after: str | None = None
    header: bytes = b""
    peer: str | None = None
    tls_version: str | None = None
    sent: Sent | None = None

    @property
    def is_accepted(self) -> bool:
        """Tell whether the endpoint has taken what it was sent."""
        return self.status is not None and _MIN_STATUS <= self.status <= _MAX_STATUS
