"""Secrets of their own: an endpoint may have several, and choose how it is signed."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UUID = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")
INSTANT = sa.BigInteger()

ENDPOINTS = sa.table(
    "endpoints",
    sa.column("id"),
    sa.column("uuid"),
    sa.column("encrypted_headers", sa.LargeBinary()),
    sa.column("encrypted_secret", sa.LargeBinary()),
    sa.column("removed_at"),
)
SECRETS = sa.table(
    "secrets",
    sa.column("id"),
    sa.column("endpoint_id"),
    sa.column("encrypted_secret", sa.LargeBinary()),
    sa.column("expires_at"),
)


def upgrade() -> None:
    op.create_table(
        "secrets",
        sa.Column("id", UUID, primary_key=True),
        sa.Column("endpoint_id", SERIAL, sa.ForeignKey("endpoints.id"), nullable=False),
        sa.Column("encrypted_secret", sa.LargeBinary(), nullable=False),
        sa.Column("encrypted_private_key", sa.LargeBinary()),
        sa.Column("public_key", sa.Text()),
        sa.Column("expires_at", INSTANT),
    )
    op.create_index("ix_secrets_endpoint", "secrets", ["endpoint_id"])
    # The secret was made with its endpoint, so the endpoint's id tells its age.
    living = sa.select(
        ENDPOINTS.c.uuid, ENDPOINTS.c.id, ENDPOINTS.c.encrypted_secret
    ).where(ENDPOINTS.c.removed_at.is_(None))
    op.execute(
        sa.insert(SECRETS).from_select(
            ["id", "endpoint_id", "encrypted_secret"], living
        )
    )
    op.execute(
        sa.update(ENDPOINTS)
        .where(ENDPOINTS.c.removed_at.is_not(None))
        .values(encrypted_headers=b"")
    )
    op.drop_column("endpoints", "encrypted_secret")
    op.add_column(
        "endpoints",
        sa.Column("signatures", sa.Text(), nullable=False, server_default="v1"),
    )


def downgrade() -> None:
    op.drop_column("endpoints", "signatures")
    # SQLite adds no column that must be given without a default, nor drops a default.
    op.add_column(
        "endpoints",
        sa.Column(
            "encrypted_secret", sa.LargeBinary(), nullable=False, server_default=""
        ),
    )
    newest = sa.select(SECRETS.c.encrypted_secret).where(
        SECRETS.c.endpoint_id == ENDPOINTS.c.id, SECRETS.c.expires_at.is_(None)
    )
    none = sa.literal(b"", sa.LargeBinary())
    op.execute(
        sa.update(ENDPOINTS).values(
            encrypted_secret=sa.func.coalesce(newest.scalar_subquery(), none)
        )
    )
    op.drop_table("secrets")
