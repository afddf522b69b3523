"""PostgreSQL cuts its connections, goes away, or has no more of them."""

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import sqlalchemy as sa

from tests import servers
from tests.faults.scenario import Scenario, Scene

_CUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name <> 'faults'
    AND pid <> pg_backend_pid()
"""
_AWAY_S = (0.0, 3.0)
_TAKEN_S = 5.0


def _cut(scene: Scene, _source: random.Random, _count: int) -> str:
    scene.site.execute(_CUT)
    return "all connections cut"


def _restart(scene: Scene, source: random.Random, count: int) -> str:
    folder = Path(scene.site.look_up("SHOW data_directory"))
    away_s, crash = source.uniform(*_AWAY_S), count % 2 == 0
    servers.stop_postgresql(folder, crash=crash)
    time.sleep(away_s)
    servers.start_postgresql(folder)
    how = "crashed" if crash else "stopped"
    return f"PostgreSQL {how}, and started again after {away_s:.1f} s"


def _exhaust(scene: Scene, _source: random.Random, _count: int) -> str:
    with _engine(scene.site.database_url) as engine, ExitStack() as stack:
        taken = 0
        until = time.monotonic() + _TAKEN_S
        while time.monotonic() < until:
            try:
                connection = stack.enter_context(engine.connect())
                taken += 1
            except sa.exc.OperationalError:
                # The next ones of the server find that all are taken.
                time.sleep(0.05)
                continue
            # What is cut is free for us, or for the server if it comes first.
            connection.execute(sa.text(_CUT))
    return f"{taken} connections taken for {_TAKEN_S:.0f} s"


@contextmanager
def _engine(url: str) -> Iterator[sa.Engine]:
    arguments = {"application_name": "faults"}
    engine = sa.create_engine(url, poolclass=sa.NullPool, connect_args=arguments)
    try:
        yield engine
    finally:
        engine.dispose()


CUT = Scenario(
    name="postgresql-cut",
    summary="all connections cut by PostgreSQL, ten times",
    times=10,
    # A worker whose settlement was cut off sends once more what was accepted.
    may_repeat=True,
    strike=_cut,
    databases=("postgresql",),
)
RESTART = Scenario(
    name="postgresql-restart",
    summary="PostgreSQL stopped and crashed in turn, three times each",
    times=6,
    may_repeat=True,
    strike=_restart,
    databases=("postgresql",),
)
EXHAUSTED = Scenario(
    name="postgresql-exhausted",
    summary="other programs take all connections of PostgreSQL for 5 s, three times",
    times=3,
    may_repeat=True,
    strike=_exhaust,
    databases=("postgresql",),
)
