"""The index by repository tells of each event its tag and action."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

NAME = "ix_events_repository"
COLUMNS = ["repository_id", "id"]


def upgrade() -> None:
    op.drop_index(NAME, "events")
    op.create_index(NAME, "events", [*COLUMNS, "tag", "action"])


def downgrade() -> None:
    op.drop_index(NAME, "events")
    op.create_index(NAME, "events", COLUMNS)
