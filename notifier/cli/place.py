"""What commands work on: the database of the settings."""

import getpass
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

import sqlalchemy as sa

from notifier import __version__
from notifier.cli import revision
from notifier.config import Settings
from notifier.db import Database, Transaction
from notifier.delivery.endpoint import Endpoint
from notifier.delivery.endpoints import EndpointStore
from notifier.delivery.errors import EndpointUnknown
from notifier.delivery.nudger import Nudger
from notifier.delivery.outbox import Outbox
from notifier.delivery.reach import Reach
from notifier.events.announce import Announcer
from notifier.events.event import Action, RequestRecord, Source
from notifier.events.origin import Origin
from notifier.events.record import Recorder
from notifier.ids import uuid7
from notifier.secrets import SecretBox

_PAGE = 1000
# Whoever may run commands on the database has proven nothing to us, and need not.
_CREDENTIAL: Final = "local"


@dataclass(frozen=True, kw_only=True)
class Place:
    """The database, its endpoints, and what hears of changes to them."""

    settings: Settings
    database: Database
    endpoints: EndpointStore
    recorder: Recorder
    outbox: Outbox

    @property
    def origin(self) -> Origin:
        """Return who runs this command, as the log is to have it."""
        host = socket.gethostname()
        return Origin(
            request=RequestRecord(
                id=uuid7(),
                addr="",
                host=host,
                method="",
                useragent=f"notifier/{__version__}",
            ),
            source=Source(addr=f"{host}:{self.settings.port}", instance_id=uuid4()),
            actor=_user(),
            credential=_CREDENTIAL,
        )

    @property
    def announcer(self) -> Announcer:
        """Return what announces what this command does."""
        self.outbox.connect(self)
        return Announcer(self, self.recorder)

    def record(self, transaction: Transaction, action: Action, **detail: Any) -> None:
        """Announce what this command changes, with *detail*: JSON, no secrets."""
        event = self.origin.operational(action, detail)
        self.announcer.announce(transaction, [event])

    def find_endpoint(self, connection: sa.Connection, name_or_id: str) -> Endpoint:
        """Return an endpoint by its name or id; raise `EndpointUnknown`."""
        if found := self.endpoints.find_by_name(connection, name_or_id):
            return found
        try:
            id_ = UUID(name_or_id)
        except ValueError:
            raise EndpointUnknown from None
        return self.endpoints.get(connection, id_)

    def all_endpoints(self, connection: sa.Connection) -> list[Endpoint]:
        """Return every endpoint, the newest first."""
        found: list[Endpoint] = []
        while True:
            after = found[-1].id if found else None
            page = self.endpoints.list(connection, limit=_PAGE, after=after)
            found += page
            if len(page) < _PAGE:
                return found


@contextmanager
def open_place(settings: Settings | None = None) -> Iterator[Place]:
    """Open the database of *settings*, or of those that are to be read.

    Raises `ConfigError`, `DatabaseUnavailable` or `SchemaMismatch`.
    """
    settings = settings or Settings.from_environment()
    revision.require_current(settings.database)
    database = Database(settings.database)
    endpoints = EndpointStore(
        SecretBox.open(settings), settings.max_endpoints, Reach.of(settings)
    )
    try:
        yield Place(
            settings=settings,
            database=database,
            endpoints=endpoints,
            recorder=Recorder(),
            # The sweep finds deliveries in the database: no Redis is needed here.
            outbox=Outbox(endpoints, Nudger(None)),
        )
    finally:
        database.close()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run as somebody whom it does not know.
        return str(os.getuid())
