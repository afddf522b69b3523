"""The worker as a process of its own, with a Redis that comes and goes."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis

from notifier.config import Settings
from notifier.delivery.deliveries import DeliveryState
from notifier.delivery.endpoints import EndpointStore
from notifier.delivery.nudger import Nudger
from notifier.delivery.queue import JobQueue
from notifier.delivery.repair.repairs import create_repair
from notifier.delivery.repair.selection import EventSelection
from notifier.secrets import SecretBox
from tests import factories, servers
from tests import receiver as receivers
from tests.cli.forks import Fork
from tests.delivery.desk import Desk
from tests.receiver import Receiver, answers, wait_until


@contextmanager
def _worker(settings: Settings) -> Iterator[Fork]:
    environment = {
        **os.environ,
        "NOTIFIER_DATA_DIR": str(settings.data_dir),
        "NOTIFIER_DATABASE_URL": settings.database,
        "NOTIFIER_REDIS_URL": settings.redis_url or "",
        "NOTIFIER_LOG_FORMAT": "json",
    }
    log = settings.data_dir / "worker.log"
    with log.open("ab") as stderr:
        process = Fork(
            module="tests.delivery.working",
            environment=environment,
            files=[0, 1, stderr.fileno()],
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def _stop(process: Fork) -> int:
    """Return the exit code."""
    process.send_signal(signal.SIGTERM)
    return process.wait(30)


@pytest.fixture(name="redis_at")
def _redis_at(tmp_path: Path) -> Iterator[str]:
    with servers.redis_server(tmp_path / "redis.sock") as url:
        yield url


@pytest.fixture(name="nudged")
def _nudged(desk: Desk, redis_at: str, tmp_path: Path) -> Iterator[Desk]:
    """Give the desk of a web process beside the worker."""
    nudger = Nudger(JobQueue(redis_at))
    web = Desk(desk.database, nudger)
    web.store = EndpointStore(
        SecretBox.open(Settings(data_dir=tmp_path)), 10, web.reach
    )
    yield web
    nudger.close()


def _is_listening(url: str) -> bool:
    with redis.Redis.from_url(url) as connection:
        return bool(connection.smembers("rq:workers"))


def test_a_push_arrives_and_the_worker_survives_all_that_befalls_redis(
    nudged: Desk, settings: Settings, redis_at: str, receiver: Receiver
) -> None:
    settings = Settings(
        data_dir=settings.data_dir,
        database_url=settings.database_url,
        redis_url=redis_at,
    )
    nudged.create(receiver.url)
    with _worker(settings) as process:
        wait_until(lambda: _is_listening(redis_at))
        time.sleep(0.2)

        nudged.announce()
        wait_until(lambda: len(receiver.requests) == 1)

        with redis.Redis.from_url(redis_at) as connection:
            connection.flushall()
        nudged.announce()
        wait_until(lambda: len(receiver.requests) == 2)

        with redis.Redis.from_url(redis_at) as connection:
            connection.shutdown(nosave=True)
        nudged.announce()
        wait_until(lambda: len(receiver.requests) == 3)

        code = _stop(process)

    assert code == 0
    log = (settings.data_dir / "worker.log").read_text()
    assert log.count('"event":"attempt"') == 3
    assert "Traceback" not in log


@pytest.mark.usefixtures("sqlite_desk")
def test_it_stops_while_it_waits_for_jobs(redis_at: str, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, redis_url=redis_at)
    with _worker(settings) as process:
        wait_until(lambda: _is_listening(redis_at))
        time.sleep(0.1)

        code = _stop(process)

    assert code == 0
    assert not _is_listening(redis_at)


def test_what_was_in_flight_at_a_kill_is_sent_again_with_the_same_id(
    nudged: Desk, settings: Settings, redis_at: str, receiver: Receiver
) -> None:
    settings = Settings(
        data_dir=settings.data_dir,
        database_url=settings.database_url,
        redis_url=redis_at,
    )
    nudged.create(receiver.url)
    receiver.behaviour = receivers.hang
    nudged.announce()
    with _worker(settings) as process:
        wait_until(lambda: receiver.requests)
        process.kill()
        process.wait()
    receiver.behaviour = answers(200)
    nudged.hurry_leases()

    with _worker(settings) as process:
        wait_until(lambda: nudged.deliveries(state=DeliveryState.DELIVERED))
        _stop(process)

    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


def test_a_replay_goes_on_after_a_kill_and_sends_each_event_once(
    nudged: Desk, settings: Settings, redis_at: str, receiver: Receiver
) -> None:
    settings = Settings(
        data_dir=settings.data_dir,
        database_url=settings.database_url,
        redis_url=redis_at,
    )
    events = nudged.announce(*(factories.event() for _ in range(12)))
    endpoint = nudged.create(receiver.url)
    selection = EventSelection(since=datetime(1970, 1, 1, tzinfo=UTC))
    with nudged.database.transaction() as transaction:
        create_repair(transaction, selection, endpoint=endpoint, rate=8)
    with _worker(settings) as process:
        wait_until(nudged.deliveries)
        process.kill()
        process.wait()
    assert len(nudged.deliveries()) < len(events)
    nudged.hurry_leases()
    nudged.hurry_repairs()

    with _worker(settings) as process:
        done = {"state": DeliveryState.DELIVERED}
        wait_until(lambda: len(nudged.deliveries(**done)) == len(events), 20)
        _stop(process)

    sent = [item.event_id for item in reversed(nudged.deliveries())]
    assert sent == [event.id for event in events]
