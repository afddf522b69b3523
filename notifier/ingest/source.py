"""A source: where one registry, or several of a kind, send their notifications."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from notifier.globs import matches

NO_PREFIXES: Final[Mapping[str, str]] = MappingProxyType({})


class SourceKind(StrEnum):
    """What sends to a source; ``auto`` tells by each body what it is."""

    AUTO = "auto"
    DISTRIBUTION = "distribution"
    HARBOR = "harbor"
    ACR = "acr"
    DOCKERHUB = "dockerhub"
    QUAY = "quay"


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestSource:
    """A source as it may be shown: its token is not.

    *prefixes* says, by globs of hosts, what its repositories are called here: for the
    first that matches the event's host, its prefix and a slash before the name.
    """

    id: UUID
    name: str
    kind: SourceKind
    prefixes: Mapping[str, str]
    enabled: bool
    created_at: datetime
    updated_at: datetime

    def named(self) -> dict[str, str]:
        """Say which source it is, in the detail of an operational event."""
        return {"id": str(self.id), "name": self.name}

    def prefix_of(self, host: str) -> str:
        """Return what stands before the names of the repositories of *host*."""
        for glob, prefix in self.prefixes.items():
            if matches(glob, host):
                return f"{prefix}/" if prefix else ""
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A sender's request: to which source, and when, in nanoseconds since 1970."""

    source: IngestSource
    at_ns: int
