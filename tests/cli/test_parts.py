"""``notifier web`` and ``notifier worker``, each run by hand."""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from redis import Redis

from notifier.cli import schema
from notifier.config import Settings
from notifier.delivery.queue import socket_path
from tests import factories, servers
from tests.cli.running import (
    PATIENCE_S,
    children_of,
    environment,
    free_port,
    run,
    running,
)
from tests.ingest import told
from tests.receiver import wait_until
from tests.test_story import push_image


@pytest.fixture(name="data_dir")
def _data_dir(tmp_path: Path) -> Path:
    """Give a data directory whose database is migrated."""
    schema.upgrade(Settings(data_dir=tmp_path).database)
    return tmp_path


def test_the_web_server_stops_cleanly_at_ctrl_c(data_dir: Path) -> None:
    with running(data_dir, "web") as program:
        assert program.get("/healthz") == {"status": "ok"}
        assert program.get("/readyz")["checks"]["redis"] != "ok"

        os.killpg(program.process.pid, signal.SIGINT)

        assert program.process.wait(PATIENCE_S) == 0
        assert program.pids() == {}


def test_how_long_the_head_of_a_request_may_be_can_be_set(data_dir: Path) -> None:
    with running(data_dir, "web", NOTIFIER_MAX_HEADER_KB="8") as program:
        answers = [
            requests.get(
                f"{program.url}/v2/", headers={"X": "x" * length}, timeout=PATIENCE_S
            ).status_code
            for length in (4096, 8192)
        ]

    assert answers == [200, 431]


def test_a_web_server_whose_processes_cannot_start_ends(data_dir: Path) -> None:
    refused = run(
        data_dir,
        "web",
        NOTIFIER_STORAGE_URL="file:///proc/no",
        NOTIFIER_PORT=str(free_port()),
    )

    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert "Error: [Errno 2] No such file or directory: '/proc/no" in refused.stderr
    assert refused.stderr.endswith("Error: web processes end right after their start\n")


def test_the_worker_stops_cleanly_at_ctrl_c(data_dir: Path) -> None:
    with (
        servers.redis_server(socket_path(Settings(data_dir=data_dir))) as url,
        subprocess.Popen(
            [sys.executable, "-m", "notifier", "worker"], env=environment(data_dir)
        ) as process,
        Redis.from_url(url) as redis,
    ):
        wait_until(lambda: redis.scard("rq:workers"), PATIENCE_S)

        process.send_signal(signal.SIGINT)

        assert process.wait(PATIENCE_S) == 0


def test_what_is_sent_is_committed_whoever_is_killed(data_dir: Path) -> None:
    with running(data_dir, "web") as program:
        endpoint = f"{program.url}/api/v1/ingest/registry-2"
        made = requests.post(
            f"{program.url}/api/v1/sources",
            json={"name": "registry-2"},
            timeout=PATIENCE_S,
        )
        headers = {"Authorization": f"Bearer {made.json()['token']}"}

        def send() -> dict[str, int]:
            answer = requests.post(
                endpoint,
                data=told.envelope(),
                headers=headers | {"Content-Type": "application/json"},
                timeout=PATIENCE_S,
            )
            tally: dict[str, int] = answer.json()
            return tally

        assert send()["recorded"] == 1
        # What stands beside the web processes was started before them.
        for pid in sorted(children_of(program.process.pid))[:2]:
            os.kill(pid, signal.SIGKILL)

        assert [send()["recorded"] for _ in range(5)] == [1] * 5
        events = program.get("/api/v1/events?actor=alice")["items"]
        assert len(events) == 6


def test_slow_uploads_keep_nobody_waiting(data_dir: Path) -> None:
    one = {"NOTIFIER_WEB_PROCESSES": "1", "NOTIFIER_WEB_THREADS": "1"}
    digest = factories.digest(b"never sent")
    head = (
        f"POST /v2/slow/app/blobs/uploads/?digest={digest} HTTP/1.1\r\n"
        "Host: registry\r\nContent-Length: 1000\r\n\r\n."
    )
    with running(data_dir, "web", **one) as program, ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(program.connect()).sendall(head.encode())

        push_image(program, "1.0")
