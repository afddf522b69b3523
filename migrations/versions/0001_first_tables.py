"""First tables: the registry's, the log's, and those of delivery."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# On SQLite only a column declared INTEGER counts up by itself.
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UUID = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")
DIGEST = sa.LargeBinary(65)
INSTANT = sa.BigInteger()
BYTE_ORDER_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    create_texts()
    create_registry()
    create_events()
    create_endpoints()
    create_deliveries()


def downgrade() -> None:
    for table in (
        "drains",
        "attempts",
        "deliveries",
        "endpoint_version",
        "endpoints",
        "events",
        "referrers",
        "tags",
        "manifests",
        "blob_links",
        "blobs",
        "repositories",
        "texts",
    ):
        op.drop_table(table)


def create_texts() -> None:
    op.create_table(
        "texts",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("text", sa.Text(), nullable=False, unique=True),
    )


def create_registry() -> None:
    op.create_table(
        "repositories",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("name", BYTE_ORDER_TEXT, nullable=False, unique=True),
    )
    op.create_table(
        "blobs",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("digest", DIGEST, nullable=False, unique=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "blob_links",
        _repository_id(primary_key=True),
        sa.Column("blob_id", SERIAL, sa.ForeignKey("blobs.id"), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_blob_links_blob", "blob_links", ["blob_id"])
    op.create_table(
        "manifests",
        sa.Column("id", SERIAL, primary_key=True),
        _repository_id(),
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("repository_id", "digest"),
    )
    op.create_table(
        "tags",
        _repository_id(primary_key=True),
        sa.Column("name", BYTE_ORDER_TEXT, primary_key=True),
        _manifest_id(),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_tags_manifest", "tags", ["manifest_id"])
    op.create_table(
        "referrers",
        _manifest_id(primary_key=True, autoincrement=False),
        _repository_id(),
        sa.Column("subject", DIGEST, nullable=False),
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("artifact_type", sa.Text()),
        sa.Column("descriptor", sa.LargeBinary(), nullable=False),
    )
    op.create_index(
        "ix_referrers_subject", "referrers", ["repository_id", "subject", "digest"]
    )


def create_events() -> None:
    op.create_table(
        "events",
        sa.Column("id", UUID, primary_key=True),
        sa.Column("timestamp_ns", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("action", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.SmallInteger()),
        sa.Column("repository_id", sa.BigInteger()),
        sa.Column("from_repository_id", sa.BigInteger()),
        sa.Column("digest", DIGEST),
        sa.Column("media_type_text", sa.BigInteger()),
        sa.Column("size", sa.BigInteger()),
        sa.Column("tag", sa.Text()),
        sa.Column("tag_change", sa.SmallInteger()),
        sa.Column("previous_digest", DIGEST),
        sa.Column("registry_text", sa.BigInteger()),
        sa.Column("target_references", sa.LargeBinary()),
        sa.Column("actor_text", sa.BigInteger()),
        sa.Column("request_id", UUID, nullable=False),
        sa.Column("addr", sa.Text(), nullable=False),
        sa.Column("host_text", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("useragent_text", sa.BigInteger(), nullable=False),
        sa.Column("source_text", sa.BigInteger(), nullable=False),
        sa.Column("source_instance", UUID, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_events_digest", "events", ["digest", "id"])
    op.create_index("ix_events_repository", "events", ["repository_id", "id"])


def create_endpoints() -> None:
    op.create_table(
        "endpoints",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("uuid", UUID, nullable=False, unique=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("filters", sa.LargeBinary(), nullable=False),
        sa.Column("encrypted_headers", sa.LargeBinary(), nullable=False),
        sa.Column("encrypted_secret", sa.LargeBinary(), nullable=False),
        sa.Column("timeout_s", sa.Double(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("removed_at", INSTANT),
    )
    _create_partial_index(
        "ix_endpoints_name", "endpoints", ["name"], "removed_at IS NULL", unique=True
    )
    op.create_table(
        "endpoint_version",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("version", UUID, nullable=False),
    )


def create_deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", UUID, primary_key=True),
        sa.Column("event_id", UUID, nullable=False),
        sa.Column("endpoint_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", INSTANT),
        sqlite_with_rowid=False,
    )
    _create_partial_index(
        "ix_deliveries_due",
        "deliveries",
        ["endpoint_id", "due_at", "id"],
        "due_at IS NOT NULL",
    )
    op.create_index("ix_deliveries_event", "deliveries", ["event_id"])
    op.create_index("ix_deliveries_endpoint", "deliveries", ["endpoint_id", "id"])
    _create_partial_index(
        "ix_deliveries_state", "deliveries", ["state", "id"], "state <> 2"
    )
    op.create_table(
        "attempts",
        sa.Column("delivery_id", UUID, primary_key=True),
        sa.Column("number", sa.SmallInteger(), primary_key=True),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("status", sa.SmallInteger()),
        sa.Column("error", sa.Text()),
        sa.Column("response", sa.LargeBinary(), nullable=False),
        sa.Column("trigger", sa.SmallInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "drains",
        sa.Column(
            "endpoint_id", sa.BigInteger(), primary_key=True, autoincrement=False
        ),
        sa.Column("holder", UUID, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
    )


def _repository_id(**options: Any) -> sa.Column[int]:
    key = sa.ForeignKey("repositories.id")
    return sa.Column("repository_id", SERIAL, key, nullable=False, **options)


def _manifest_id(**options: Any) -> sa.Column[int]:
    key = sa.ForeignKey("manifests.id")
    return sa.Column("manifest_id", SERIAL, key, nullable=False, **options)


def _create_partial_index(
    name: str, table: str, columns: list[str], where: str, *, unique: bool = False
) -> None:
    condition = sa.text(where)
    op.create_index(
        name,
        table,
        columns,
        unique=unique,
        sqlite_where=condition,
        postgresql_where=condition,
    )
