"""What tests are given: a database of each kind, and an application on top of it."""

import gc
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from notifier import app as composition
from notifier.access import passwords
from notifier.access.passwords import PasswordHash, hash_password
from notifier.cli import schema
from notifier.config import Settings
from notifier.db import Base, Database, sqlite
from notifier.storage import FilesystemStorage, MemoryStorage, Storage
from notifier.web.services import Services, get_services
from tests import servers
from tests.access.conftest import PASSWORD

# The program's processes that tests start are not measured: it makes them half as slow
# again, and what they run is called by other tests, but for a few lines.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)

# Where the run was started by nohup, or in a script's background, these are ignored,
# and would be by every program that a test starts and stops.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)

# A password is dear to verify, so that it is dear to guess. Programs that tests start
# pay the price, and test_passwords.py sees what it is.
passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)

# No power is cut. Programs that tests start wait for the disk, and test_sqlite.py sees
# that they do.
sqlite._PRAGMAS = (*sqlite._PRAGMAS, "PRAGMA synchronous=OFF")

# A busy machine is no fault of the code: no example has a deadline.
hypothesis.settings.register_profile(
    "suite",
    deadline=None,
    max_examples=25,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("suite")

_IS_MEASURED = pytest.StashKey[bool]()
_ON_POSTGRESQL = re.compile(r"[\[-]postgresql[\]-]")


def pytest_collection_finish() -> None:
    """Spare the collector what stays to the end: it took half of the time of a test.

    Beside all modules and tests, what one of them leaves is little.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Choose the tests whose coverage is measured, which takes half as long again.

    A test of the database is measured with its first parameters, and not with
    PostgreSQL: what runs with that alone is tested by itself.
    """
    seen = set()
    for item in items:
        name = item.nodeid.partition("[")[0]
        is_again = "database_url" in getattr(item, "fixturenames", ()) and name in seen
        if not is_again and not _ON_POSTGRESQL.search(item.nodeid):
            seen.add(name)
            item.stash[_IS_MEASURED] = item.get_closest_marker("unmeasured") is None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Measure the coverage of those tests, and of no others."""
    measure, measure_threads = sys.gettrace(), threading.gettrace()
    if not item.stash.get(_IS_MEASURED, False):
        sys.settrace(None)
        threading.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(measure)
        threading.settrace(measure_threads)


def pytest_xdist_auto_num_workers() -> int:
    """Run twice as many as there are processors: tests wait, for servers mostly."""
    return (os.cpu_count() or 1) * 2


@pytest.fixture(scope="session", name="postgresql")
def _postgresql() -> Iterator[str]:
    """Start a real PostgreSQL for the whole run, with all tables, and give its URL."""
    # Not in pytest's own folder: for root the server runs as another user, whom the
    # next run of pytest would lock out.
    with (
        tempfile.TemporaryDirectory(prefix="postgresql-") as folder,
        servers.postgresql(Path(folder)) as url,
    ):
        database = Database(url)
        schema.tables().create_all(database.engine)
        _be_hasty(database.engine)
        database.close()
        yield url


@pytest.fixture(scope="session", name="postgresql_engine")
def _postgresql_engine(postgresql: str) -> Iterator[sa.Engine]:
    # Some tests cut all connections.
    engine = sa.create_engine(postgresql, pool_pre_ping=True)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session", name="sqlite_template")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a SQLite file with all tables, to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        # To change to this later takes several writes to the disk.
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    schema.tables().create_all(engine)
    engine.dispose()
    return path


@pytest.fixture(name="database_url", params=["sqlite", "postgresql"])
def _database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the URL of an empty database, of each kind in turn."""
    yield from _open(request, tmp_path)


@pytest.fixture(scope="module", name="filled_database", params=["sqlite", "postgresql"])
def _filled_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """Give an empty database of each kind, to fill for tests that but read it."""
    for url in _open(request, tmp_path_factory.mktemp("filled")):
        database = Database(url)
        yield database
        database.close()


@pytest.fixture(scope="session", name="password_hash")
def _password_hash() -> PasswordHash:
    """Give the hash of `PASSWORD`."""
    return hash_password(PASSWORD)


@pytest.fixture(name="database")
def _database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture(name="storage", params=["filesystem", "memory"])
def _storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """Give an empty storage, of each kind in turn."""
    if request.param == "memory":
        return MemoryStorage()
    return FilesystemStorage(tmp_path)


@pytest.fixture(name="settings")
def _settings(database_url: str, tmp_path: Path) -> Settings:
    """Give settings by which an application touches nothing but its own folder."""
    return Settings(database_url=database_url, data_dir=tmp_path)


@pytest.fixture(autouse=True, scope="session")
def _no_lines_between_tests() -> Iterator[None]:
    """Have requests told when an application is closed: pytest listens then."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("notifier.web.request_log._MOMENT_S", 3600.0)
        yield


@pytest.fixture(name="app")
def _app(settings: Settings) -> Iterator[Flask]:
    app = composition.create_app(settings)
    app.testing = False
    yield app
    composition.close(app)
    get_services(app).metrics.close()


@pytest.fixture(name="own")
def _own(app: Flask) -> Services:
    """Give the parts of the application."""
    own: Services = app.extensions["notifier"]
    return own


@pytest.fixture(name="client")
def _client(app: Flask) -> FlaskClient:
    return app.test_client()


def _open(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    if request.param == "sqlite":
        path = folder / "notifier.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    engine: sa.Engine = request.getfixturevalue("postgresql_engine")
    yield request.getfixturevalue("postgresql")
    _empty(engine)


def _empty(postgresql: sa.Engine) -> None:
    # For a few rows this takes a twentieth of the time of TRUNCATE.
    tables = reversed(Base.metadata.sorted_tables)
    with postgresql.begin() as connection:
        connection.exec_driver_sql("".join(f"DELETE FROM {table};" for table in tables))


def _be_hasty(postgresql: sa.Engine) -> None:
    """Have the server not wait for the disk: no power is cut."""
    with postgresql.connect().execution_options(
        isolation_level="AUTOCOMMIT"
    ) as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.exec_driver_sql(f"ALTER SYSTEM SET {name} = off")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
