"""``notifier serve`` as a whole: real processes, started, used, stopped and killed."""

import fcntl
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests import factories, receiver, servers
from tests.cli.running import (
    PATIENCE_S,
    Program,
    children_of,
    free_port,
    run,
    running,
)
from tests.receiver import Receiver, wait_until

# The supervisor, Redis, the worker, the web server, its two processes, and beside them
# the journal's mover and who commits what other registries send.
PROCESSES = 8


@pytest.fixture(name="program")
def _program(tmp_path: Path) -> Iterator[Program]:
    """Give a server that may be stopped and killed."""
    with running(tmp_path / "data") as program:
        yield program


@pytest.fixture(scope="module", name="server")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Give a server that has to stay."""
    with running(tmp_path_factory.mktemp("serve") / "data") as program:
        wait_until(lambda: program.says("listens on"), PATIENCE_S)
        yield program


def test_it_says_where_it_listens_and_what_to_try(server: Program) -> None:
    printed = server.output.read_text()

    assert f"listens on {server.url}" in printed
    for example in ("/api/v1/endpoints -H", "skopeo copy", "/api/v1/events?"):
        assert example in printed
    assert server.get("/readyz")["checks"] == {
        "database": "ok",
        "storage": "ok",
        "redis": "ok",
    }


def test_a_second_one_on_the_same_data_is_refused(server: Program) -> None:
    refused = run(server.data_dir, "serve", NOTIFIER_PORT=str(free_port()))

    assert refused.returncode == 1
    assert refused.stderr == (
        f"Error: another `notifier serve` uses {server.data_dir}: "
        "set NOTIFIER_DATA_DIR\n"
    )


def test_a_port_in_use_is_refused_in_one_line(server: Program, tmp_path: Path) -> None:
    refused = run(tmp_path, "serve", NOTIFIER_PORT=str(server.port))

    assert refused.returncode == 1
    assert refused.stderr == (
        f"Error: cannot listen on 127.0.0.1 port {server.port}: "
        "another program listens there: set NOTIFIER_PORT\n"
    )


def test_a_header_of_64_kib_is_refused(server: Program) -> None:
    refused = requests.get(
        f"{server.url}/v2/", headers={"X": "x" * 65536}, timeout=PATIENCE_S
    )

    assert refused.status_code == 431


def test_what_is_in_flight_at_sigterm_is_finished(program: Program) -> None:
    with receiver.running() as other_side:
        other_side.behaviour = receiver.hang
        delivery = _push_to(other_side, program)
        wait_until(lambda: other_side.requests, PATIENCE_S)
        upload = _begin_upload(program, b"0123456789")

        program.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        other_side.released.set()
        upload.sendall(b"6789")
        answer = upload.recv(4096)
        upload.close()

        assert answer.startswith(b"HTTP/1.1 201")
        assert program.process.wait(PATIENCE_S) == 0
    assert program.pids() == {}
    with running(program.data_dir) as second:
        assert second.get(f"/api/v1/deliveries/{delivery}")["state"] == "delivered"
        found = requests.head(_blob_url(second, b"0123456789"), timeout=PATIENCE_S)
        assert found.status_code == 200


def test_ctrl_c_to_the_whole_group_stops_it_cleanly(program: Program) -> None:
    os.killpg(program.process.pid, signal.SIGINT)

    assert program.process.wait(PATIENCE_S) == 0
    assert program.pids() == {}
    assert not (program.data_dir / "redis.sock").exists()


def test_its_children_do_not_outlive_it_and_it_starts_again(
    program: Program,
) -> None:
    assert len(program.pids()) == PROCESSES

    program.process.kill()
    program.process.wait()

    wait_until(lambda: not program.pids())
    with running(program.data_dir) as second:
        assert second.get("/readyz")["status"] == "ok"


def test_a_child_that_is_killed_is_replaced(program: Program) -> None:
    for name in ("redis-server", "worker", "web", "web process"):
        victim = _find(program, name)

        os.kill(victim, signal.SIGKILL)

        wait_until(lambda: victim not in program.pids(), PATIENCE_S)  # noqa: B023
        wait_until(lambda: _is_whole(program), PATIENCE_S)
    with receiver.running() as other_side:
        _push_to(other_side, program)
        wait_until(lambda: other_side.requests, PATIENCE_S)
    assert program.stop() == 0


def test_after_all_is_killed_it_starts_again_and_has_lost_nothing(
    program: Program,
) -> None:
    with receiver.running() as other_side:
        wait_until(lambda: _pause(program, "worker"), PATIENCE_S)
        delivery = _push_to(other_side, program)
        program.kill_all()
        assert other_side.requests == []

        with running(program.data_dir) as second:
            wait_until(lambda: other_side.requests, PATIENCE_S)
            assert second.get(f"/api/v1/deliveries/{delivery}")["event_id"] in str(
                other_side.requests[0].body
            )


def test_a_child_that_cannot_start_ends_it_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "redis-server").write_text("#!/bin/sh\nexit 7\n")
    (tmp_path / "redis-server").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    refused = run(tmp_path, "serve", NOTIFIER_PORT=str(free_port()))

    assert refused.returncode == 1
    # The worker may have found out, too, and have said so before.
    told = refused.stderr.splitlines()[-1]
    assert told == "Error: redis did not start: it ended with status 7"


def test_it_uses_a_redis_of_the_settings(tmp_path: Path) -> None:
    with (
        servers.redis_server(tmp_path / "own.sock") as url,
        running(tmp_path / "data", NOTIFIER_REDIS_URL=url) as program,
        receiver.running() as other_side,
    ):
        _push_to(other_side, program)
        wait_until(lambda: other_side.requests, PATIENCE_S)

        assert not any("redis-server" in line for line in program.pids().values())
        assert not (tmp_path / "data" / "redis.sock").exists()


def _push_to(other_side: Receiver, program: Program) -> str:
    """Push a manifest that an endpoint is told of; return the delivery's id."""
    endpoint = {"name": other_side.url, "url": other_side.url}
    program.post("/api/v1/endpoints", endpoint)
    content = factories.manifest(layers=())
    for path, body in (
        (f"blobs/uploads/?digest={factories.digest(b'{}')}", b"{}"),
        ("manifests/1.0", content),
    ):
        url = f"{program.url}/v2/team/app/{path}"
        method = "PUT" if body is content else "POST"
        pushed = requests.request(method, url, data=body, timeout=PATIENCE_S)
        assert pushed.status_code == 201, pushed.text
    deliveries = program.get("/api/v1/deliveries")["items"]
    return str(deliveries[0]["id"])


def _pause(program: Program, name: str) -> bool:
    """Stop a process, unless it is just changing the database; tell so."""
    pid = _find(program, name)
    os.kill(pid, signal.SIGSTOP)
    with (program.data_dir / "notifier.db.lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.kill(pid, signal.SIGCONT)
            return False
    return True


def _begin_upload(program: Program, content: bytes) -> socket.socket:
    """Send a request but for its last four bytes."""
    path = f"/v2/team/app/blobs/uploads/?digest={factories.digest(content)}"
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(content)}\r\n\r\n"
    connection = program.connect()
    connection.sendall(head.encode() + content[:-4])
    time.sleep(0.3)
    return connection


def _blob_url(program: Program, content: bytes) -> str:
    return f"{program.url}/v2/team/app/blobs/{factories.digest(content)}"


def _find(program: Program, name: str) -> int:
    """Find a process by its part in the whole."""
    main = program.process.pid
    if name == "redis-server":
        return next(pid for pid, line in program.pids().items() if name in line)
    web = next(pid for pid in children_of(main) if len(children_of(pid)) > 1)
    if name == "web":
        return web
    if name == "web process":
        return children_of(web)[-1]
    redis = _find(program, "redis-server")
    return next(pid for pid in children_of(main) if pid not in {web, redis})


def _is_whole(program: Program) -> bool:
    """Tell whether all parts are there and answer."""
    try:
        return (
            len(program.pids()) == PROCESSES
            and program.get("/readyz")["status"] == "ok"
        )
    except requests.ConnectionError:
        return False
