"""The rows of endpoints: how they are found, and how a change of them begins and ends.

Whatever changes about an endpoint, its secrets too, changes the one version of all: who
has read endpoints before knows by that whether to read them again.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from notifier.db import insert
from notifier.db.prepared import Prepared
from notifier.delivery.errors import EndpointDeclared, EndpointUnknown
from notifier.delivery.tables import EndpointRow, EndpointVersionRow
from notifier.ids import uuid7

ALL = sa.select(EndpointRow.__table__)
LIVING = ALL.where(EndpointRow.removed_at.is_(None))

_VERSION = Prepared(sa.select(EndpointVersionRow.version))


def get_version(connection: sa.Connection) -> object:
    """Return a value that differs whenever any endpoint was changed since."""
    return _VERSION.first(connection)


def get_row(connection: sa.Connection, id_: UUID) -> sa.Row[Any]:
    """Return the row of an endpoint; raise `EndpointUnknown`."""
    row = connection.execute(LIVING.where(EndpointRow.uuid == id_)).one_or_none()
    if row is None:
        raise EndpointUnknown
    return row


def get_row_to_change(
    connection: sa.Connection, id_: UUID, *, declared: bool
) -> sa.Row[Any]:
    """Return the row, if the caller may change what is *declared* or if it is not.

    Raises `EndpointUnknown` or `EndpointDeclared`.
    """
    row = get_row(connection, id_)
    if row.declared and not declared:
        raise EndpointDeclared
    return row


def begin_change(connection: sa.Connection) -> None:
    """Renew the version; other changes of endpoints wait here for this one.

    It is a random value and not a number: one that was rolled back never comes again.
    """
    statement = insert(connection, EndpointVersionRow)
    connection.execute(
        statement.values(id=1, version=uuid7()).on_conflict_do_update(
            index_elements=[EndpointVersionRow.id],
            set_={"version": statement.excluded.version},
        )
    )


def write(connection: sa.Connection, key: int, **values: Any) -> None:
    """Write down what has changed about an endpoint, and when."""
    connection.execute(
        sa.update(EndpointRow)
        .where(EndpointRow.id == key)
        .values(values | {"updated_at": datetime.now(UTC)})
    )
