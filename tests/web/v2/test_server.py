"""The application behind a real server: connections that break, and kills."""

import os
import re
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import requests
import sqlalchemy as sa

from notifier.config import Settings
from notifier.db import Database
from notifier.events.event import Action
from notifier.events.tables import ACTIONS, EventRow
from tests import factories, servers

CONTENT = b"0123456789" * 1000
DIGEST = factories.digest(CONTENT)
UPLOADS = "/v2/team/app/blobs/uploads/"


@pytest.fixture(name="environment")
def _environment(settings: Settings) -> dict[str, str]:
    return {
        "NOTIFIER_DATABASE_URL": settings.database,
        "NOTIFIER_DATA_DIR": str(settings.data_dir),
    }


def talk(port: int, *parts: bytes, then_listen: bool = False) -> bytes:
    """Send *parts* as they are, and go away, or listen until the other side does."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        for part in parts:
            connection.sendall(part)
        answer = b""
        while then_listen and (received := connection.recv(65_536)):
            answer += received
        return answer


def head(method: str, path: str, *lines: str) -> bytes:
    return "\r\n".join(
        [f"{method} {path} HTTP/1.1", "Host: registry", *lines, "", ""]
    ).encode()


def files(folder: Path) -> dict[str, int]:
    found = {}
    for part in ("blobs", "uploads"):
        for path in (folder / part).rglob("*"):
            # The server may remove it meanwhile.
            with suppress(FileNotFoundError):
                if path.is_file():
                    found[str(path)] = path.stat().st_size
    return found


def refused(client: requests.Session, base: str) -> int:
    """Return how many requests the server has answered with 400."""
    counts = re.findall(
        r'^notifier_http_requests_total{.*status="400".*} ([0-9.]+)$',
        client.get(f"{base}/metrics").text,
        re.MULTILINE,
    )
    return sum(int(float(count)) for count in counts)


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for some seconds: the server notices in its own time."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def count(database: Database, action: Action) -> int:
    with database.read() as connection:
        return (
            connection.scalar(
                sa.select(sa.func.count())
                .select_from(EventRow)
                .where(EventRow.action == ACTIONS[action])
            )
            or 0
        )


def test_a_connection_that_breaks_leaves_nothing_it_should_not(
    environment: dict[str, str], database: Database, tmp_path: Path
) -> None:
    manifest = factories.manifest()
    with (
        servers.web_server(environment) as (port, _),
        requests.Session() as client,
    ):
        base = f"http://127.0.0.1:{port}"
        session = client.post(base + UPLOADS).headers["Location"]
        path = session.removeprefix(base)
        before = files(tmp_path)

        length = f"Content-Length: {len(CONTENT)}"
        chunked = "Transfer-Encoding: chunked"
        half = b"1388\r\n" + CONTENT[:5000] + b"\r\n"
        for method, target, line, content in (
            ("POST", f"{UPLOADS}?digest={DIGEST}", length, CONTENT[:5000]),
            ("POST", f"{UPLOADS}?digest={DIGEST}", chunked, half),
            ("PUT", f"{path}?digest={DIGEST}", length, CONTENT[:5000]),
            ("PUT", "/v2/team/app/manifests/1.0", length, manifest),
            ("PUT", "/v2/team/app/manifests/1.0", chunked, b"32\r\n" + manifest[:50]),
        ):
            talk(port, head(method, target, line), content)

        # Each is refused, though nobody hears it; none of it is there, and the
        # session is as it was before.
        wait_until(lambda: refused(client, base) == 5)
        assert files(tmp_path) == before
        assert client.get(session).headers["Range"] == "0-0"
        assert client.get(f"{base}/v2/_catalog").json() == {"repositories": []}
        assert count(database, Action.PUSH) == 0

        # A chunk that broke off can be gone on with.
        talk(port, head("PATCH", path, length), CONTENT[:5000])
        wait_until(lambda: client.get(session).headers["Range"] == "0-4999")
        rest = client.patch(
            session, data=CONTENT[5000:], headers={"Content-Range": "5000-9999"}
        )
        closed = client.put(f"{session}?digest={DIGEST}")
        assert (rest.status_code, closed.status_code) == (202, 201)
        assert client.get(closed.headers["Location"]).content == CONTENT


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_odd_requests_are_answered(environment: dict[str, str]) -> None:
    with servers.web_server(environment) as (port, _):
        for lines, statuses in (
            (["X-Long: " + "x" * 65_536], {200, 400, 431}),
            (["User-Agent: a\0b"], {400}),
            (["User-Agent: \udcff\udcfe".encode(errors="surrogateescape")], {200}),
            (["Host: other"], {200, 400}),
            (["Content-Length: -1"], {400}),
            (["Content-Length: 1", "Content-Length: 2"], {400}),
            (["Transfer-Encoding: chunked", "Content-Length: 5"], {200, 400}),
        ):
            sent = b"GET /v2/ HTTP/1.1\r\nHost: registry\r\nConnection: close\r\n"
            for line in lines:
                sent += line if isinstance(line, bytes) else line.encode()
                sent += b"\r\n"
            answer = talk(port, sent + b"\r\n0\r\n\r\n", then_listen=True)
            assert int(answer[9:12]) in statuses, lines[0][:40]


def test_what_was_answered_outlives_a_kill(
    environment: dict[str, str], database: Database, tmp_path: Path
) -> None:
    with (
        servers.web_server(environment) as (port, process),
        requests.Session() as client,
    ):
        base = f"http://127.0.0.1:{port}"
        session = client.post(base + UPLOADS).headers["Location"]
        path = session.removeprefix(base)
        client.patch(session, data=CONTENT[:7000]).raise_for_status()
        pushed = client.post(
            f"{base}{UPLOADS}?digest={factories.digest(b'layer')}", data=b"layer"
        )
        for _ in range(20):
            client.get(pushed.headers["Location"]).raise_for_status()
        os.killpg(process.pid, signal.SIGKILL)

    with (
        servers.web_server(environment) as (port, _),
        requests.Session() as client,
    ):
        base = f"http://127.0.0.1:{port}"
        assert client.get(base + path).headers["Range"] == "0-6999"
        client.patch(
            base + path, data=CONTENT[7000:], headers={"Content-Range": "7000-9999"}
        ).raise_for_status()
        closed = client.put(f"{base}{path}?digest={DIGEST}")
        assert closed.status_code == 201
        wait_until(lambda: count(database, Action.PULL) == 20)
    assert count(database, Action.PUSH) == 2
    assert set(files(tmp_path).values()) == {5, len(CONTENT)}
