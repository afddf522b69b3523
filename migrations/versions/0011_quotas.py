"""Quotas of what people may ask of endpoints."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "quotas",
        sa.Column(
            "endpoint_id", sa.BigInteger(), primary_key=True, autoincrement=False
        ),
        sa.Column("kind", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("used_until", sa.BigInteger(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("quotas")
