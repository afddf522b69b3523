"""Column types that both databases share, and prepared statements."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifier.db import Database, Prepared, Text
from notifier.db.base import ByteOrderText, Instant, UuidBytes

TABLE = sa.Table(
    "_things",
    sa.MetaData(),
    sa.Column("id", UuidBytes),
    sa.Column("at", Instant),
    sa.Column("name", ByteOrderText),
)


def kept(database: Database, rows: list[dict[str, object]]) -> list[tuple[Any, ...]]:
    """Write *rows* to a table of their own, and read them in the order of each."""
    with database.transaction() as transaction:
        TABLE.create(transaction.connection)
        transaction.execute(TABLE.insert(), rows)
        found = transaction.execute(
            sa.select(TABLE).order_by(TABLE.c.id, TABLE.c.at, TABLE.c.name)
        ).all()
        TABLE.drop(transaction.connection)
    return [tuple(item) for item in found]


def row(**values: object) -> dict[str, object]:
    return {"id": None, "at": None, "name": None} | values


@pytest.mark.parametrize("values", [[UUID(int=1), UUID(int=2**127), UUID(int=2**64)]])
def test_ids_come_back_in_their_order(database: Database, values: list[UUID]) -> None:
    found = kept(database, [row(id=value) for value in values])

    assert [item[0] for item in found] == sorted(values)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-5))])))
def test_a_time_comes_back_in_utc_to_the_microsecond(
    database: Database, at: datetime
) -> None:
    ((_, found, _),) = kept(database, [row(at=at)])

    assert found == at
    assert found.tzinfo is UTC


def test_a_time_without_a_zone_is_a_mistake(database: Database) -> None:
    naive = datetime(2026, 5, 1)  # noqa: DTZ001 - the mistake

    with pytest.raises((sa.exc.StatementError, TypeError)):
        kept(database, [row(at=naive)])


def test_what_is_absent_stays_absent(database: Database) -> None:
    assert [tuple(item) for item in kept(database, [row()])] == [(None, None, None)]


def test_names_sort_by_their_bytes(database: Database) -> None:
    names = ["a/b", "a-b", "a", "B", "_", "a.b", "a0", "b", "aB", "ab"]

    found = kept(database, [row(name=name) for name in names])

    assert [item[2] for item in found] == sorted(names)


def test_a_prepared_statement_takes_its_parameters_by_name(database: Database) -> None:
    statement = Prepared(
        sa.select(Text.id, Text.text).where(
            Text.text == sa.bindparam("b", type_=sa.Text),
            Text.text != sa.bindparam("a", type_=sa.Text),
            Text.text >= sa.bindparam("b", type_=sa.Text),
        )
    )
    with database.transaction() as transaction:
        transaction.execute(sa.insert(Text), [{"text": "x"}, {"text": "y"}])

    for _ in range(2):
        with database.read() as connection:
            found = statement.first(connection, a="x", b="y")
            nothing = statement.first(connection, a="y", b="y")
        assert found is not None
        assert found[1] == "y"
        assert nothing is None


def test_a_prepared_change_takes_the_values_of_its_types(database: Database) -> None:
    put = Prepared(
        lambda insert: (put := insert(Text)).on_conflict_do_update(
            index_elements=[Text.text], set_={"text": put.excluded.text + "!"}
        )
    )
    with database.transaction() as transaction:
        put.run(transaction.connection, text="one")
        put.run(transaction.connection, text="one")
        put.run_many(transaction.connection, [{"text": "two"}, {"text": "three"}])

    with database.read() as connection:
        assert set(connection.scalars(sa.select(Text.text))) == {"one!", "two", "three"}


def test_a_prepared_change_can_be_undone(database: Database) -> None:
    put = Prepared(lambda insert: insert(Text))

    def change() -> None:
        with database.transaction() as transaction:
            put.run(transaction.connection, text="one")
            raise LookupError

    with pytest.raises(LookupError):
        change()

    with database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(Text)) == 0
