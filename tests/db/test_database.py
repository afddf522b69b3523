"""What both databases do."""

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from notifier.db import Database, DatabaseUnavailable, PreparedIn, Text, insert
from notifier.db.database import Transaction


def add(transaction: Transaction, text: str) -> None:
    transaction.execute(sa.insert(Text), {"text": text})


def texts(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.scalars(sa.select(Text.text).order_by(Text.id)))


def test_a_change_stands_when_its_block_ends(database: Database) -> None:
    with database.transaction() as transaction:
        add(transaction, "one")
        add(transaction, "two")

    assert texts(database) == ["one", "two"]


def test_nothing_of_a_change_stands_if_its_block_raises(database: Database) -> None:
    def change() -> None:
        with database.transaction() as transaction:
            add(transaction, "one")
            raise LookupError

    with pytest.raises(LookupError):
        change()

    assert texts(database) == []


def test_a_constraint_is_no_failure_of_the_database(database: Database) -> None:
    def change() -> None:
        with database.transaction() as transaction:
            add(transaction, "before")
            add(transaction, "twice")
            add(transaction, "twice")

    with pytest.raises(sa.exc.IntegrityError):
        change()

    assert texts(database) == []


def test_callbacks_run_in_order_and_after_the_commit(database: Database) -> None:
    seen: list[tuple[str, list[str]]] = []

    with database.transaction() as transaction:
        transaction.after_commit(lambda: seen.append(("first", texts(database))))
        transaction.after_commit(lambda: seen.append(("second", texts(database))))
        add(transaction, "one")
        assert seen == []

    assert seen == [("first", ["one"]), ("second", ["one"])]


def test_callbacks_of_a_change_that_is_undone_never_run(database: Database) -> None:
    seen: list[str] = []

    def change() -> None:
        with database.transaction() as transaction:
            transaction.after_commit(lambda: seen.append("called"))
            raise LookupError

    with pytest.raises(LookupError):
        change()

    assert seen == []


def test_a_reader_sees_each_commit_at_once_and_nothing_before(
    database: Database, database_url: str
) -> None:
    other = Database(database_url)
    seen = []
    with other.read() as connection:
        count = sa.select(sa.func.count()).select_from(Text)
        with database.transaction() as transaction:
            add(transaction, "one")
            seen.append(connection.scalar(count))
        seen.append(connection.scalar(count))
    other.close()

    assert seen == [0, 1]


def test_threads_change_the_database_one_after_the_other(database: Database) -> None:
    with database.transaction() as transaction:
        add(transaction, "0")

    def count() -> None:
        for _ in range(10):
            with database.transaction() as transaction:
                number = transaction.connection.scalar(
                    sa.select(Text.text).with_for_update()
                )
                transaction.execute(
                    sa.update(Text).values(text=str(int(number or "") + 1))
                )
        if database.dialect == "sqlite":
            database.close()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert texts(database) == ["40"]


def test_a_database_may_be_used_again_after_it_was_closed(database: Database) -> None:
    with database.transaction() as transaction:
        add(transaction, "one")
    database.close()
    database.close()

    assert texts(database) == ["one"]


def test_a_row_that_is_there_may_be_left_alone_or_replaced(database: Database) -> None:
    with database.transaction() as transaction:
        connection = transaction.connection
        add(transaction, "one")
        statement = insert(connection, Text)
        connection.execute(statement.on_conflict_do_nothing(), {"text": "one"})
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=[Text.text], set_={"text": "two"}
            ),
            {"text": "one"},
        )

    assert texts(database) == ["two"]


def test_a_server_that_cannot_be_reached_is_unavailable() -> None:
    database = Database("postgresql+psycopg://nobody@127.0.0.1:9/none")

    with pytest.raises(DatabaseUnavailable), database.read():
        pass
    with pytest.raises(DatabaseUnavailable), database.transaction():
        pass
    database.close()


def test_a_file_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "notifier.db").mkdir()
    database = Database(f"sqlite:///{tmp_path}/notifier.db")

    with pytest.raises(DatabaseUnavailable), database.read():
        pass
    with pytest.raises(DatabaseUnavailable), database.transaction():
        pass


def test_a_table_without_its_migration_is_unavailable(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/new/notifier.db")

    with pytest.raises(DatabaseUnavailable, match="no such table"):
        texts(database)
    database.close()


@pytest.mark.parametrize("count", [0, 1, 2, 3, 255, 256, 257, 600])
def test_a_list_of_any_length_is_looked_up(database: Database, count: int) -> None:
    texts = [f"text {number}" for number in range(count)]
    with database.transaction() as transaction:
        for text in [*texts, "another"]:
            transaction.execute(sa.insert(Text).values(text=text))

    with database.read() as connection:
        found = _TEXTS.all(connection, texts)

    assert sorted(text for (text,) in found) == sorted(texts)


def test_a_list_is_narrowed_by_further_values(database: Database) -> None:
    with database.transaction() as transaction:
        for number, text in enumerate("abc"):
            transaction.execute(sa.insert(Text).values(id=number, text=text))

    with database.read() as connection:
        found = _LATER_TEXTS.all(connection, ["a", "b", "d"], least=1)

    assert found == [("b",)]


_TEXTS = PreparedIn(Text.text, lambda is_one: sa.select(Text.text).where(is_one))
_LATER_TEXTS = PreparedIn(
    Text.text,
    lambda is_one: sa.select(Text.text).where(is_one, Text.id >= sa.bindparam("least")),
)
