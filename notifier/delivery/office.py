"""What all drains of a worker process share."""

from dataclasses import dataclass
from uuid import UUID

from notifier.db import Database
from notifier.delivery.bodies import Bodies
from notifier.delivery.endpoints import EndpointStore
from notifier.delivery.ways import Ways
from notifier.events.announce import Announcer
from notifier.events.event import Source
from notifier.metrics import Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What the drains of one process share. *holder* is its name on leases."""

    database: Database
    bodies: Bodies
    ways: Ways
    endpoints: EndpointStore
    announcer: Announcer
    metrics: Metrics
    source: Source
    holder: UUID
