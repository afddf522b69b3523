"""Retention of the log: its rules, its runs and its archives."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

UUID = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")
INSTANT = sa.BigInteger()
IS_ACTIVE = sa.text("finished_at IS NULL")
IS_AWAY = sa.text("state <> 2")


def upgrade() -> None:
    op.create_table(
        "retention",
        sa.Column("id", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("rules", sa.LargeBinary(), nullable=False, server_default="[]"),
        sa.Column("updated_at", INSTANT),
        sa.Column("holder", UUID),
        sa.Column("held_until", INSTANT),
        sa.Column("writing", UUID),
    )
    op.create_table(
        "retention_runs",
        sa.Column("id", UUID, primary_key=True),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("rules", sa.LargeBinary(), nullable=False),
        sa.Column("cursor", UUID, nullable=False),
        sa.Column("examined", sa.BigInteger(), nullable=False),
        sa.Column("archived", sa.BigInteger(), nullable=False),
        sa.Column("waiting", sa.BigInteger(), nullable=False),
        sa.Column("archives", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("error", sa.Text()),
    )
    op.create_index(
        "ix_retention_runs_active",
        "retention_runs",
        ["id"],
        sqlite_where=IS_ACTIVE,
        postgresql_where=IS_ACTIVE,
    )
    op.create_table(
        "archives",
        sa.Column("id", UUID, primary_key=True),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("counts", sa.LargeBinary(), nullable=False),
        sa.Column("first_id", UUID, nullable=False),
        sa.Column("last_id", UUID, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("error", sa.Text()),
    )
    op.create_index(
        "ix_archives_away",
        "archives",
        ["id"],
        sqlite_where=IS_AWAY,
        postgresql_where=IS_AWAY,
    )


def downgrade() -> None:
    op.drop_table("archives")
    op.drop_table("retention_runs")
    op.drop_table("retention")
