"""A server with its data, which may be killed and started again."""

import os
import random
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import redis
import requests
import sqlalchemy as sa
from cryptography.fernet import Fernet

from notifier.db import Database
from tests import servers
from tests.cli.running import free_port, run, start
from tests.faults.family import Family
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
        self.folder = folder
        self.data_dir = folder / "data"
        self._module = module
        self._settings = settings | {"NOTIFIER_PORT": str(free_port())}
        self._outputs: list[Path] = []
        self.slowest_start_s = 0.0
        self.start()

    def start(self) -> float:
        """Start it; return, when it is ready, how many seconds that took.

        Raises `AssertionError` if it does not come to that.
        """
        output = self.folder / f"output-{len(self._outputs) + 1}.txt"
        self._outputs.append(output)
        begun = time.monotonic()
        self._program = start(
            self.data_dir, output=output, module=self._module, **self._settings
        )
        wait_until(self._is_ready, _START_S)
        took_s = time.monotonic() - begun
        self.slowest_start_s = max(self.slowest_start_s, took_s)
        return took_s

    def restart(self) -> float:
        """Start it again when all that is left of it has ended by itself; see `start`.

        Raises `AssertionError` if something does not end.
        """
        self._program.process.wait(_RESTART_S)
        wait_until(lambda: not self._program.pids(), _RESTART_S)
        return self.start()

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

    @property
    def family(self) -> Family:
        """Return its processes."""
        return Family(self._program)

    @staticmethod
    def kill_one(pid: int) -> None:
        """Kill a process, which may have ended by itself, after one before."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def look_up(self, statement: str) -> str:
        """Ask the database something, beside the server."""
        database = Database(self.database_url)
        try:
            with database.read() as connection:
                return str(connection.scalar(sa.text(statement)))
        finally:
            database.close()

    def execute(self, statement: str) -> None:
        """Have the database do something, beside the server."""
        database = Database(self.database_url)
        try:
            with database.transaction() as transaction:
                transaction.execute(sa.text(statement))
        finally:
            database.close()

    @property
    def database_url(self) -> str:
        """Return where its database is."""
        default = f"sqlite:///{self.data_dir / 'notifier.db'}"
        return self._settings.get("NOTIFIER_DATABASE_URL", default)

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command beside it, with its settings."""
        return run(self.data_dir, *arguments, **self._settings)

    def create_endpoint(
        self, url: str, name: str = "faults", **fields: Any
    ) -> dict[str, Any]:
        """Have everything told to *url*; return the endpoint, with its secret."""
        filters = {"actions": ["*"], "kinds": ["*"]}
        body = {"name": name, "url": url, "filters": filters, **fields}
        endpoint: dict[str, Any] = self._program.post("/api/v1/endpoints", body)
        return endpoint

    def create_source(self, name: str) -> str:
        """Let another registry tell what happens there; return its token."""
        token: str = self._program.post("/api/v1/sources", {"name": name})["token"]
        return token

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
    with (
        _settings(database) as settings,
        _running(Site(folder, settings | more, module)) as site,
    ):
        yield site


@contextmanager
def open_hosts(
    database: str, folder: Path, number: int, **more: str
) -> Iterator[Sequence[Site]]:
    """Run a server on each of several hosts, as folders play them here.

    They share a database, a Redis and the storage. A single one is as `open_site` has
    it.
    """
    if number == 1:
        with open_site(database, folder, **more) as site:
            yield [site]
        return
    with (
        _settings(database) as settings,
        servers.redis_server(folder / "redis.sock") as redis_url,
        ExitStack() as stack,
    ):
        shared = {
            "NOTIFIER_REDIS_URL": redis_url,
            "NOTIFIER_STORAGE_URL": f"file://{folder / 'storage'}",
            "NOTIFIER_SECRET_KEY": Fernet.generate_key().decode(),
        }
        sites = []
        for n in range(1, number + 1):
            place = folder / f"host-{n}"
            place.mkdir()
            site = Site(place, settings | shared | more, "notifier")
            sites.append(stack.enter_context(_running(site)))
        yield sites


@contextmanager
def _running(site: Site) -> Iterator[Site]:
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
