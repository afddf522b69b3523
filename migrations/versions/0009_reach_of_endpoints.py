"""Endpoints know whether the server that took their URL listened on loopback."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Those that are there were made by whoever could reach the server so far.
    op.add_column(
        "endpoints",
        sa.Column("is_local", sa.Boolean(), nullable=False, server_default=sa.true()),
    )


def downgrade() -> None:
    op.drop_column("endpoints", "is_local")
