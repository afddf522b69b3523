"""URLs may hold secrets, which lie beside them; those that are there hold none."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("endpoints", sa.Column("encrypted_url_secrets", sa.LargeBinary()))


def downgrade() -> None:
    op.drop_column("endpoints", "encrypted_url_secrets")
