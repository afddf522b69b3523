"""The table of repairs: what was asked for, and how far each has come."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import Base
from notifier.db.base import Serial

COUNTING, RUNNING, DONE, CANCELLED = 1, 2, 3, 4
REDELIVERY, REPLAY = 1, 2


class RepairRow(Base):
    """A redelivery of many, or a replay.

    Each step begins at *cursor* and moves it on in the transaction of what it does. The
    next one is due at *due_at*; until *held_until* it is the *holder*'s to take.
    """

    __tablename__ = "repairs"
    __table_args__ = (
        sa.Index(
            "ix_repairs_active",
            "id",
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(unique=True)
    kind: Mapped[int] = mapped_column(sa.SmallInteger)
    endpoint_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    selection: Mapped[bytes]
    rate: Mapped[float | None] = mapped_column(sa.Double)
    state: Mapped[int] = mapped_column(sa.SmallInteger)
    total: Mapped[int] = mapped_column(sa.BigInteger)
    done: Mapped[int] = mapped_column(sa.BigInteger)
    cursor: Mapped[str]
    due_at: Mapped[datetime]
    holder: Mapped[UUID | None]
    held_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
