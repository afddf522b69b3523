"""The tables of retention: its rules, its runs, and the archives that these made."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import Base

RUNNING, DONE, CANCELLED = 1, 2, 3
LEAVING, ARCHIVED, RETURNING, RESTORED = 1, 2, 3, 4

_IS_ACTIVE = "finished_at IS NULL"
_IS_AWAY = f"state <> {ARCHIVED}"


class RetentionRow(Base):
    """The one row of rules; until *held_until* it is the *holder* who goes by them.

    The archive *writing* is being written. If it has no row of its own when the next
    one is begun, its file was not finished, or nobody knows: its events are all here.
    """

    __tablename__ = "retention"

    id: Mapped[int] = mapped_column(
        sa.SmallInteger, primary_key=True, autoincrement=False
    )
    rules: Mapped[bytes] = mapped_column(server_default="[]")
    updated_at: Mapped[datetime | None]
    holder: Mapped[UUID | None]
    held_until: Mapped[datetime | None]
    writing: Mapped[UUID | None]


class RunRow(Base):
    """One way through the log, by the *rules* of its beginning.

    It has come to the event *cursor*. It has *examined* so many, and has archived some;
    others are *waiting*, for they have deliveries. After an *error* it goes on at
    *due_at*.
    """

    __tablename__ = "retention_runs"
    __table_args__ = (
        sa.Index(
            "ix_retention_runs_active",
            "id",
            sqlite_where=sa.text(_IS_ACTIVE),
            postgresql_where=sa.text(_IS_ACTIVE),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    state: Mapped[int] = mapped_column(sa.SmallInteger)
    rules: Mapped[bytes]
    cursor: Mapped[UUID]
    examined: Mapped[int] = mapped_column(sa.BigInteger)
    archived: Mapped[int] = mapped_column(sa.BigInteger)
    waiting: Mapped[int] = mapped_column(sa.BigInteger)
    archives: Mapped[int] = mapped_column(sa.Integer)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    due_at: Mapped[datetime]
    error: Mapped[str | None]


class ArchiveRow(Base):
    """A file of events, from *first_id* to *last_id*, and where they are else.

    While it is leaving or returning, its rows go from the table or come back to it, a
    few at a time; after an *error* that goes on at *due_at*. The *counts* are JSON: how
    many events of each action.
    """

    __tablename__ = "archives"
    __table_args__ = (
        sa.Index(
            "ix_archives_away",
            "id",
            sqlite_where=sa.text(_IS_AWAY),
            postgresql_where=sa.text(_IS_AWAY),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    state: Mapped[int] = mapped_column(sa.SmallInteger)
    events: Mapped[int] = mapped_column(sa.Integer)
    counts: Mapped[bytes]
    first_id: Mapped[UUID]
    last_id: Mapped[UUID]
    size: Mapped[int] = mapped_column(sa.BigInteger)
    sha256: Mapped[bytes]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    due_at: Mapped[datetime]
    error: Mapped[str | None]
