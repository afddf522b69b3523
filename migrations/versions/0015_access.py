"""Who may do what: users, groups, grants and tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

UUID = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("uuid", UUID, nullable=False, unique=True),
        sa.Column("name", TEXT, nullable=False, unique=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text()),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
    )
    op.create_table(
        "memberships",
        sa.Column("group_name", TEXT, primary_key=True),
        sa.Column("user_id", SERIAL, sa.ForeignKey("users.id"), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_memberships_user", "memberships", ["user_id"])
    op.create_table(
        "grants",
        sa.Column("id", UUID, primary_key=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("permits", sa.Text(), nullable=False),
        sa.Column("repositories", sa.LargeBinary(), nullable=False),
    )
    op.create_index("ix_grants_subject", "grants", ["subject", "id"])
    op.create_table(
        "api_tokens",
        sa.Column("id", UUID, primary_key=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("permits", sa.Text(), nullable=False),
        sa.Column("repositories", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", INSTANT),
        sa.Column("last_used_at", INSTANT),
        sa.Column("revoked_at", INSTANT),
    )
    op.create_index("ix_api_tokens_subject", "api_tokens", ["subject", "id"])
    op.create_table(
        "refresh_tokens",
        sa.Column("id", UUID, primary_key=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("credential", sa.LargeBinary(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("last_used_at", INSTANT),
    )
    op.create_index("ix_refresh_tokens_subject", "refresh_tokens", ["subject", "id"])
    op.create_table(
        "access_state",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("version", UUID, nullable=False),
    )


def downgrade() -> None:
    for table in (
        *("access_state", "refresh_tokens", "api_tokens"),
        *("grants", "memberships", "users"),
    ):
        op.drop_table(table)
