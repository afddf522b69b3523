"""Re-encryption: all that is secret in the database, under the first of the keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from notifier.db import Base, Database
from notifier.delivery.tables import SecretRow
from notifier.secrets import SecretBox, SecretUnreadable

_PREFIX = "encrypted_"
_PAGE = 100


@dataclass(slots=True, kw_only=True)
class Tally:
    """How many values were encrypted anew, were so already, and cannot be decrypted."""

    renewed: int = 0
    current: int = 0
    unreadable: int = 0


def reencrypt(database: Database, box: SecretBox) -> Tally:
    """Encrypt everything by the first key of *box*; what has expired is forgotten.

    Transactions are small, and what is under the first key is left alone: after an
    interruption, begin again.
    """
    with database.transaction() as transaction:
        expired = SecretRow.expires_at <= datetime.now(UTC)
        transaction.execute(sa.delete(SecretRow).where(expired))
    tally = Tally()
    for table in Base.metadata.sorted_tables:
        names = [c.name for c in table.columns if c.name.startswith(_PREFIX)]
        if names:
            _Table(table, names, box, tally).reencrypt(database)
    return tally


class _Table:
    """One table, and the names of its columns that are encrypted."""

    def __init__(
        self, table: sa.Table, names: Sequence[str], box: SecretBox, tally: Tally
    ) -> None:
        [self._key] = table.primary_key
        self._table = table
        self._names = names
        self._box = box
        self._tally = tally

    def reencrypt(self, database: Database) -> None:
        statement = (
            sa.select(self._key.label("key"), *(self._table.c[n] for n in self._names))
            .order_by(self._key)
            .limit(_PAGE)
            .with_for_update()
        )
        page = statement
        while True:
            with database.transaction() as transaction:
                rows = transaction.execute(page).mappings().all()
                for row in rows:
                    self._write(transaction.connection, row)
            if not rows:
                return
            page = statement.where(self._key > rows[-1]["key"])

    def _write(self, connection: sa.Connection, row: sa.RowMapping) -> None:
        values = {
            name: renewed
            for name in self._names
            if row[name] and (renewed := self._renewed(row[name])) is not None
        }
        if values:
            connection.execute(
                sa.update(self._table).where(self._key == row["key"]).values(values)
            )

    def _renewed(self, content: bytes) -> bytes | None:
        """Return *content* under the first key, or None if it has to stay as it is."""
        if self._box.is_current(content):
            self._tally.current += 1
            return None
        try:
            renewed = self._box.encrypt(self._box.decrypt(content))
        except SecretUnreadable:
            self._tally.unreadable += 1
            return None
        self._tally.renewed += 1
        return renewed
