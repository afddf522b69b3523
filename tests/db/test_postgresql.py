"""PostgreSQL: what may happen to its connections."""

import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from notifier.db import Database, DatabaseFull, DatabaseUnavailable, Prepared, Text


@pytest.fixture(name="database")
def _database(postgresql: str) -> Iterator[Database]:
    database = Database(postgresql)
    yield database
    with database.transaction() as transaction:
        transaction.execute(sa.delete(Text))
    database.close()


def cut(database: Database) -> None:
    """End every other connection, as a restart of the server does."""
    with database.engine.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )


def test_a_plain_url_is_served_by_the_same_driver() -> None:
    database = Database("postgresql://nobody@127.0.0.1/none")

    assert database.engine.url.drivername == "postgresql+psycopg"
    assert database.dialect == "postgresql"


def test_a_connection_that_is_cut_is_unavailable_and_the_next_one_works(
    database: Database, postgresql: str
) -> None:
    other = Database(postgresql)

    def change() -> None:
        with database.transaction() as transaction:
            cut(other)
            transaction.execute(sa.insert(Text), {"text": "one"})

    with pytest.raises(DatabaseUnavailable):
        change()
    other.close()

    with database.transaction() as transaction:
        transaction.execute(sa.insert(Text), {"text": "two"})
    with database.read() as connection:
        assert list(connection.scalars(sa.select(Text.text))) == ["two"]


@pytest.mark.parametrize("way", ["read", "transaction"])
def test_one_that_is_cut_under_a_statement_of_the_driver_is_dropped_in_silence(
    database: Database, postgresql: str, caplog: pytest.LogCaptureFixture, way: str
) -> None:
    statement = Prepared(sa.select(Text.text).where(Text.id == sa.bindparam("id")))
    other = Database(postgresql)

    def ask() -> None:
        if way == "read":
            with database.read() as connection:
                cut(other)
                statement.first(connection, id=1)
        else:
            with database.transaction() as transaction:
                cut(other)
                statement.first(transaction.connection, id=1)

    with pytest.raises(DatabaseUnavailable):
        ask()
    other.close()

    assert caplog.records == []
    with database.read() as connection:
        assert statement.first(connection, id=1) is None


def test_a_connection_that_died_in_the_pool_is_replaced(
    database: Database, postgresql: str
) -> None:
    with database.read() as connection:
        connection.scalar(sa.select(1))
    other = Database(postgresql)
    cut(other)
    other.close()

    with database.read() as connection:
        assert connection.scalar(sa.select(1)) == 1


def test_two_changes_that_block_each_other_do_not_hang(database: Database) -> None:
    with database.transaction() as transaction:
        transaction.execute(sa.insert(Text), [{"text": "one"}, {"text": "two"}])
    meet = threading.Barrier(2)
    outcomes: list[str] = []

    def change(first: str, second: str) -> None:
        try:
            with database.transaction() as transaction:
                for text in (first, second):
                    transaction.execute(
                        sa.update(Text).where(Text.text == text).values(text=text)
                    )
                    if text == first:
                        meet.wait()
            outcomes.append("done")
        except DatabaseUnavailable:
            outcomes.append("unavailable")

    threads = [
        threading.Thread(target=change, args=names)
        for names in (("one", "two"), ("two", "one"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["done", "unavailable"]


def test_a_pool_that_stays_empty_is_unavailable(
    postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifier.db.postgresql._POOL_SIZE", 1)
    monkeypatch.setattr("notifier.db.postgresql._OVERFLOW", 0)
    monkeypatch.setattr("notifier.db.postgresql._POOL_TIMEOUT_S", 0.01)
    database = Database(postgresql)

    with (
        database.read(),
        pytest.raises(DatabaseUnavailable),
        database.read(),
    ):
        pass
    database.close()


def test_a_server_whose_disk_is_full_is_told_apart(database: Database) -> None:
    def fill() -> None:
        with database.transaction() as transaction:
            transaction.connection.exec_driver_sql(
                "DO $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END $$"
            )

    with pytest.raises(DatabaseFull, match="full"):
        fill()


@pytest.mark.parametrize("is_driver", [True, False])
def test_one_that_the_server_says_to_end_is_not_used_again(
    database: Database, caplog: pytest.LogCaptureFixture, *, is_driver: bool
) -> None:
    end = "DO $$ BEGIN RAISE EXCEPTION 'end' USING ERRCODE = '57P01'; END $$"
    pids: list[int | None] = []

    def change(*statements: str) -> None:
        with database.transaction() as transaction:
            connection = transaction.connection
            pids.append(connection.scalar(sa.text("SELECT pg_backend_pid()")))
            for statement in statements:
                if is_driver:
                    connection.connection.cursor().execute(statement)
                connection.exec_driver_sql(statement)

    with pytest.raises(DatabaseUnavailable, match="end"):
        change(end)
    change()

    assert pids[0] != pids[1]
    assert caplog.records == []


def test_no_statement_is_compiled_before_it_runs(database: Database) -> None:
    with database.read() as connection:
        assert connection.scalar(sa.text("SHOW jit")) == "off"


def test_what_can_never_be_is_no_want_of_a_database(database: Database) -> None:
    # More than an index takes, and nothing that can be compressed.
    text = "".join(chr(0x20000 + number * 7919 % 0xA000) for number in range(3000))

    with (
        pytest.raises(sa.exc.OperationalError, match="index row"),
        database.transaction() as transaction,
    ):
        transaction.execute(sa.insert(Text), {"text": text})


@pytest.mark.parametrize("is_prepared", [True, False])
def test_a_server_that_takes_no_changes_is_unavailable_until_another_one_does(
    database: Database, *, is_prepared: bool
) -> None:
    def change() -> None:
        with database.transaction() as transaction:
            if is_prepared:
                _INSERT.run(transaction.connection, text="one")
            else:
                transaction.execute(sa.insert(Text), {"text": "one"})

    with database.engine.connect() as connection:
        connection.exec_driver_sql("SET default_transaction_read_only = on")
        connection.commit()
    with pytest.raises(DatabaseUnavailable):
        change()

    # Its connection is not used any more.
    change()


def test_no_error_tells_of_the_values_of_a_statement(database: Database) -> None:
    with (
        pytest.raises(sa.exc.DBAPIError) as raised,
        database.transaction() as transaction,
    ):
        transaction.execute(sa.text("SELECT 1 / :zero, :secret"), _VALUES)

    assert "division by zero" in str(raised.value)
    assert "hunter2" not in str(raised.value)


_INSERT = Prepared(lambda insert: insert(Text))
_VALUES = {"zero": 0, "secret": "hunter2"}
