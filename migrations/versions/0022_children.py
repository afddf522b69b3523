"""Children: the manifests that indexes list; indexes that find relatives anywhere."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import context, op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DIGEST = sa.LargeBinary(65)
AT_ONCE = 200
INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
# As `notifier.registry.digest` numbers them.
ALGORITHMS = {"sha256": 1, "sha384": 2, "sha512": 3}
MANIFESTS = sa.table(
    "manifests", *map(sa.column, ("id", "repository_id", "media_type", "content"))
)
CHILDREN = sa.table(
    "children",
    *map(sa.column, ("manifest_id", "position", "repository_id", "digest")),
)


def upgrade() -> None:
    op.create_table(
        "children",
        sa.Column(
            "manifest_id",
            SERIAL,
            sa.ForeignKey("manifests.id"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("position", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column(
            "repository_id",
            SERIAL,
            sa.ForeignKey("repositories.id"),
            nullable=False,
        ),
        sa.Column("digest", DIGEST, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_children_digest", "children", ["digest", "manifest_id"])
    op.create_index("ix_manifests_digest", "manifests", ["digest"])
    op.create_index("ix_referrers_anywhere", "referrers", ["subject", "manifest_id"])
    # A script has no rows to read.
    if not context.is_offline_mode():
        fill(op.get_bind())


def downgrade() -> None:
    op.drop_index("ix_referrers_anywhere", "referrers")
    op.drop_index("ix_manifests_digest", "manifests")
    op.drop_table("children")


def fill(connection: sa.Connection) -> None:
    columns = MANIFESTS.c
    indexes = (
        sa.select(columns.id, columns.repository_id, columns.content)
        .where(columns.media_type.in_(INDEXES))
        .order_by(columns.id)
        .limit(AT_ONCE)
    )
    page = indexes
    while found := connection.execute(page).all():
        if rows := [row for index in found for row in children(index)]:
            connection.execute(sa.insert(CHILDREN), rows)
        page = indexes.where(columns.id > found[-1].id)


def children(index: Any) -> list[dict[str, Any]]:
    return [
        {
            "manifest_id": index.id,
            "position": position,
            "repository_id": index.repository_id,
            "digest": pack(child["digest"]),
        }
        for position, child in enumerate(json.loads(index.content)["manifests"] or ())
    ]


def pack(digest: str) -> bytes:
    algorithm, _, hex_ = digest.partition(":")
    return bytes((ALGORITHMS[algorithm],)) + bytes.fromhex(hex_)
