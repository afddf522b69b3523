"""A statement is run for each of several sets of values."""

import threading
from typing import Any

import pytest
import sqlalchemy as sa

from notifier.db import Database, Prepared, PreparedEach, Text, Values


def _between(values: Values) -> sa.CompoundSelect[tuple[str, int]]:
    """Select the first texts from one up to another, and where they begin."""
    first = (
        sa.select(Text.text.label("text"), sa.literal_column("1").label("one"))
        .where(Text.text >= values["low"], Text.text < values["high"])
        .order_by(Text.text)
        .limit(sa.bindparam("limit", type_=sa.Integer))
        .subquery()
    )
    zero: sa.ColumnElement[int] = sa.literal_column("0")
    begin = sa.select(sa.cast(values["low"], sa.Text), zero)
    return sa.union_all(sa.select(first), begin)


_BETWEEN = PreparedEach({"low": Text.text.type, "high": Text.text.type}, _between)


@pytest.fixture(name="texts")
def _texts(database: Database) -> Database:
    with database.transaction() as transaction:
        rows = [{"text": text} for text in ("a", "b", "c", "d", "e")]
        transaction.execute(sa.insert(Text), rows)
    return database


def test_rows_stand_behind_the_number_of_their_item(texts: Database) -> None:
    items = [
        {"low": "a", "high": "c"},
        {"low": "x", "high": "z"},
        {"low": "b", "high": "z"},
    ]

    with texts.read() as connection:
        found = _BETWEEN.all(connection, items, limit=2)

    assert sorted(found) == [
        (0, "a", 0),
        (0, "a", 1),
        (0, "b", 1),
        (1, "x", 0),
        (2, "b", 0),
        (2, "b", 1),
        (2, "c", 1),
    ]


def test_any_number_of_items_has_the_same_statement(texts: Database) -> None:
    items = [{"low": "a", "high": "b"}] * 300

    with texts.read() as connection:
        found = _BETWEEN.all(connection, items, limit=1)

    assert found == [
        row for number in range(300) for row in [(number, "a", 1), (number, "a", 0)]
    ]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_all_items_see_the_same(
    texts: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    select = Prepared.all
    added = iter(["a1", "a2"])

    def add(text: str) -> None:
        with texts.transaction() as transaction:
            transaction.execute(sa.insert(Text), {"text": text})
        texts.leave()

    def disturbed(*arguments: Any, **values: Any) -> list[tuple[Any, ...]]:
        rows = select(*arguments, **values)
        thread = threading.Thread(target=add, args=(next(added),))
        thread.start()
        thread.join()
        return rows

    monkeypatch.setattr(Prepared, "all", disturbed)
    with texts.read() as connection:
        found = _BETWEEN.all(connection, [{"low": "a", "high": "b"}] * 2, limit=9)

        assert found == [(0, "a", 1), (0, "a", 0), (1, "a", 1), (1, "a", 0)]
        assert len(connection.execute(sa.select(Text)).all()) == 7
