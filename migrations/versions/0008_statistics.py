"""Statistics: what came of each endpoint's attempts, minute by minute."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

UUID = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "endpoint_minutes",
        _endpoint_id(),
        sa.Column("minute", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("durations", sa.LargeBinary(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "endpoint_errors",
        _endpoint_id(),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.SmallInteger()),
        sa.Column("error", sa.Text()),
        sa.Column("delivery_id", UUID, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("endpoint_errors")
    op.drop_table("endpoint_minutes")


def _endpoint_id() -> sa.Column[int]:
    return sa.Column(
        "endpoint_id", sa.BigInteger(), primary_key=True, autoincrement=False
    )
