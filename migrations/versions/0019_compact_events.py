"""Compact events: digests, addresses and runs of a program as numbers or few bytes.

Each event is written anew, so this takes a minute for some million of them. More
questions have an index of their own after.
"""

import socket
from collections.abc import Callable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import context, op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UUID_BYTES = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")
BYTE_ORDER_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
DIGEST = sa.LargeBinary(65)
AT_ONCE = 5000
FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}

KEPT = (
    *("id", "request_id", "timestamp_ns", "recorded_at", "size", "repository_id"),
    *("from_repository_id", "media_type_text", "artifact_type_text", "registry_text"),
    *("actor_text", "credential_text", "host_text", "useragent_text", "source_text"),
    *("action", "kind", "tag_change", "method", "tag", "target_references", "detail"),
    *("ingest_text", "ingest_id"),
)
WIDE = ("digest", "previous_digest", "source_instance", "addr")
COMPACT = ("digest_id", "previous_digest_id", "instance_text", "addr", "port")
DIGESTS = sa.table("digests", sa.column("id"), sa.column("digest"))
TEXTS = sa.table("texts", sa.column("id"), sa.column("text"))
Row = dict[str, Any]

# Since version 18, each NOT NULL has a name.
SET_NAMES_FREE = """
DO $$ DECLARE name text; BEGIN
FOR name IN SELECT conname FROM pg_constraint
  WHERE conrelid = 'events_before'::regclass AND contype = 'n'
LOOP EXECUTE format(
  'ALTER TABLE events_before RENAME CONSTRAINT %I TO %I', name, name || '_before'
); END LOOP;
END $$
"""

IS_CHANGE = "action <> 2"
HAS_TAG = "tag IS NOT NULL"
HAS_ACTOR = "actor_text IS NOT NULL"
INDEXES: tuple[tuple[str, list[str], list[str]], ...] = (
    ("digest", ["digest_id"], []),
    ("digest_change", ["digest_id"], [IS_CHANGE]),
    ("repository", ["repository_id"], []),
    ("repository_change", ["repository_id"], [IS_CHANGE]),
    ("actor", ["actor_text"], [HAS_ACTOR]),
    ("actor_change", ["actor_text"], [IS_CHANGE, HAS_ACTOR]),
    ("addr", ["addr"], []),
    ("addr_change", ["addr"], [IS_CHANGE]),
    ("action", ["action"], [IS_CHANGE]),
    ("tag", ["repository_id", "tag"], [IS_CHANGE, HAS_TAG]),
    ("tag_anywhere", ["tag"], [IS_CHANGE, HAS_TAG]),
)


def upgrade() -> None:
    collate_texts("C")
    op.create_table(
        "digests",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("digest", DIGEST, nullable=False, unique=True),
    )
    put_aside("digest", "repository", "tag_push", "ingest_id")
    create_compact_events()
    # A script has no rows to read.
    if not context.is_offline_mode():
        compact(op.get_bind())
    op.drop_table("events_before")
    for name, columns, where in INDEXES:
        create_index(name, columns, " AND ".join(where))
    create_ingest_index()


def downgrade() -> None:
    put_aside(*(name for name, *_ in INDEXES), "ingest_id")
    create_wide_events()
    if not context.is_offline_mode():
        widen(op.get_bind())
    op.drop_table("events_before")
    create_index("digest", ["digest"])
    create_index("repository", ["repository_id"])
    create_index("tag_push", ["repository_id", "tag"], "action = 1 AND tag IS NOT NULL")
    create_ingest_index()
    op.drop_table("digests")
    collate_texts(None)


def collate_texts(collation: str | None) -> None:
    """Let PostgreSQL sort texts by their bytes, as SQLite does, or by the locale."""
    if op.get_context().dialect.name == "postgresql":
        op.alter_column("texts", "text", type_=sa.Text(collation=collation))


def put_aside(*indexes: str) -> None:
    for name in indexes:
        op.drop_index(f"ix_events_{name}", "events")
    op.rename_table("events", "events_before")
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER INDEX pk_events RENAME TO pk_events_before")
        op.execute(SET_NAMES_FREE)


def create_index(name: str, columns: list[str], where: str = "") -> None:
    condition = sa.text(where) if where else None
    op.create_index(
        f"ix_events_{name}",
        "events",
        [*columns, "id"],
        sqlite_where=condition,
        postgresql_where=condition,
    )


def create_ingest_index() -> None:
    condition = sa.text("ingest_id IS NOT NULL")
    op.create_index(
        "ix_events_ingest_id",
        "events",
        ["ingest_id"],
        sqlite_where=condition,
        postgresql_where=condition,
    )


def create_compact_events() -> None:
    op.create_table(
        "events",
        sa.Column("id", UUID_BYTES, primary_key=True),
        sa.Column("request_id", UUID_BYTES, nullable=False),
        sa.Column("timestamp_ns", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger()),
        *(
            sa.Column(name, sa.Integer())
            for name in (
                *("repository_id", "from_repository_id", "digest_id"),
                *("previous_digest_id", "media_type_text", "artifact_type_text"),
                *("registry_text", "actor_text", "credential_text", "ingest_text"),
            )
        ),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in (
                *("host_text", "useragent_text", "source_text", "instance_text"),
            )
        ),
        sa.Column("port", sa.Integer()),
        sa.Column("action", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.SmallInteger()),
        sa.Column("tag_change", sa.SmallInteger()),
        sa.Column("addr", sa.LargeBinary(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("tag", BYTE_ORDER_TEXT),
        sa.Column("ingest_id", sa.LargeBinary()),
        sa.Column("target_references", sa.LargeBinary()),
        sa.Column("detail", sa.LargeBinary()),
        sqlite_with_rowid=False,
    )


def create_wide_events() -> None:
    op.create_table(
        "events",
        sa.Column("id", UUID_BYTES, primary_key=True),
        sa.Column("timestamp_ns", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
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
        sa.Column("request_id", UUID_BYTES, nullable=False),
        sa.Column("addr", sa.Text(), nullable=False),
        sa.Column("host_text", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("useragent_text", sa.BigInteger(), nullable=False),
        sa.Column("source_text", sa.BigInteger(), nullable=False),
        sa.Column("source_instance", UUID_BYTES, nullable=False),
        sa.Column("artifact_type_text", sa.BigInteger()),
        sa.Column("detail", sa.LargeBinary()),
        sa.Column("credential_text", sa.BigInteger()),
        sa.Column("ingest_text", sa.BigInteger()),
        sa.Column("ingest_id", sa.LargeBinary()),
        sqlite_with_rowid=False,
    )


def compact(connection: sa.Connection) -> None:
    table = sa.table("events_before", *map(sa.column, (*KEPT, *WIDE)))
    before = table.c
    for column in (before.digest, before.previous_digest):
        found = sa.select(column.label("digest")).where(column.is_not(None)).distinct()
        is_new = ~sa.exists().where(DIGESTS.c.digest == column)
        connection.execute(
            sa.insert(DIGESTS).from_select(["digest"], found.where(is_new))
        )
    numbers = number_instances(connection, before.source_instance)
    digest, previous = DIGESTS.alias(), DIGESTS.alias()
    rows = (
        sa.select(
            *(before[name] for name in (*KEPT, "source_instance", "addr")),
            digest.c.id.label("digest_id"),
            previous.c.id.label("previous_digest_id"),
        )
        .select_from(table)
        .outerjoin(digest, digest.c.digest == before.digest)
        .outerjoin(previous, previous.c.digest == before.previous_digest)
    )

    def convert(row: Row) -> Row:
        row["instance_text"] = numbers[row.pop("source_instance")]
        row["addr"], row["port"] = pack_address(row["addr"])
        return row

    copy(connection, rows, before.id, COMPACT, convert)


def widen(connection: sa.Connection) -> None:
    table = sa.table("events_before", *map(sa.column, (*KEPT, *COMPACT)))
    before = table.c
    digest, previous = DIGESTS.alias(), DIGESTS.alias()
    rows = (
        sa.select(
            *(before[name] for name in (*KEPT, "addr", "port")),
            digest.c.digest,
            previous.c.digest.label("previous_digest"),
            TEXTS.c.text.label("source_instance"),
        )
        .select_from(table)
        .join(TEXTS, TEXTS.c.id == before.instance_text)
        .outerjoin(digest, digest.c.id == before.digest_id)
        .outerjoin(previous, previous.c.id == before.previous_digest_id)
    )
    is_postgresql = connection.dialect.name == "postgresql"

    def convert(row: Row) -> Row:
        instance = UUID(row["source_instance"])
        row["source_instance"] = instance if is_postgresql else instance.bytes
        row["addr"] = unpack_address(bytes(row["addr"]), row.pop("port"))
        return row

    copy(connection, rows, before.id, WIDE, convert)


def copy(
    connection: sa.Connection,
    rows: "sa.Select[*tuple[Any, ...]]",
    id_: "sa.ColumnClause[Any]",
    others: tuple[str, ...],
    convert: Callable[[Row], Row],
) -> None:
    """Write each of *rows* to the new table, in the order of their ids."""
    insert = sa.insert(sa.table("events", *map(sa.column, (*KEPT, *others))))
    rows = rows.order_by(id_).limit(AT_ONCE)
    page = rows
    while found := connection.execute(page).mappings().all():
        connection.execute(insert, [convert(dict(row)) for row in found])
        page = rows.where(id_ > found[-1]["id"])


def number_instances(
    connection: sa.Connection, column: "sa.ColumnClause[Any]"
) -> dict[Any, int]:
    """Make texts of the ids of all runs of a program; return the texts' numbers."""
    numbers = {}
    for found in connection.scalars(sa.select(column).distinct()).all():
        text = str(found if isinstance(found, UUID) else UUID(bytes=found))
        by_text = sa.select(TEXTS.c.id).where(TEXTS.c.text == text)
        if connection.scalar(by_text) is None:
            connection.execute(sa.insert(TEXTS).values(text=text))
        numbers[found] = connection.execute(by_text).scalar_one()
    return numbers


def pack_address(text: str) -> tuple[bytes, int | None]:
    """Return the bytes of an address, and its port; see `notifier.events.addresses`."""
    host, colon, port = text.rpartition(":")
    if colon and host and port.isdecimal() and int(port[:6]) < 2**16:
        packed = pack_host(host.removeprefix("[").removesuffix("]"))
        if unpack_address(packed, int(port)) == text:
            return packed, int(port)
    return pack_host(text), None


def pack_host(host: str) -> bytes:
    for version, family in FAMILIES.items():
        try:
            packed = bytes((version,)) + socket.inet_pton(family, host)
        except (OSError, ValueError):
            continue
        if unpack_address(packed, None) == host:
            return packed
    return b"\x00" + host.encode()


def unpack_address(packed: bytes, port: int | None) -> str:
    if packed[0] not in FAMILIES:
        return packed[1:].decode()
    host = socket.inet_ntop(FAMILIES[packed[0]], packed[1:])
    if port is None:
        return host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
