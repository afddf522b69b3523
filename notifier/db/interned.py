"""Texts that recur in many rows, kept once and named by number."""

import threading
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from notifier.db.base import Base, Serial
from notifier.db.database import Transaction, insert

_CACHE_SIZE = 10_000


class Text(Base):
    """A text that rows of other tables name by number: a media type, a client."""

    __tablename__ = "texts"

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    text: Mapped[str] = mapped_column(unique=True)


class Interned:
    """A table of texts and its numbers, remembered. Threads may share it.

    Rows of such a table are never deleted, so what is remembered stays true.
    """

    def __init__(
        self,
        id_column: InstrumentedAttribute[int],
        text_column: InstrumentedAttribute[str],
    ) -> None:
        self._id = id_column
        self._text = text_column
        self._ids: dict[str, int] = {}
        self._texts: dict[int, str] = {}
        self._lock = threading.Lock()

    def intern(
        self, transaction: Transaction, texts: Iterable[str | None]
    ) -> Mapping[str | None, int | None]:
        """Return the numbers of *texts*, adding the new ones to the table.

        New numbers are remembered only once they are committed.
        """
        numbers: dict[str | None, int | None] = {None: None}
        missing: set[str] = set()
        for text in texts:
            if text is not None and text not in numbers:
                known = self._ids.get(text)
                if known is None:
                    missing.add(text)
                else:
                    numbers[text] = known
        if missing:
            added = self._added(transaction.connection, sorted(missing))
            numbers.update(added)
            transaction.after_commit(lambda: self._remember(added))
        return numbers

    def recall(
        self, texts: Iterable[str | None]
    ) -> Mapping[str | None, int | None] | None:
        """Return the numbers of *texts*, or None if one is not remembered."""
        numbers: dict[str | None, int | None] = {None: None}
        for text in texts:
            if text is not None and text not in numbers:
                known = self._ids.get(text)
                if known is None:
                    return None
                numbers[text] = known
        return numbers

    def intern_one(self, transaction: Transaction, text: str) -> int:
        """Return the number of *text*, adding it to the table if it is new."""
        number = self.intern(transaction, [text])[text]
        assert number is not None  # noqa: S101 - only the number of None is None
        return number

    def find(self, connection: sa.Connection, text: str) -> int | None:
        """Return the number of *text*, or None if no row has it."""
        known = self._ids.get(text)
        if known is None:
            known = connection.scalar(sa.select(self._id).where(self._text == text))
            if known is not None:
                self._remember({text: known})
        return known

    def unknown(self, connection: sa.Connection, texts: Iterable[str]) -> set[str]:
        """Return those of *texts* that no row has."""
        missing = {text for text in texts if text not in self._ids}
        if missing:
            found = dict(self._pairs(connection, self._text.in_(sorted(missing))))
            self._remember(found)
            missing -= found.keys()
        return missing

    def resolve(
        self, connection: sa.Connection, ids: Iterable[int | None]
    ) -> Mapping[int | None, str | None]:
        """Return the texts of *ids*."""
        texts: dict[int | None, str | None] = {None: None}
        missing: set[int] = set()
        for id_ in ids:
            if id_ is not None and id_ not in texts:
                known = self._texts.get(id_)
                if known is None:
                    missing.add(id_)
                else:
                    texts[id_] = known
        if missing:
            found = dict(self._pairs(connection, self._id.in_(sorted(missing))))
            self._remember(found)
            texts.update({id_: text for text, id_ in found.items()})
        return texts

    def _added(self, connection: sa.Connection, texts: list[str]) -> dict[str, int]:
        statement = insert(connection, self._id.class_).on_conflict_do_nothing()
        key = self._text.key
        connection.execute(statement, [{key: text} for text in texts])
        return dict(self._pairs(connection, self._text.in_(texts)))

    def _pairs(
        self, connection: sa.Connection, where: sa.ColumnElement[bool]
    ) -> Iterable[Any]:
        found = connection.execute(sa.select(self._text, self._id).where(where))
        return [(text, id_) for text, id_ in found]

    def _remember(self, numbers: Mapping[str, int]) -> None:
        with self._lock:
            if len(self._ids) + len(numbers) > _CACHE_SIZE:
                self._ids.clear()
                self._texts.clear()
            for text, id_ in numbers.items():
                self._ids[text] = id_
                self._texts[id_] = text
