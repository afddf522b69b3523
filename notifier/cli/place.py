"""What commands work on: the database of the settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from notifier.cli import revision
from notifier.config import Settings
from notifier.db import Database
from notifier.delivery.endpoint import Endpoint
from notifier.delivery.endpoints import EndpointStore
from notifier.delivery.errors import EndpointUnknown
from notifier.delivery.reach import Reach
from notifier.secrets import SecretBox

_PAGE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The database, and its endpoints."""

    settings: Settings
    database: Database
    endpoints: EndpointStore

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
    try:
        yield Place(
            settings=settings,
            database=database,
            endpoints=EndpointStore(
                SecretBox.open(settings), settings.max_endpoints, Reach.of(settings)
            ),
        )
    finally:
        database.close()
