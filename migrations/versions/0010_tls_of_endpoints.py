"""Endpoints may have TLS of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("endpoints", sa.Column("encrypted_tls", sa.LargeBinary()))


def downgrade() -> None:
    op.drop_column("endpoints", "encrypted_tls")
