"""The tables: endpoints, their deliveries, and who drains what.

The database is the truth about what is due; Redis only says where to look. What a
`SecretBox` has encrypted stands in a column whose name begins with ``encrypted_``: by
that, all of it is found when the keys are rotated.
"""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from notifier.db import Base
from notifier.db.base import Serial

PENDING, DELIVERED, FAILED, CANCELLED = 1, 2, 3, 4

_LANE_WHERE = f"lane IS NOT NULL AND state = {PENDING}"


class EndpointRow(Base):
    """A URL and what it wants to hear.

    A removed endpoint keeps its row, so that the log can still name it, but nothing
    that is secret. One that was made before there were formats has none: it gets the
    default one. One that is *declared* stands in the configuration file.
    """

    __tablename__ = "endpoints"
    __table_args__ = (
        sa.Index(
            "ix_endpoints_name",
            "name",
            unique=True,
            sqlite_where=sa.text("removed_at IS NULL"),
            postgresql_where=sa.text("removed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(unique=True)
    name: Mapped[str]
    url: Mapped[str]
    enabled: Mapped[bool]
    filters: Mapped[bytes]
    encrypted_headers: Mapped[bytes]
    timeout_s: Mapped[float] = mapped_column(sa.Double)
    declared: Mapped[bool] = mapped_column(server_default=sa.false())
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    policy: Mapped[bytes] = mapped_column(server_default="{}")
    disabled_reason: Mapped[str | None]
    format: Mapped[bytes | None]
    signatures: Mapped[str] = mapped_column(server_default="v1")
    encrypted_tls: Mapped[bytes | None]
    # Whether the server that took the URL listened on loopback itself.
    is_local: Mapped[bool] = mapped_column(server_default=sa.true())
    encrypted_url_secrets: Mapped[bytes | None]


class SecretRow(Base):
    """What an endpoint's deliveries are signed with, before *expires_at*.

    The newest of an endpoint has no end.
    """

    __tablename__ = "secrets"
    __table_args__ = (sa.Index("ix_secrets_endpoint", "endpoint_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    endpoint_id: Mapped[int] = mapped_column(Serial, sa.ForeignKey("endpoints.id"))
    encrypted_secret: Mapped[bytes]
    encrypted_private_key: Mapped[bytes | None]
    public_key: Mapped[str | None]
    expires_at: Mapped[datetime | None]


class EndpointVersionRow(Base):
    """The one row that changes whenever an endpoint does."""

    __tablename__ = "endpoint_version"

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    version: Mapped[UUID]


class DeliveryRow(Base):
    """One event for one endpoint, until done.

    An attempt is due at *due_at*, whatever the state: a delivery that came to its end
    is due again when somebody asks for a redelivery. Where order or supersession
    matters, the *lane* is the number of the event's repository.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        sa.Index(
            "ix_deliveries_due",
            "endpoint_id",
            "due_at",
            "id",
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        ),
        sa.Index(
            "ix_deliveries_lane",
            "endpoint_id",
            "lane",
            "id",
            sqlite_where=sa.text(_LANE_WHERE),
            postgresql_where=sa.text(_LANE_WHERE),
        ),
        sa.Index("ix_deliveries_event", "event_id"),
        sa.Index("ix_deliveries_endpoint", "endpoint_id", "id"),
        sa.Index(
            "ix_deliveries_state",
            "state",
            "id",
            sqlite_where=sa.text(f"state <> {DELIVERED}"),
            postgresql_where=sa.text(f"state <> {DELIVERED}"),
        ),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    event_id: Mapped[UUID]
    endpoint_id: Mapped[int] = mapped_column(sa.BigInteger)
    state: Mapped[int] = mapped_column(sa.SmallInteger)
    attempts: Mapped[int] = mapped_column(sa.SmallInteger)
    due_at: Mapped[datetime | None]
    lane: Mapped[int | None] = mapped_column(sa.BigInteger)


class DrainRow(Base):
    """The lease of an endpoint: who sends its deliveries, until when."""

    __tablename__ = "drains"

    endpoint_id: Mapped[int] = mapped_column(
        sa.BigInteger, primary_key=True, autoincrement=False
    )
    holder: Mapped[UUID]
    until: Mapped[datetime]


class EndpointMinuteRow(Base):
    """What came of the attempts of one minute: see `notifier.delivery.minutes`.

    Minutes count since 1970; the durations are as many counts as there are bounds.
    """

    __tablename__ = "endpoint_minutes"
    __table_args__ = ({"sqlite_with_rowid": False},)

    endpoint_id: Mapped[int] = mapped_column(
        sa.BigInteger, primary_key=True, autoincrement=False
    )
    minute: Mapped[int] = mapped_column(
        sa.BigInteger, primary_key=True, autoincrement=False
    )
    accepted: Mapped[int] = mapped_column(sa.Integer)
    failed: Mapped[int] = mapped_column(sa.Integer)
    durations: Mapped[bytes]


class EndpointErrorRow(Base):
    """The latest attempt of an endpoint that was not accepted."""

    __tablename__ = "endpoint_errors"

    endpoint_id: Mapped[int] = mapped_column(
        sa.BigInteger, primary_key=True, autoincrement=False
    )
    at: Mapped[datetime]
    status: Mapped[int | None] = mapped_column(sa.SmallInteger)
    error: Mapped[str | None]
    delivery_id: Mapped[UUID]


class QuotaRow(Base):
    """Until when an endpoint's quota of some kind is used up."""

    __tablename__ = "quotas"

    endpoint_id: Mapped[int] = mapped_column(
        sa.BigInteger, primary_key=True, autoincrement=False
    )
    kind: Mapped[int] = mapped_column(
        sa.SmallInteger, primary_key=True, autoincrement=False
    )
    used_until: Mapped[datetime]


class BreakerRow(Base):
    """How an endpoint has failed since it last accepted something."""

    __tablename__ = "breakers"

    endpoint_id: Mapped[int] = mapped_column(
        sa.BigInteger, primary_key=True, autoincrement=False
    )
    failures: Mapped[int] = mapped_column(sa.Integer)
    openings: Mapped[int] = mapped_column(sa.Integer)
    failing_since: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]
