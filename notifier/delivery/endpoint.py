"""An endpoint, as it is shown, as it is written to, and what it wants."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from notifier.delivery.breaker import Breaker, DisabledReason
from notifier.delivery.endpoint_secrets import Secret
from notifier.delivery.filters import Filters
from notifier.delivery.formats import Format
from notifier.delivery.policy import Policy
from notifier.delivery.signing import Signature, Signer
from notifier.delivery.tls import ShownTls, Tls
from notifier.events.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An endpoint as it may be shown: values of headers and URL secrets are masked.

    *key* is its number inside the database. One that is *declared* stands in the
    configuration file, and only what reads that may change it. Its *breaker* says how
    it has fared of late, *disabled_reason* why it is disabled if nobody did that. The
    newest of its *secrets* is the first. It *is_readable* if the present keys decrypt
    all that is secret about it; without that its headers are not known, and nothing
    can be sent.
    """

    key: int
    id: UUID
    name: str
    url: str
    url_secrets: dict[str, str]
    enabled: bool
    disabled_reason: DisabledReason | None
    filters: Filters
    format: Format
    policy: Policy
    breaker: Breaker
    headers: dict[str, str]
    timeout_s: float
    declared: bool
    tls: ShownTls | None
    created_at: datetime
    updated_at: datetime
    signatures: tuple[Signature, ...]
    secrets: Sequence[Secret]
    is_readable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """An endpoint as it is written to, secrets and all. Never shown.

    Its *url* alone may be: it names the *url_secrets* that stand in it. The
    *secret_texts* are what no answer may repeat. It *is_open* while it is enabled and
    not removed; otherwise it has no secrets. It *is_local* if the server that took its
    URL listened on loopback.
    """

    key: int
    id: UUID
    name: str
    url: str
    url_secrets: dict[str, str]
    format: Format
    policy: Policy
    headers: dict[str, str]
    secret_texts: tuple[bytes, ...]
    signer: Signer
    timeout_s: float
    tls: Tls | None
    is_open: bool
    is_local: bool

    @property
    def max_batch(self) -> int:
        """Return how many events may go in one POST."""
        return self.policy.max_batch if self.format.is_batch else 1


@dataclass(frozen=True, slots=True)
class Interest:
    """What the endpoint of that *key* wants to hear of, and in which format."""

    key: int
    filters: Filters
    format: Format
    policy: Policy

    def covers(self, event: Event) -> bool:
        """Tell whether the endpoint is to hear of *event*, and can be told of it."""
        return self.filters.wants(event) and self.format.can_tell(event)


def named(endpoint: Endpoint | Recipient) -> dict[str, str]:
    """Say which endpoint it is, in the detail of an operational event."""
    return {"id": str(endpoint.id), "name": endpoint.name}
