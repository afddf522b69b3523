"""What an attempt has sent, and the header of its answer; attempts so far lack both."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

UUID = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("attempts", sa.Column("way_id", sa.BigInteger()))
    op.add_column("attempts", sa.Column("message_digest", sa.LargeBinary()))
    op.add_column("attempts", sa.Column("answer_header", sa.LargeBinary()))
    op.add_column("attempts", sa.Column("batch_id", UUID))
    op.create_table(
        "batches",
        sa.Column("id", UUID, primary_key=True),
        sa.Column("event_ids", sa.LargeBinary(), nullable=False),
        sa.Column("message_digest", sa.LargeBinary(), nullable=False),
        sa.Column("answer_header", sa.LargeBinary()),
        sa.Column("attempts", sa.Integer(), nullable=False),
    )
    op.create_table(
        "ways",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("endpoint_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("peer", sa.Text()),
        sa.Column("tls_version", sa.Text()),
        sa.Column("used_before", UUID, nullable=False),
    )
    op.create_index("ix_ways_digest", "ways", ["endpoint_id", "digest"], unique=True)


def downgrade() -> None:
    op.drop_table("ways")
    op.drop_table("batches")
    for column in ("batch_id", "answer_header", "message_digest", "way_id"):
        op.drop_column("attempts", column)
