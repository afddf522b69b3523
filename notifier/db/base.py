"""The base of all tables, and the types that both databases share."""

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from msgspec import convert
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class UuidBytes(sa.types.TypeDecorator[UUID]):
    """A UUID: sixteen bytes on SQLite, ``uuid`` on PostgreSQL; both sort alike."""

    impl = sa.LargeBinary(16)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        """Choose the column's type."""
        native = dialect.name == "postgresql"
        return dialect.type_descriptor(sa.Uuid() if native else sa.LargeBinary(16))

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> Any:
        """Give the driver what it stores."""
        return value if value is None or dialect.name == "postgresql" else value.bytes

    def process_result_value(self, value: Any, dialect: Dialect) -> UUID | None:
        """Make what the driver returned a UUID again."""
        if value is None or dialect.name == "postgresql":
            return value  # type: ignore[no-any-return]  # psycopg makes UUIDs itself
        return convert(value, UUID)


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware time in UTC, kept as whole microseconds since 1970."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> Any:
        """Count the microseconds; a naive time is a mistake of the caller."""
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any, _dialect: Dialect) -> datetime | None:
        """Make the count a time again."""
        return None if value is None else _EPOCH + value * _MICROSECOND


def earlier(column: Any, by: timedelta) -> sa.ColumnElement[Any]:
    """Return the `Instant` of *column*, brought forward *by* so much."""
    return sa.type_coerce(column, sa.BigInteger) - by // _MICROSECOND


# PostgreSQL sorts text by the locale unless told; the specification's lexical order
# is that of the bytes, which SQLite uses by itself.
ByteOrderText = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

# A key that counts up: SQLite does that only for a column declared INTEGER.
Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class Base(DeclarativeBase):
    """The base of all tables."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: sa.Text(),
        bytes: sa.LargeBinary(),
        datetime: Instant(),
        UUID: UuidBytes(),
    }
