"""The version of everything about access.

Whatever changes who may do what changes it, in the same transaction: who has read
something before knows by that whether to read it again.
"""

import sqlalchemy as sa

from notifier.access.tables import AccessStateRow
from notifier.db import Prepared, insert
from notifier.ids import uuid7

_VERSION = Prepared(sa.select(AccessStateRow.version))


def get_version(connection: sa.Connection) -> object:
    """Return a value that differs whenever anything was changed since."""
    return _VERSION.first(connection)


def begin_change(connection: sa.Connection) -> None:
    """Renew the version; other changes wait here for this one.

    It is a random value and not a number: one that was rolled back never comes again.
    """
    statement = insert(connection, AccessStateRow)
    connection.execute(
        statement.values(id=1, version=uuid7()).on_conflict_do_update(
            index_elements=[AccessStateRow.id],
            set_={"version": statement.excluded.version},
        )
    )
