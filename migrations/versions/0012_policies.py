"""Policies of endpoints, breakers, lanes of deliveries, details of events."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger()
LANE_WHERE = sa.text("lane IS NOT NULL AND state = 1")


def upgrade() -> None:
    op.add_column("events", sa.Column("detail", sa.LargeBinary()))
    op.add_column(
        "endpoints",
        # No field is given: all have their defaults.
        sa.Column("policy", sa.LargeBinary(), nullable=False, server_default="{}"),
    )
    op.add_column("endpoints", sa.Column("disabled_reason", sa.Text()))
    op.add_column("deliveries", sa.Column("lane", sa.BigInteger()))
    op.create_index(
        "ix_deliveries_lane",
        "deliveries",
        ["endpoint_id", "lane", "id"],
        sqlite_where=LANE_WHERE,
        postgresql_where=LANE_WHERE,
    )
    op.create_table(
        "breakers",
        sa.Column(
            "endpoint_id", sa.BigInteger(), primary_key=True, autoincrement=False
        ),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("openings", sa.Integer(), nullable=False),
        sa.Column("failing_since", INSTANT),
        sa.Column("paused_until", INSTANT),
    )


def downgrade() -> None:
    op.drop_table("breakers")
    op.drop_index("ix_deliveries_lane", "deliveries")
    op.drop_column("deliveries", "lane")
    op.drop_column("endpoints", "disabled_reason")
    op.drop_column("endpoints", "policy")
    op.drop_column("events", "detail")
