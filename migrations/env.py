"""Alembic's way in: on the caller's connection, or on that of the settings."""

import sqlalchemy as sa
from alembic import context

from notifier.cli import schema
from notifier.config import Settings


def migrate(connection: sa.Connection) -> None:
    context.configure(connection=connection, target_metadata=schema.tables())
    context.run_migrations()


def write_script() -> None:
    context.configure(
        url=Settings.from_environment().database,
        target_metadata=schema.tables(),
        literal_binds=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given: sa.Connection | None = context.config.attributes.get("connection")
if context.is_offline_mode():
    write_script()
elif given is not None:
    migrate(given)
else:
    with schema.exclusive(Settings.from_environment().database) as locked:
        migrate(locked)
