"""Values that recur in many rows, kept once and named by number."""

import threading
from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from notifier.db.base import Base, ByteOrderText, Serial
from notifier.db.database import Transaction
from notifier.db.prepared import Prepared, PreparedIn

# Of each half of what is remembered.
_CACHE_SIZE = 10_000

V = TypeVar("V", bound=str)
_Key = TypeVar("_Key")
_Found = TypeVar("_Found")


class Text(Base):
    """A text that rows of other tables name by number: a media type, a client."""

    __tablename__ = "texts"

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    text: Mapped[str] = mapped_column(ByteOrderText, unique=True)


class Interned(Generic[V]):
    """A table of values and its numbers, remembered. Threads may share it.

    Rows of such a table are never deleted, so what is remembered stays true.
    """

    def __init__(
        self,
        id_column: InstrumentedAttribute[int],
        value_column: InstrumentedAttribute[V],
    ) -> None:
        pairs = sa.select(value_column, id_column)
        self._by_value = PreparedIn(value_column, pairs.where)
        self._by_id = PreparedIn(id_column, pairs.where)
        self._insert = Prepared(
            lambda insert: insert(id_column.class_).on_conflict_do_nothing()
        )
        self._name = value_column.key
        self._ids: _Memory[V, int] = _Memory()
        self._values: _Memory[int, V] = _Memory()

    @property
    def remembered(self) -> Mapping[V | None, int | None]:
        """Return the numbers that are remembered best; that of None is None."""
        return self._ids.newer

    def intern(
        self, transaction: Transaction, values: Iterable[V | None]
    ) -> Mapping[V | None, int | None]:
        """Return the numbers of *values*, adding the new ones to the table.

        New numbers are remembered only once they are committed.
        """
        numbers: dict[V | None, int | None] = {None: None}
        missing: set[V] = set()
        for value in values:
            if value is not None and value not in numbers:
                known = self._ids.get(value)
                if known is None:
                    missing.add(value)
                else:
                    numbers[value] = known
        numbers.update(pair for pair in self._intern(transaction, missing).items())
        return numbers

    def intern_one(self, transaction: Transaction, value: V) -> int:
        """Return the number of *value*, adding it to the table if it is new."""
        number = self.intern(transaction, [value])[value]
        assert number is not None  # noqa: S101 - only the number of None is None
        return number

    def find(self, connection: sa.Connection, value: V) -> int | None:
        """Return the number of *value*, or None if no row has it."""
        known = self._ids.get(value)
        if known is None:
            found = self._find(connection, [value])
            self._remember(found)
            known = found.get(value)
        return known

    def unknown(self, connection: sa.Connection, values: Iterable[V]) -> set[V]:
        """Return those of *values* that no row has."""
        missing = {value for value in values if self._ids.get(value) is None}
        if missing:
            found = self._find(connection, sorted(missing))
            self._remember(found)
            missing -= found.keys()
        return missing

    def look_up(self, connection: sa.Connection, values: Iterable[V | None]) -> None:
        """Remember the numbers of those of *values* that rows have."""
        self.unknown(connection, {value for value in values if value is not None})

    def resolve(
        self, connection: sa.Connection, ids: Iterable[int | None]
    ) -> Mapping[int | None, V | None]:
        """Return the values of *ids*."""
        values: dict[int | None, V | None] = {None: None}
        missing: set[int] = set()
        for id_ in ids:
            if id_ is not None and id_ not in values:
                known = self._values.get(id_)
                if known is None:
                    missing.add(id_)
                else:
                    values[id_] = known
        if missing:
            found = dict(self._by_id.all(connection, sorted(missing)))
            self._remember(found)
            values.update({id_: value for value, id_ in found.items()})
        return values

    def _intern(self, transaction: Transaction, missing: set[V]) -> dict[V, int]:
        """Return the numbers of what is *missing* in what is remembered.

        Only what is not there is inserted: each try would use up a number.
        """
        if not missing:
            return {}
        connection = transaction.connection
        found = self._find(connection, sorted(missing))
        # In their order, so that two that bring the same ones do not lock each other.
        if new := sorted(missing - found.keys()):
            self._insert.run_many(connection, [{self._name: value} for value in new])
            found |= self._find(connection, new)
        # What was found may be of this very transaction.
        transaction.after_commit(lambda: self._remember(found))
        return found

    def _find(self, connection: sa.Connection, values: list[V]) -> dict[V, int]:
        return dict(self._by_value.all(connection, values))

    def _remember(self, numbers: Mapping[V, int]) -> None:
        for value, id_ in numbers.items():
            self._ids.put(value, id_)
            self._values.put(id_, value)


class _Memory(Generic[_Key, _Found]):
    """Pairs that were used lately. When the newer half is full, the older one goes."""

    def __init__(self) -> None:
        # Under nothing stands nothing.
        self.newer: dict[_Key | None, _Found | None] = {None: None}
        self._older: dict[_Key | None, _Found | None] = {}
        self._lock = threading.Lock()

    def get(self, key: _Key) -> _Found | None:
        found = self.newer.get(key)
        if found is None:
            found = self._older.get(key)
            if found is not None:
                self.put(key, found)
        return found

    def put(self, key: _Key, found: _Found) -> None:
        with self._lock:
            if len(self.newer) > _CACHE_SIZE:
                self._older, self.newer = self.newer, {None: None}
            self.newer[key] = found
