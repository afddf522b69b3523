"""The tables: users and their groups, grants, tokens, and the version of all.

No secret stands in them: passwords are hashed by Argon2, and tokens, which are random
and long, by SHA-256. The ids are UUIDs of version 7, which tell when a row was made.
"""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import Base
from notifier.db.base import ByteOrderText, Serial


class UserRow(Base):
    """A person or a robot. Without a password they have tokens only, or htpasswd's."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(ByteOrderText, unique=True)
    kind: Mapped[str]
    password_hash: Mapped[str | None]
    disabled: Mapped[bool]
    updated_at: Mapped[datetime]


class MembershipRow(Base):
    """A user is in a group. A group comes to be with its first member."""

    __tablename__ = "memberships"
    __table_args__ = (
        sa.Index("ix_memberships_user", "user_id"),
        {"sqlite_with_rowid": False},
    )

    group_name: Mapped[str] = mapped_column(ByteOrderText, primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey(UserRow.id), primary_key=True)


class GrantRow(Base):
    """A subject has permits, names with commas between, on repositories: globs."""

    __tablename__ = "grants"
    __table_args__ = (sa.Index("ix_grants_subject", "subject", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    subject: Mapped[str]
    permits: Mapped[str]
    repositories: Mapped[bytes]


class ApiTokenRow(Base):
    """A token by which a subject may do at most what permits and repositories say."""

    __tablename__ = "api_tokens"
    __table_args__ = (sa.Index("ix_api_tokens_subject", "subject", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    subject: Mapped[str]
    name: Mapped[str]
    digest: Mapped[bytes] = mapped_column(unique=True)
    permits: Mapped[str]
    repositories: Mapped[bytes]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class RefreshTokenRow(Base):
    """What a client gets access tokens for, once its user has proved a password.

    The *credential* is a digest of that password's hash: another password ends it.
    """

    __tablename__ = "refresh_tokens"
    __table_args__ = (sa.Index("ix_refresh_tokens_subject", "subject", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(unique=True)
    subject: Mapped[str]
    credential: Mapped[bytes]
    service: Mapped[str]
    client_id: Mapped[str]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class AccessStateRow(Base):
    """The one row that changes whenever something about access does."""

    __tablename__ = "access_state"

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    version: Mapped[UUID]
