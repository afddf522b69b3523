"""Sources: who may bring events, and what names become of theirs."""

from collections.abc import Callable
from typing import Any

import pytest

from notifier.db import Database
from notifier.ids import uuid7
from notifier.ingest import sources
from notifier.ingest.errors import (
    SourceInvalid,
    SourceNameTaken,
    SourceUnknown,
    TooManySources,
)
from notifier.ingest.senders import LOOK_EVERY_S, Senders
from notifier.ingest.source import IngestSource, SourceKind
from tests.ingest import told


def create(database: Database, **fields: Any) -> tuple[IngestSource, str]:
    with database.transaction() as transaction:
        return sources.create(transaction, **{"name": "registry-2", **fields})


@pytest.fixture(name="clock")
def _clock() -> list[float]:
    return [1000.0]


@pytest.fixture(name="senders")
def _senders(database: Database, clock: list[float]) -> Senders:
    return Senders(database, lambda: clock[0])


def test_a_source_is_shown_without_its_token(database: Database) -> None:
    source, token = create(database, prefixes={"*.example.com": "hub"})

    with database.read() as connection:
        assert sources.get(connection, source.id) == source
        assert sources.find_by_name(connection, "registry-2") == source
        assert sources.list_sources(connection, limit=10) == [source]
    assert token.startswith("nts_")
    assert token not in repr(source)
    assert (source.kind, source.enabled) == (SourceKind.AUTO, True)


def test_sources_are_listed_in_pages_newest_first(database: Database) -> None:
    names = ["a", "b", "c"]
    for name in names:
        create(database, name=name)

    with database.read() as connection:
        page = sources.list_sources(connection, limit=2)
        rest = sources.list_sources(connection, limit=2, before=page[-1].id)
    assert [source.name for source in (*page, *rest)] == ["c", "b", "a"]


def test_two_sources_cannot_have_one_name(database: Database) -> None:
    create(database)
    other, _ = create(database, name="other")

    with pytest.raises(SourceNameTaken):
        create(database)
    with pytest.raises(SourceNameTaken), database.transaction() as transaction:
        sources.update(transaction, other.id, name="registry-2")


def test_there_may_be_so_many(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "MAX_SOURCES", 1)
    create(database)

    with pytest.raises(TooManySources, match="there are 1 sources already"):
        create(database, name="other")


def test_a_change_changes_what_it_names(database: Database) -> None:
    source, _ = create(database, prefixes={"a": "b"})

    with database.transaction() as transaction:
        changed = sources.update(transaction, source.id, enabled=False, name="other")

    assert (changed.name, changed.enabled) == ("other", False)
    assert (changed.prefixes, changed.kind) == ({"a": "b"}, SourceKind.AUTO)
    assert changed.updated_at >= source.updated_at


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("name", name) for name in ("", "a/b", "-a", "a b", "é", "a" * 101)),
        ("kind", "github"),
        ("prefixes", {"": "a"}),
        ("prefixes", {"a b": "a"}),
        ("prefixes", {"a": "Team"}),
        ("prefixes", {"a": "team/"}),
        ("prefixes", {"a": "a" * 128}),
        ("prefixes", {f"host{n}": "a" for n in range(101)}),
    ],
)
def test_what_cannot_be_is_refused(database: Database, field: str, value: Any) -> None:
    with pytest.raises(SourceInvalid) as refused:
        create(database, **{field: value})

    assert refused.value.field == field


@pytest.mark.parametrize(
    "change",
    [
        lambda transaction: sources.update(transaction, uuid7(), enabled=True),
        lambda transaction: sources.rotate(transaction, uuid7()),
        lambda transaction: sources.remove(transaction, uuid7()),
        lambda transaction: sources.get(transaction.connection, uuid7()),
    ],
    ids=["update", "rotate", "remove", "get"],
)
def test_what_is_not_there_cannot_be_changed(
    database: Database, change: Callable[[Any], object]
) -> None:
    with pytest.raises(SourceUnknown), database.transaction() as transaction:
        change(transaction)


def test_a_sender_is_admitted_by_the_token_of_the_source(
    database: Database, senders: Senders
) -> None:
    source, token = create(database)
    _, other = create(database, name="other")

    assert senders.admit("registry-2", [token]) == source
    assert senders.admit("registry-2", ["x", token]) == source
    for tokens in ([], [""], [other], [token + "x"], ["\ud800"]):
        assert senders.admit("registry-2", tokens) is None
    assert senders.admit("none", [token]) is None


def test_a_change_counts_within_a_second(
    database: Database, senders: Senders, clock: list[float]
) -> None:
    source, token = create(database)
    senders.admit("registry-2", [token])
    with database.transaction() as transaction:
        _, renewed = sources.rotate(transaction, source.id)

    clock[0] += LOOK_EVERY_S

    assert senders.admit("registry-2", [token]) is None
    assert senders.admit("registry-2", [renewed]) is not None


def test_a_change_of_ones_own_counts_at_once(
    database: Database, senders: Senders
) -> None:
    source, token = create(database)
    senders.admit("registry-2", [token])
    with database.transaction() as transaction:
        sources.remove(transaction, source.id)

    senders.look_again()

    assert senders.admit("registry-2", [token]) is None


def test_the_first_glob_that_matches_gives_the_prefix(database: Database) -> None:
    prefixes = {"hub.example.com:5000": "hub", "*.example.com": "", "*": "else/where"}
    source = told.source(database, prefixes=prefixes)

    assert source.prefix_of("hub.example.com:5000") == "hub/"
    assert source.prefix_of("a.example.com") == ""
    assert source.prefix_of("") == "else/where/"
