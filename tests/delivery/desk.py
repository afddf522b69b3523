"""All parts of delivery around one database, with short words for what tests do."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from cryptography.fernet import Fernet

from notifier.config import Settings
from notifier.db import Database
from notifier.delivery.attempts import Attempt, list_attempts
from notifier.delivery.bodies import Bodies
from notifier.delivery.deliveries import Delivery, DeliveryState, list_deliveries
from notifier.delivery.drains import Drains
from notifier.delivery.endpoint import Endpoint
from notifier.delivery.endpoint_secrets import Secret
from notifier.delivery.endpoints import EndpointStore
from notifier.delivery.nudger import Nudger
from notifier.delivery.office import Office
from notifier.delivery.outbox import Outbox
from notifier.delivery.reach import Reach
from notifier.delivery.repair.tables import RepairRow
from notifier.delivery.rotation import end_secret, rotate_secret
from notifier.delivery.sweep import sweep
from notifier.delivery.tables import BreakerRow, DeliveryRow, DrainRow
from notifier.delivery.ways import Ways
from notifier.events.announce import Announcer
from notifier.events.event import Event
from notifier.events.record import Recorder
from notifier.metrics import Metrics
from notifier.secrets import SecretBox
from tests import factories
from tests.receiver import wait_until


class Desk:
    """Endpoints, outbox and drains of one process."""

    def __init__(self, database: Database, nudger: Nudger | None = None) -> None:
        self.database = database
        self.nudger = nudger or Nudger(None)
        self.key = Fernet.generate_key().decode()
        self.reach = Reach.of(Settings())
        self.store = EndpointStore(SecretBox([self.key]), 10, self.reach)
        self.recorder = Recorder()
        self.outbox = Outbox(self.store, self.nudger)
        self.metrics = Metrics(None)
        self.announcer = Announcer(self, self.recorder)
        self.outbox.connect(self)
        self.office = self.hire()
        self.drains = Drains(self.office)

    def hire(self) -> Office:
        """Set up what another worker process would have."""
        return Office(
            database=self.database,
            bodies=Bodies(self.recorder),
            ways=Ways(),
            endpoints=self.store,
            announcer=self.announcer,
            metrics=self.metrics,
            source=factories.SOURCE,
            holder=uuid4(),
        )

    def create(self, url: str = "http://127.0.0.1:9/", **fields: Any) -> Endpoint:
        """Create an endpoint."""
        endpoint, _secret = self.create_with_secret(url, **fields)
        return endpoint

    def create_with_secret(
        self, url: str = "http://127.0.0.1:9/", **fields: Any
    ) -> tuple[Endpoint, str]:
        """Create an endpoint; return its secret, too."""
        fields = {"name": f"ci-{uuid4()}", "url": url, **fields}
        with self.database.transaction() as transaction:
            endpoint, made = self.store.create(transaction, **fields)
        return endpoint, made or fields["secret"]

    def rotate(self, endpoint: Endpoint, **fields: Any) -> tuple[Secret, str]:
        """Give an endpoint a new secret; return it, and its text."""
        with self.database.transaction() as transaction:
            secret, made = rotate_secret(
                transaction, self.store.secrets, endpoint.id, **fields
            )
        return secret, made or fields["secret"]

    def end(self, endpoint: Endpoint, secret: Secret) -> None:
        """Let an old secret sign no more."""
        with self.database.transaction() as transaction:
            end_secret(transaction, self.store.secrets, endpoint.id, secret.id)

    def get(self, endpoint: Endpoint) -> Endpoint:
        """Read an endpoint again."""
        with self.database.read() as connection:
            return self.store.get(connection, endpoint.id)

    def lose_key(self) -> None:
        """Let another key be the only one, as after a restart with a wrong setting."""
        self.use_key(Fernet.generate_key().decode())

    def use_key(self, key: str) -> None:
        """Let that be the only key."""
        self.key = key
        self.store = EndpointStore(SecretBox([self.key]), 10, self.reach)
        self.office = self.hire()
        self.drains = Drains(self.office)

    def sign(self, endpoint: Endpoint, *, at: datetime | None = None) -> dict[str, str]:
        """Return the headers by which a worker would sign ``body`` now."""
        with self.database.read() as connection:
            recipient = self.store.get_recipient(connection, endpoint.key)
        return dict(recipient.signer.headers("id", at or datetime.now(UTC), b"body"))

    def update(self, endpoint: Endpoint, **changes: Any) -> Endpoint:
        """Change an endpoint."""
        with self.database.transaction() as transaction:
            return self.store.update(transaction, endpoint.id, **changes)

    def remove(self, endpoint: Endpoint) -> None:
        """Remove an endpoint."""
        with self.database.transaction() as transaction:
            self.store.remove(transaction, endpoint.id)

    def announce(self, *events: Event) -> list[Event]:
        """Record events, or one push, and make their deliveries."""
        told = list(events) or [factories.event()]
        with self.database.transaction() as transaction:
            self.announcer.announce(transaction, told)
        return told

    def sweep(self) -> None:
        """Sweep once."""
        sweep(self.database, self.drains.start)

    def hurry(self) -> None:
        """Let every attempt that is still to come be due now."""
        with self.database.transaction() as transaction:
            transaction.execute(
                sa.update(DeliveryRow)
                .where(DeliveryRow.due_at.is_not(None))
                .values(due_at=datetime.now(UTC))
            )

    def end_pauses(self) -> None:
        """Let every endpoint that is left in peace be sent to again."""
        with self.database.transaction() as transaction:
            transaction.execute(sa.update(BreakerRow).values(paused_until=None))

    def hurry_leases(self) -> None:
        """Let every lease run out now."""
        with self.database.transaction() as transaction:
            transaction.execute(sa.update(DrainRow).values(until=datetime.now(UTC)))

    def hurry_repairs(self) -> None:
        """Let no worker hold a repair any more, and its next step be due now."""
        with self.database.transaction() as transaction:
            transaction.execute(
                sa.update(RepairRow).values(held_until=None, due_at=datetime.now(UTC))
            )

    def deliveries(self, **filters: Any) -> Sequence[Delivery]:
        """List deliveries, newest first."""
        with self.database.read() as connection:
            return list_deliveries(connection, limit=100, **filters)

    def attempts(self, delivery_id: UUID | None = None) -> Sequence[Attempt]:
        """List the attempts at a delivery, or at the only one there is."""
        if delivery_id is None:
            [delivery] = self.deliveries()
            delivery_id = delivery.id
        with self.database.read() as connection:
            return list_attempts(connection, delivery_id)

    def send(self, attempts: int = 1) -> Delivery:
        """Sweep until the only delivery has had so many attempts; return it."""
        self.sweep()
        wait_until(lambda: self.deliveries()[0].attempts >= attempts)
        [delivery] = self.deliveries()
        return delivery

    def wait_for(self, state: DeliveryState, count: int = 1) -> None:
        """Wait until so many deliveries are in *state*."""
        wait_until(lambda: len(self.deliveries(state=state)) >= count)
