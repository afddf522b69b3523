"""Sources, what of theirs is kept aside, where an event came in, and the catalog."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

UUID = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.BigInteger()
IS_INGESTED = sa.text("ingest_id IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "ingest_sources",
        sa.Column("id", UUID, primary_key=True),
        sa.Column("name", TEXT, nullable=False, unique=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("prefixes", sa.LargeBinary(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
    )
    op.create_table(
        "ingest_rejects",
        sa.Column("id", UUID, primary_key=True),
        sa.Column("source_id", UUID, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
    )
    op.create_index(
        "ix_ingest_rejects_fingerprint",
        "ingest_rejects",
        ["source_id", "fingerprint"],
        unique=True,
    )
    op.create_index("ix_ingest_rejects_source", "ingest_rejects", ["source_id", "id"])
    op.add_column("events", sa.Column("ingest_text", sa.BigInteger()))
    op.add_column("events", sa.Column("ingest_id", sa.LargeBinary()))
    op.create_index(
        "ix_events_ingest_id",
        "events",
        ["ingest_id"],
        sqlite_where=IS_INGESTED,
        postgresql_where=IS_INGESTED,
    )
    op.create_table(
        "catalog",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("name", TEXT, nullable=False, unique=True),
    )
    # So far nothing else gave a repository its name than content that came into it.
    op.execute("INSERT INTO catalog (name) SELECT name FROM repositories")


def downgrade() -> None:
    op.drop_table("catalog")
    op.drop_index("ix_events_ingest_id", "events")
    op.drop_column("events", "ingest_id")
    op.drop_column("events", "ingest_text")
    op.drop_table("ingest_rejects")
    op.drop_table("ingest_sources")
