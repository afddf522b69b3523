"""A server with its data, which may be killed and started again."""

import os
import random
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import redis
import requests

from tests import servers
from tests.cli.running import free_port, start
from tests.receiver import wait_until

DATABASES = ("sqlite", "postgresql")

_START_S = 30.0
_RESTART_S = 15.0
_PAGE = 1000
_CHANGES = "&action=push,pull,mount,delete,ping"
_TRACEBACKS = ("Traceback (most recent call last)", '"exception":')


class Site:
    """``notifier serve`` as a user would start it, always on the same port."""

    def __init__(self, folder: Path, settings: dict[str, str], module: str) -> None:
        self.data_dir = folder / "data"
        self._folder = folder
        self._module = module
        self._settings = settings | {"NOTIFIER_PORT": str(free_port())}
        self._outputs: list[Path] = []
        self.slowest_start_s = 0.0
        self.start()

    def start(self) -> float:
        """Start it; return, when it is ready, how many seconds that took.

        Raises `AssertionError` if it does not come to that.
        """
        output = self._folder / f"output-{len(self._outputs) + 1}.txt"
        self._outputs.append(output)
        begun = time.monotonic()
        self._program = start(
            self.data_dir, output=output, module=self._module, **self._settings
        )
        wait_until(self._is_ready, _START_S)
        took_s = time.monotonic() - begun
        self.slowest_start_s = max(self.slowest_start_s, took_s)
        return took_s

    def kill(self, source: random.Random) -> None:
        """Kill every process, in an order by chance."""
        pids = list(self._program.pids())
        source.shuffle(pids)
        for pid in pids:
            # The kernel kills the children of some that are killed.
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        # Some may have been started in between.
        self._program.kill_all()

    def stop(self) -> list[str]:
        """Have it stop; return what was wrong with that."""
        try:
            status = self._program.stop()
        except subprocess.TimeoutExpired:
            return ["it did not stop"]
        wrong = [f"its exit status was {status}"] if status else []
        if left := self._program.pids():
            wrong.append(f"it left processes: {left}")
        return wrong

    @property
    def url(self) -> str:
        """Return where it listens."""
        return self._program.url

    def redis(self) -> "redis.Redis[bytes]":
        """Connect to its embedded Redis."""
        return redis.Redis(unix_socket_path=str(self.data_dir / "redis.sock"))

    def redis_pid(self) -> int:
        """Return the process of its embedded Redis, which may be just starting."""
        wait_until(self._redis_pids, _RESTART_S)
        return self._redis_pids()[0]

    def pids(self) -> Iterable[int]:
        """List its living processes."""
        return self._program.pids()

    def create_endpoint(
        self, url: str, name: str = "faults", **fields: Any
    ) -> dict[str, Any]:
        """Have everything told to *url*; return the endpoint, with its secret."""
        filters = {"actions": ["*"], "kinds": ["*"]}
        body = {"name": name, "url": url, "filters": filters, **fields}
        endpoint: dict[str, Any] = self._program.post("/api/v1/endpoints", body)
        return endpoint

    def ping(self, endpoint_id: str) -> None:
        """Have an endpoint tried at once."""
        self._program.post(f"/api/v1/endpoints/{endpoint_id}/pings", {})

    def log(self) -> list[dict[str, Any]]:
        """Return all changes and pulls of the log, page by page."""
        return [item["event"] for item in self._list("/api/v1/events", _CHANGES)]

    def has_pending(self, endpoint_id: str | None = None) -> bool:
        """Tell whether deliveries are still to be made, at all or to an endpoint."""
        query = f"&endpoint={endpoint_id}" if endpoint_id else ""
        path = f"/api/v1/deliveries?state=pending&limit=1{query}"
        return bool(self._program.get(path)["items"])

    def statistics(self, endpoint_id: str) -> dict[str, Any]:
        """Return how an endpoint has fared."""
        path = f"/api/v1/endpoints/{endpoint_id}/statistics"
        statistics: dict[str, Any] = self._program.get(path)
        return statistics

    def attempts(self, endpoint_id: str) -> list[dict[str, Any]]:
        """Return all attempts at an endpoint that are on record."""
        deliveries = self._list(f"/api/v1/endpoints/{endpoint_id}/deliveries")
        return [
            attempt
            for delivery in deliveries
            if delivery["attempt_count"]
            for attempt in self._program.get(f"/api/v1/deliveries/{delivery['id']}")[
                "attempts"
            ]
        ]

    def tracebacks(self) -> list[str]:
        """Return the lines of its output that tell of a fault in the code."""
        return [
            f"{path.name}: {line}"
            for path in self._outputs
            for line in path.read_text(errors="replace").splitlines()
            if any(mark in line for mark in _TRACEBACKS)
        ]

    def close(self) -> None:
        """Let nothing of it run on."""
        self._program.kill_all()

    def _list(self, path: str, query: str = "") -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        page: dict[str, Any] = {"next": ""}
        while (cursor := page["next"]) is not None:
            at = f"&cursor={cursor}" if cursor else ""
            page = self._program.get(f"{path}?limit={_PAGE}{at}{query}")
            items += page["items"]
        return items

    def _redis_pids(self) -> list[int]:
        lines = self._program.pids().items()
        return [pid for pid, line in lines if "redis-server" in line]

    def _is_ready(self) -> bool:
        try:
            return (
                self._program.is_listening()
                and self._program.get("/readyz")["status"] == "ok"
            )
        except requests.RequestException:
            return False


@contextmanager
def open_site(
    database: str, folder: Path, *, module: str = "notifier", **more: str
) -> Iterator[Site]:
    """Run a server, its data in *folder*, on a *database* of that kind.

    *more* are settings, and *module* is what is started: see `running.start`.
    """
    with _settings(database) as settings:
        site = Site(folder, settings | more, module)
        try:
            yield site
        finally:
            site.close()


@contextmanager
def _settings(database: str) -> Iterator[dict[str, str]]:
    if database == "sqlite":
        yield {}
        return
    # In a folder of its own: for root the server runs as another user.
    with (
        tempfile.TemporaryDirectory(prefix="postgresql-") as folder,
        servers.postgresql(Path(folder)) as url,
    ):
        yield {"NOTIFIER_DATABASE_URL": url}
