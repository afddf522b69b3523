"""Nudges through a real Redis, which may come and go."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from rq import Queue

from notifier.config import ConfigError, Settings
from notifier.delivery.nudger import Nudger
from notifier.delivery.queue import QUEUE, JobQueue, redis_url, socket_path
from tests import servers
from tests.receiver import wait_until


@pytest.fixture(name="redis_at", scope="module")
def _redis_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with servers.redis_server(tmp_path_factory.mktemp("r") / "redis.sock") as url:
        yield url


@pytest.fixture(name="queue")
def _queue(redis_at: str) -> Iterator[Queue]:
    with redis.Redis.from_url(redis_at) as connection:
        connection.flushall()
        yield Queue(QUEUE, connection=connection, serializer="json")


@pytest.fixture(name="nudger")
def _nudger(redis_at: str) -> Iterator[Nudger]:
    nudger = Nudger(JobQueue(redis_at))
    yield nudger
    nudger.close()


def test_a_nudge_is_a_job_that_names_the_endpoint(queue: Queue, nudger: Nudger) -> None:
    nudger.nudge([7])

    wait_until(lambda: queue.job_ids)
    [job] = queue.jobs
    assert (job.id, job.args) == ("drain-7", [7])
    assert job.func_name == "notifier.delivery.queue.drain"


def test_many_nudges_of_an_endpoint_are_one_job(queue: Queue, nudger: Nudger) -> None:
    for _ in range(100):
        nudger.nudge([7, 8])

    wait_until(lambda: len(queue.job_ids) == 2)
    time.sleep(0.15)
    assert sorted(queue.job_ids) == ["drain-7", "drain-8"]


def test_a_nudge_that_met_an_ending_job_is_repeated(
    queue: Queue, nudger: Nudger
) -> None:
    nudger.nudge([7])
    wait_until(lambda: queue.job_ids)

    nudger.nudge([7])
    time.sleep(0.02)
    queue.jobs[0].delete()

    wait_until(lambda: queue.job_ids)


def test_what_is_left_is_nudged_at_the_close(queue: Queue, redis_at: str) -> None:
    nudger = Nudger(JobQueue(redis_at))
    nudger.nudge([7])
    nudger.nudge([8])

    nudger.close()

    assert sorted(queue.job_ids) == ["drain-7", "drain-8"]


def test_without_redis_nobody_waits_and_nothing_fails(tmp_path: Path) -> None:
    nudger = Nudger(JobQueue(f"unix://{tmp_path}/nobody.sock"))
    began = time.monotonic()

    for _ in range(100):
        nudger.nudge([7])
    nudger.close()

    assert time.monotonic() - began < 0.5


def test_a_nudger_that_was_never_used_just_closes(tmp_path: Path) -> None:
    Nudger(JobQueue(f"unix://{tmp_path}/nobody.sock")).close()
    Nudger(None).nudge([7])


def test_redis_is_where_the_settings_say(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, redis_url="redis://redis.example")

    assert redis_url(settings) == "redis://redis.example"


def test_the_embedded_servers_socket_is_in_the_data_directory() -> None:
    settings = Settings(data_dir=Path("/var/lib/notifier"))

    assert redis_url(settings) == "unix:///var/lib/notifier/redis.sock"


def test_a_long_path_gives_way_to_a_private_short_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    settings = Settings(data_dir=tmp_path / ("x" * 100))

    path = socket_path(settings)

    assert path == socket_path(settings)
    assert path != socket_path(Settings(data_dir=tmp_path / ("y" * 100)))
    assert path.parent.parent == tmp_path
    assert path.parent.stat().st_mode & 0o777 == 0o700
    path.parent.chmod(0o755)
    with pytest.raises(ConfigError):
        socket_path(settings)
