"""Latest push of a tag: an index that finds it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    is_tag_push = sa.text("action = 1 AND tag IS NOT NULL")
    op.create_index(
        "ix_events_tag_push",
        "events",
        ["repository_id", "tag", "id"],
        sqlite_where=is_tag_push,
        postgresql_where=is_tag_push,
    )


def downgrade() -> None:
    op.drop_index("ix_events_tag_push", "events")
