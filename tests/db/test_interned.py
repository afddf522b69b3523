import threading

import pytest
import sqlalchemy as sa

from notifier.db import Database, Interned, Text


def interned() -> Interned[str]:
    return Interned(Text.id, Text.text)


def count(database: Database) -> int:
    with database.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(Text)) or 0


def test_a_text_has_one_number_for_ever(database: Database) -> None:
    texts, fresh = interned(), interned()
    with database.transaction() as transaction:
        numbers = texts.intern(transaction, ["a", "b", "a", None])

    with database.transaction() as transaction:
        assert texts.intern(transaction, ["b", "c"])["b"] == numbers["b"]
        assert fresh.intern_one(transaction, "a") == numbers["a"]

    assert numbers[None] is None
    assert len({numbers["a"], numbers["b"]}) == 2
    assert count(database) == 3


def test_numbers_become_texts_again(database: Database) -> None:
    texts = interned()
    with database.transaction() as transaction:
        numbers = texts.intern(transaction, ["a", "é \N{SNOWMAN}", ""])

    for reader in (texts, interned()):
        with database.read() as connection:
            found = reader.resolve(connection, [*numbers.values(), None, -1])
        assert found[numbers["é \N{SNOWMAN}"]] == "é \N{SNOWMAN}"
        assert found[numbers[""]] == ""
        assert found[None] is None
        assert -1 not in found


def test_a_number_of_a_change_that_was_undone_is_forgotten(database: Database) -> None:
    texts = interned()

    def change() -> None:
        with database.transaction() as transaction:
            texts.intern_one(transaction, "undone")
            raise LookupError

    with pytest.raises(LookupError):
        change()
    with database.transaction() as transaction:
        other = texts.intern_one(transaction, "other")
        again = texts.intern_one(transaction, "undone")

    with database.read() as connection:
        assert interned().resolve(connection, [other, again]) == {
            None: None,
            other: "other",
            again: "undone",
        }


def test_a_text_that_no_row_has_is_not_found_and_not_added(database: Database) -> None:
    texts = interned()
    with database.read() as connection:
        assert texts.find(connection, "a") is None
    assert count(database) == 0
    with database.transaction() as transaction:
        number = interned().intern_one(transaction, "a")

    for _ in range(2):
        with database.read() as connection:
            assert texts.find(connection, "a") == number


def test_many_texts_are_interned_at_once(database: Database) -> None:
    texts = interned()
    many = [f"text {number}" for number in range(2500)]

    with database.transaction() as transaction:
        numbers = texts.intern(transaction, many)

    assert len(set(numbers.values())) == 2501


def test_what_is_remembered_does_not_grow_for_ever(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifier.db.interned._CACHE_SIZE", 3)
    texts = interned()
    for text in "abcdefg":
        with database.transaction() as transaction:
            texts.intern_one(transaction, text)
        assert len(texts._ids.newer) + len(texts._ids._older) <= 8
        assert len(texts._values.newer) + len(texts._values._older) <= 8

    with database.transaction() as transaction:
        assert len(set(texts.intern(transaction, "abcdefg").values())) == 8
    assert count(database) == 7


def test_threads_that_bring_the_same_texts_agree(database: Database) -> None:
    meet = threading.Barrier(4)
    found: list[int | None] = []

    def bring(texts: list[str]) -> None:
        own = interned()
        meet.wait()
        with database.transaction() as transaction:
            found.append(own.intern(transaction, texts)["shared"])
        if database.dialect == "sqlite":
            database.close()

    threads = [
        threading.Thread(target=bring, args=([f"{number}", "shared", f"z{number}"],))
        for number in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 4
    assert len(set(found)) == 1
    assert count(database) == 9
