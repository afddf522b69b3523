"""Whether a server may start."""

from pathlib import Path
from typing import Any

import pytest

from notifier.access import grants, users
from notifier.access.startup import check_startup
from notifier.config import ConfigError, Settings
from notifier.db import Database
from tests.access.issuing import write_keys
from tests.access.test_htpasswd import line


def reached(**more: Any) -> Settings:
    """Make settings by which others can reach the server."""
    return Settings(host="0.0.0.0", **more)


def test_on_loopback_a_server_starts_and_everybody_may_do_everything(
    database: Database,
) -> None:
    assert check_startup(Settings(), database)


def test_where_others_reach_it_a_server_does_not_start_by_oversight(
    database: Database,
) -> None:
    with pytest.raises(ConfigError) as refusal:
        check_startup(reached(), database)

    message = str(refusal.value)
    for way in ("users add", "NOTIFIER_HTPASSWD", "TOKEN_ISSUER", "NOTIFIER_ANONYMOUS"):
        assert way in message
    assert "\n" not in message


@pytest.mark.parametrize("words", [(), ("pull",), ("all",)])
def test_it_starts_if_it_is_said_what_everybody_may_do(
    database: Database, words: tuple[str, ...]
) -> None:
    assert not check_startup(reached(anonymous=words), database)


def test_it_starts_with_a_user_or_a_grant(database: Database) -> None:
    with database.transaction() as transaction:
        alice = users.create(transaction, name="alice")
    assert not check_startup(reached(), database)
    assert not check_startup(Settings(), database)

    with database.transaction() as transaction:
        users.remove(transaction, alice.id)
        grants.add(transaction, subject="anonymous", permits=["pull"])
    assert not check_startup(reached(), database)


def test_it_starts_with_a_file_of_users_or_an_issuer(
    database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "htpasswd"
    path.write_text(line("alice"))
    keys = write_keys(tmp_path / "keys.json")

    assert not check_startup(reached(htpasswd=path), database)
    assert not check_startup(reached(token_issuer="x", token_jwks=str(keys)), database)


def test_a_file_or_an_issuer_that_cannot_be_had_stops_it(
    database: Database, tmp_path: Path
) -> None:
    for settings in (
        Settings(htpasswd=tmp_path / "gone", anonymous=("pull",)),
        Settings(token_issuer="x", anonymous=("pull",)),
    ):
        with pytest.raises(ConfigError):
            check_startup(settings, database)
