"""The kind of credential of an event's actor; events so far have none."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("events", sa.Column("credential_text", sa.BigInteger()))


def downgrade() -> None:
    op.drop_column("events", "credential_text")
