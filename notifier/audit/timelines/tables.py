"""The tables of what is counted: of each digest in each repository, and by the day.

Times count nanoseconds since 1970, days are days since then, in UTC.
"""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import Base
from notifier.db.base import Serial

# In place of a digest: all manifests of the repository.
ALL_MANIFESTS: Final = 0


class UsageRow(Base):
    """How often some content was pulled from a repository, and when; all that is known.

    *pushed_ns* is the last time that it was pushed there; of blobs it is not kept.
    """

    __tablename__ = "usages"
    __table_args__ = ({"sqlite_with_rowid": False},)

    digest_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    repository_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    pulls: Mapped[int] = mapped_column(sa.BigInteger)
    pushed_ns: Mapped[int | None] = mapped_column(sa.BigInteger)
    first_pulled_ns: Mapped[int | None] = mapped_column(sa.BigInteger)
    last_pulled_ns: Mapped[int | None] = mapped_column(sa.BigInteger)


class DailyPullsRow(Base):
    """How often one client has pulled some content from a repository on one day."""

    __tablename__ = "daily_pulls"
    __table_args__ = ({"sqlite_with_rowid": False},)

    digest_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    repository_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    client_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    pulls: Mapped[int] = mapped_column(sa.BigInteger)


class ClientRow(Base):
    """A kind of program that pulls, as it calls itself, without its version."""

    __tablename__ = "pull_clients"

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
