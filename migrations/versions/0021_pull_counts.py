"""Counts of pulls, beside the log, and notes of what is to be counted.

What the log has by now is counted here, which takes a minute for some ten million
events.
"""

import re

import sqlalchemy as sa
from alembic import context, op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PRODUCT = re.compile(r"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64})(?=[/\s(;,]|$)")
MAX_CLIENTS = 100
AGENTS = sa.table("agents", sa.column("text_id"), sa.column("client_id"))
CLIENTS = sa.table("pull_clients", sa.column("id"), sa.column("name"))

# A HEAD is no pull. Actions and kinds: 1 is a push, 2 a pull; 1 is a manifest.
IS_PULL = "action = 2 AND method <> 'HEAD' AND repository_id IS NOT NULL"
IS_PUSH = "action = 1 AND kind = 1 AND repository_id IS NOT NULL"
USAGES = """
INSERT INTO usages (digest_id, repository_id, pulls, pushed_ns, first_pulled_ns,
  last_pulled_ns)
SELECT {digest}, repository_id, sum(CASE WHEN action = 2 THEN 1 ELSE 0 END),
  max(CASE WHEN action = 1 THEN timestamp_ns END),
  min(CASE WHEN action = 2 THEN timestamp_ns END),
  max(CASE WHEN action = 2 THEN timestamp_ns END)
FROM events WHERE (({pull}) OR ({push})) AND {condition} GROUP BY 1, 2
"""
DAYS = """
INSERT INTO daily_pulls (digest_id, repository_id, day, client_id, pulls)
SELECT {digest}, repository_id, timestamp_ns / 86400000000000, client_id, count(*)
FROM events JOIN agents ON agents.text_id = useragent_text
WHERE {pull} AND {condition} GROUP BY 1, 2, 3, 4
"""
# What is counted of a digest, and of all manifests of a repository.
PARTS = (("digest_id", "digest_id IS NOT NULL"), ("0", "kind = 1"))


def upgrade() -> None:
    op.create_table(
        "uncounted",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "usages",
        *key("digest_id", "repository_id"),
        sa.Column("pulls", sa.BigInteger(), nullable=False),
        sa.Column("pushed_ns", sa.BigInteger()),
        sa.Column("first_pulled_ns", sa.BigInteger()),
        sa.Column("last_pulled_ns", sa.BigInteger()),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "daily_pulls",
        *key("digest_id", "repository_id", "day", "client_id"),
        sa.Column("pulls", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "pull_clients",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("name", sa.Text(), nullable=False, unique=True),
    )
    # A script has no rows to read.
    if not context.is_offline_mode():
        count(op.get_bind())


def downgrade() -> None:
    for name in ("pull_clients", "daily_pulls", "usages", "uncounted"):
        op.drop_table(name)


def key(*names: str) -> "list[sa.Column[int]]":
    return [
        sa.Column(name, sa.Integer(), primary_key=True, autoincrement=False)
        for name in names
    ]


def count(connection: sa.Connection) -> None:
    connection.exec_driver_sql(
        "CREATE TEMPORARY TABLE agents (text_id INTEGER PRIMARY KEY, client_id INTEGER)"
    )
    number_agents(connection)
    for digest, condition in PARTS:
        for statement in (USAGES, DAYS):
            text = statement.format(
                digest=digest, condition=condition, pull=IS_PULL, push=IS_PUSH
            )
            connection.execute(sa.text(text))
    connection.exec_driver_sql("DROP TABLE agents")


def number_agents(connection: sa.Connection) -> None:
    """Find out which client each user agent is; those beyond a number are others."""
    agents = connection.exec_driver_sql(
        "SELECT id, text FROM texts WHERE id IN "
        f"(SELECT DISTINCT useragent_text FROM events WHERE {IS_PULL})"
    ).all()
    numbers: dict[str, int] = {}
    for id_, text in agents:
        name = client_of(text)
        if name not in numbers and len(numbers) >= MAX_CLIENTS:
            name = "other"
        if name not in numbers:
            connection.execute(sa.insert(CLIENTS).values(name=name))
            by_name = sa.select(CLIENTS.c.id).where(CLIENTS.c.name == name)
            numbers[name] = connection.execute(by_name).scalar_one()
        connection.execute(
            sa.insert(AGENTS).values(text_id=id_, client_id=numbers[name])
        )


def client_of(useragent: str) -> str:
    """Return a program's name; see `notifier.audit.timelines.clients`."""
    if not useragent.strip():
        return "unnamed"
    product = PRODUCT.match(useragent)
    return product[1] if product and useragent != "(one of many)" else "other"
