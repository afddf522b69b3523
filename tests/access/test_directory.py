"""Whom a name means, and who is known."""

from pathlib import Path

import pytest

from notifier.access import users
from notifier.access.directory import find_subject, is_known
from notifier.access.errors import AccessInvalid
from notifier.access.subjects import Kind
from notifier.config import Settings
from notifier.db import Database
from tests.access.test_htpasswd import line


@pytest.fixture(autouse=True)
def _people(database: Database) -> None:
    with database.transaction() as transaction:
        users.create(transaction, name="alice")
        users.create(transaction, name="ci", kind=Kind.ROBOT)


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("alice", "user:alice"),
        ("ci", "robot:ci"),
        ("somebody else", "user:somebody else"),
        ("user:ci", "user:ci"),
        ("group:team", "group:team"),
        ("anonymous", "anonymous"),
        ("authenticated", "authenticated"),
    ],
)
def test_a_name_means_a_subject(database: Database, name: str, subject: str) -> None:
    with database.read() as connection:
        assert find_subject(connection, name) == subject


@pytest.mark.parametrize("name", ["", "x:y", "robot:a b"])
def test_a_name_may_mean_nobody(database: Database, name: str) -> None:
    with database.read() as connection, pytest.raises(AccessInvalid):
        find_subject(connection, name)


@pytest.mark.parametrize(
    ("subject", "known"),
    [
        *(("user:alice", True), ("robot:ci", True), ("user:listed", True)),
        *(("user:ci", False), ("robot:listed", False), ("user:nobody", False)),
        *(("group:team", False), ("anonymous", False)),
    ],
)
def test_somebody_has_a_row_or_a_line_in_the_file(
    database: Database, tmp_path: Path, subject: str, *, known: bool
) -> None:
    path = tmp_path / "htpasswd"
    path.write_text(line("listed"))

    with database.read() as connection:
        assert is_known(connection, Settings(htpasswd=path), subject) == known
        if subject == "user:listed":
            assert not is_known(connection, Settings(), subject)
