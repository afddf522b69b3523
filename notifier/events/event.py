"""What an event says: one action on one target, by one actor."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from msgspec import Struct

from notifier.registry.digest import Digest


class Action(StrEnum):
    """What was done. The first four are the distribution project's.

    All but those and pings are operational: what befell an endpoint or a delivery, what
    those who run the registry have changed, and what was refused.
    """

    PUSH = "push"
    PULL = "pull"
    MOUNT = "mount"
    DELETE = "delete"
    PING = "ping"
    ENDPOINT_OPENED = "endpoint.opened"
    ENDPOINT_CLOSED = "endpoint.closed"
    ENDPOINT_DISABLED = "endpoint.disabled"
    DELIVERY_FAILED = "delivery.failed"
    DENIED = "denied"
    ENDPOINT_CREATE = "endpoint.create"
    ENDPOINT_UPDATE = "endpoint.update"
    ENDPOINT_REMOVE = "endpoint.remove"
    SECRET_CREATE = "secret.create"  # noqa: S105 - a word
    SECRET_REMOVE = "secret.remove"  # noqa: S105 - a word
    DELIVERY_REDELIVER = "delivery.redeliver"
    REDELIVERY_CREATE = "redelivery.create"
    REDELIVERY_CANCEL = "redelivery.cancel"
    REPLAY_CREATE = "replay.create"
    REPLAY_CANCEL = "replay.cancel"
    GC_RUN = "gc.run"
    USER_CREATE = "user.create"
    USER_UPDATE = "user.update"
    USER_REMOVE = "user.remove"
    GRANT_CREATE = "grant.create"
    GRANT_REMOVE = "grant.remove"
    TOKEN_CREATE = "token.create"  # noqa: S105 - a word
    TOKEN_REVOKE = "token.revoke"  # noqa: S105 - a word
    SOURCE_CREATE = "source.create"
    SOURCE_UPDATE = "source.update"
    SOURCE_ROTATE = "source.rotate"
    SOURCE_REMOVE = "source.remove"
    RETENTION_UPDATE = "retention.update"
    RETENTION_RUN = "retention.run"
    RETENTION_CANCEL = "retention.cancel"
    ARCHIVE_RESTORE = "archive.restore"
    ARCHIVE_RELEASE = "archive.release"


OPERATIONAL = frozenset(Action) - {
    Action.PUSH,
    Action.PULL,
    Action.MOUNT,
    Action.DELETE,
    Action.PING,
}


class Kind(StrEnum):
    """What it was done to. A tag counts as the manifest that it names."""

    MANIFEST = "manifest"
    BLOB = "blob"


class TagChange(StrEnum):
    """What a push did to its tag."""

    NEW = "new"
    MOVED = "moved"
    UNCHANGED = "unchanged"


class Descriptor(Struct, frozen=True, kw_only=True):
    """Media type, digest and size of some content.

    *platform* is the object that an index gives beside a manifest, if any.
    """

    media_type: str
    digest: Digest
    size: int
    platform: dict[str, Any] | None = None


class Target(Struct, frozen=True, kw_only=True):
    """What an event is about, and where it lives.

    *url* is absent when the content is gone. *references* is None unless settings
    ask for it, and only manifests have any. *artifact_type* is what kind of artifact
    a manifest says it is; it stands beside the envelope's event, not in it.
    """

    kind: Kind | None
    repository: str | None
    descriptor: Descriptor | None = None
    tag: str | None = None
    from_repository: str | None = None
    url: str | None = None
    references: tuple[Descriptor, ...] | None = None
    artifact_type: str | None = None


class RequestRecord(Struct, frozen=True, kw_only=True):
    """The HTTP request that led to an event, as far as it is remembered."""

    id: UUID
    addr: str
    host: str
    method: str
    useragent: str


class Source(Struct, frozen=True, kw_only=True):
    """The node that generates events: host and port, and this run of the process."""

    addr: str
    instance_id: UUID


class Ingested(Struct, frozen=True):
    """Where an event of another registry came in: the name of what it was sent to.

    *id* is what its sender calls it, if it calls it anything.
    """

    source: str
    id: str | None = None


class Event(Struct, frozen=True, kw_only=True):
    """One action on one target, by one actor.

    The actor *initiates* an event; the source is the node that *generates* it.
    *timestamp_ns* counts nanoseconds since 1970. *tag_change* and *previous_digest*
    belong to a push by tag; they stand beside the envelope's event, not in it, and so
    does *credential*: by what the actor has proven to be that. What is *ingested* was
    told by another registry, and all it says is what that registry claims. Only an
    operational event has a *detail*: a JSON object.
    """

    id: UUID
    timestamp_ns: int
    action: Action
    target: Target
    request: RequestRecord
    source: Source
    actor: str | None = None
    credential: str | None = None
    tag_change: TagChange | None = None
    previous_digest: Digest | None = None
    ingested: Ingested | None = None
    detail: dict[str, Any] | None = None
