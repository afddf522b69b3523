"""Repairs: redeliveries of many, and how far each has come."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UUID = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")
INSTANT = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "repairs",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("uuid", UUID, nullable=False, unique=True),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("endpoint_id", sa.BigInteger()),
        sa.Column("selection", sa.LargeBinary(), nullable=False),
        sa.Column("rate", sa.Double()),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("holder", UUID),
        sa.Column("held_until", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT),
    )
    unfinished = sa.text("finished_at IS NULL")
    op.create_index(
        "ix_repairs_active",
        "repairs",
        ["id"],
        sqlite_where=unfinished,
        postgresql_where=unfinished,
    )


def downgrade() -> None:
    op.drop_table("repairs")
