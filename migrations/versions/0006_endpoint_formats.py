"""Endpoints choose a format; those without one get the envelope, as before."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("endpoints", sa.Column("format", sa.LargeBinary()))


def downgrade() -> None:
    op.drop_column("endpoints", "format")
