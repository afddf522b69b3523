"""The database cuts its connections, or lets nobody write."""

import random
import time
from sqlite3 import connect

from tests.faults.scenario import Scenario
from tests.faults.site import Site

_CUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_LOCKED_S = 30.0


def _cut(site: Site, _source: random.Random, _count: int) -> str:
    site.execute(_CUT)
    return "all connections cut"


def _lock(site: Site, _source: random.Random, _count: int) -> str:
    connection = connect(site.data_dir / "notifier.db", isolation_level=None)
    try:
        connection.execute("PRAGMA busy_timeout = 60000")
        connection.execute("BEGIN IMMEDIATE")
        time.sleep(_LOCKED_S)
        connection.execute("ROLLBACK")
    finally:
        connection.close()
    return f"locked by another program for {_LOCKED_S:.0f} s"


CUT = Scenario(
    name="postgresql-cut",
    summary="all connections cut by PostgreSQL, ten times",
    times=10,
    # A worker whose settlement was cut off sends once more what was accepted.
    may_repeat=True,
    strike=_cut,
    databases=("postgresql",),
)
LOCKED = Scenario(
    name="sqlite-locked",
    summary="the database locked by another program for 30 s",
    times=1,
    may_repeat=True,
    strike=_lock,
    databases=("sqlite",),
)
