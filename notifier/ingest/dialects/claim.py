"""A claim: one event as those tell it who say little of it."""

from dataclasses import dataclass
from uuid import UUID

from notifier.events.event import (
    Action,
    Descriptor,
    Event,
    Ingested,
    Kind,
    RequestRecord,
    Source,
    Target,
)
from notifier.ingest import reading
from notifier.ingest.dialects.dialect import CREDENTIAL, Incoming
from notifier.ingest.keys import derived_uuid, make_key
from notifier.ingest.source import Receipt
from notifier.registry.digest import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What is told of a manifest, or of the tag that names it.

    *known_by* is what tells this event from all others of the source; *id* is what the
    sender calls it, if anything. Without *at_ns* it has happened when it came.
    """

    action: Action
    host: str
    repository: str
    known_by: tuple[str, ...]
    id: str | None = None
    at_ns: int | None = None
    tag: str | None = None
    digest: Digest | None = None
    actor: str | None = None
    request_id: UUID | None = None

    def incoming(self, receipt: Receipt) -> Incoming:
        """Make the event of it; raise `EventRefused`."""
        source = receipt.source
        name = "\0".join(self.known_by).encode()
        key = make_key(source.id, name, self.at_ns, receipt.at_ns)
        event = Event(
            id=key.id,
            timestamp_ns=key.at_ns,
            action=self.action,
            target=self._target(source.prefix_of(self.host)),
            request=RequestRecord(
                id=self.request_id or derived_uuid(str(key.id)),
                addr="",
                host=self.host,
                method="",
                useragent="",
            ),
            source=Source(addr=self.host or source.name, instance_id=source.id),
            actor=self.actor,
            credential=CREDENTIAL,
            ingested=Ingested(source.name, self.id),
        )
        return Incoming(event, key.earlier)

    def _target(self, prefix: str) -> Target:
        return Target(
            kind=Kind.MANIFEST,
            repository=reading.repository(self.repository, "repository", prefix),
            descriptor=None
            if self.digest is None
            else Descriptor(media_type="", digest=self.digest, size=0),
            tag=self.tag,
        )
