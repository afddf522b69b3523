"""Artifact types: of manifests, and of the events about them."""

from typing import Any

import orjson
import sqlalchemy as sa
from alembic import context, op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MANIFESTS = sa.table(
    "manifests", sa.column("id"), sa.column("content"), sa.column("artifact_type")
)
# A manifest may be 4 MiB.
BATCH = 25


def upgrade() -> None:
    # An event that was recorded before does not know: rows of the log never change.
    op.add_column("events", sa.Column("artifact_type_text", sa.BigInteger()))
    op.add_column("manifests", sa.Column("artifact_type", sa.Text()))
    # A script has no rows to read.
    if not context.is_offline_mode():
        fill_manifests(op.get_bind())


def downgrade() -> None:
    op.drop_column("manifests", "artifact_type")
    op.drop_column("events", "artifact_type_text")


def fill_manifests(connection: sa.Connection) -> None:
    columns = MANIFESTS.c
    next_batch = sa.select(columns.id, columns.content).order_by(columns.id)
    last = 0
    while rows := connection.execute(
        next_batch.where(columns.id > last).limit(BATCH)
    ).all():
        last = rows[-1].id
        for id_, content in rows:
            connection.execute(
                sa.update(MANIFESTS)
                .where(columns.id == id_)
                .values(artifact_type=artifact_type(orjson.loads(content)))
            )


def artifact_type(document: dict[str, Any]) -> str | None:
    config = document.get("config")
    named = config.get("mediaType") if isinstance(config, dict) else None
    return document.get("artifactType") or named or None
