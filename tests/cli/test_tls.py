"""HTTPS by the web server itself: real processes, and certificates of a test's own."""

import os
import signal
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from typing import Self

import pytest
import requests

from tests import factories
from tests.authorities import Authority, Identity
from tests.cli.running import PATIENCE_S, Program, free_port, run, running
from tests.receiver import wait_until


class Site:
    """A server, its files, and what verifies it."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        self.authority = authority
        self.ca = folder / "ca.pem"
        self.ca.write_text(authority.certificate_pem)
        self.certificate = folder / "server.pem"
        self.key = folder / "server.key"
        self.replace(authority.sign("localhost"))

    @property
    def settings(self) -> dict[str, str]:
        return {
            "NOTIFIER_TLS_CERTIFICATE": str(self.certificate),
            "NOTIFIER_TLS_KEY": str(self.key),
        }

    def replace(self, identity: Identity) -> None:
        """Put other files in place of these, each at once."""
        for path, content in (
            (self.certificate, identity.certificate_pem),
            (self.key, identity.key_pem),
        ):
            new = path.with_suffix(".new")
            new.write_text(content)
            new.replace(path)

    def session(self) -> requests.Session:
        """Make a client that trusts this authority alone."""
        session = requests.Session()
        session.trust_env = False
        session.verify = str(self.ca)
        return session

    def secure(self, plain: socket.socket) -> ssl.SSLSocket:
        """Begin to speak TLS on a connection."""
        context = ssl.create_default_context(cafile=self.ca)
        return context.wrap_socket(plain, server_hostname="localhost")

    def serial(self, program: Program) -> int:
        """Return the number of the certificate that a new connection is shown."""
        with self.secure(program.connect()) as connection:
            number: str = connection.getpeercert()["serialNumber"]  # type: ignore[assignment,index]  # it is verified
            return int(number, 16)


@pytest.fixture(name="site", scope="module")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("tls"), Authority.make())


@pytest.fixture(name="program", scope="module")
def _program(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    data_dir = tmp_path_factory.mktemp("serve") / "data"
    with running(data_dir, **site.settings) as program:
        wait_until(lambda: program.says("listens on"), PATIENCE_S)
        yield program


def test_it_says_that_it_speaks_https(program: Program) -> None:
    assert program.says(f"listens on https://127.0.0.1:{program.port}\n")
    assert program.says("skopeo copy docker://alpine:3")


def test_addresses_in_answers_and_events_are_of_https(
    program: Program, site: Site
) -> None:
    url = f"{program.url}/v2/team/app/blobs/uploads/"
    with site.session() as session:
        begun = session.post(url)
        digest = factories.digest(b"layer")
        pushed = session.post(f"{url}?digest={digest}", data=b"layer")
        events = session.get(f"{program.url}/api/v1/events?digest={digest}").json()

    assert begun.headers["Location"].startswith(url)
    assert pushed.headers["Location"] == f"{program.url}/v2/team/app/blobs/{digest}"
    assert events["items"][0]["event"]["target"]["url"] == pushed.headers["Location"]


def test_browsers_are_to_stay_with_https_and_learn_no_version(
    program: Program, site: Site
) -> None:
    with site.session() as session:
        answer = session.get(f"{program.url}/api/v1/docs")

    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert answer.headers["Server"] == "granian"


def test_tls_is_1_2_or_later_and_http_is_1_1(program: Program, site: Site) -> None:
    context = ssl.create_default_context(cafile=site.ca)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["h2", "http/1.1"])
    with context.wrap_socket(
        program.connect(), server_hostname="localhost"
    ) as connection:
        assert connection.version() == "TLSv1.2"
        assert connection.selected_alpn_protocol() == "http/1.1"


def test_a_certificate_is_replaced_and_no_request_fails(
    program: Program, site: Site
) -> None:
    identity, before = site.authority.sign("localhost"), set(program.pids())
    upload = _begin_upload(program, site, b"0123456789")

    with _Clients(program, site) as clients:
        wait_until(lambda: clients.answers.total() > 100)
        site.replace(identity)
        wait_until(
            lambda: site.serial(program) == identity.certificate.serial_number,
            PATIENCE_S,
        )
        # Both processes are new, and of the old ones that with the upload is left.
        wait_until(lambda: len(before - set(program.pids())) == 1, PATIENCE_S)

    assert set(clients.answers) == {200}
    upload.sendall(b"6789")
    assert upload.recv(4096).startswith(b"HTTP/1.1 201")
    upload.close()
    wait_until(lambda: len(before - set(program.pids())) == 2, PATIENCE_S)


def test_files_that_cannot_be_served_change_nothing(
    program: Program, site: Site
) -> None:
    before = site.serial(program)
    kept = site.certificate.read_text(), site.key.read_text()

    site.replace(site.authority.sign("localhost", days=-1))
    wait_until(lambda: program.says("web_processes_stay"), PATIENCE_S)

    assert program.says("expired on")
    assert site.serial(program) == before
    site.certificate.write_text(kept[0])
    site.key.write_text(kept[1])


def test_the_web_server_alone_takes_sighup_for_a_wish_to_read_them_again(
    tmp_path: Path,
) -> None:
    site = Site(tmp_path, Authority.make())
    (tmp_path / "data").mkdir()
    assert run(tmp_path / "data", "db", "upgrade").returncode == 0

    with running(tmp_path / "data", "web", **site.settings) as program:
        before = set(program.pids())
        os.kill(program.process.pid, signal.SIGHUP)

        # The parent stays, and so do the mover and who commits for others.
        wait_until(lambda: len(before & set(program.pids())) == 3, PATIENCE_S)
        assert program.is_listening()
        assert program.stop() == 0


def test_it_does_not_start_with_a_key_that_is_not_the_certificates(
    tmp_path: Path,
) -> None:
    site = Site(tmp_path, Authority.make())
    site.key.write_text(site.authority.sign("localhost").key_pem)
    refused = run(tmp_path, "serve", **site.settings, NOTIFIER_PORT=str(free_port()))

    assert refused.returncode == 1
    assert refused.stderr == (
        f"Error: NOTIFIER_TLS_KEY: {site.key}: is not the key of the first "
        f"certificate in {site.certificate}\n"
    )


class _Clients:
    """Several that ask without a pause; some connect anew for each request."""

    def __init__(self, program: Program, site: Site) -> None:
        self.answers: Counter[object] = Counter()
        self._port = program.port
        self._context = ssl.create_default_context(cafile=site.ca)
        self._ending = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask, args=(is_kept,), daemon=True)
            for is_kept in [True] * 8 + [False] * 4
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, is_kept: bool) -> None:  # noqa: FBT001 - a thread takes no names
        connection = HTTPSConnection(
            "127.0.0.1", self._port, context=self._context, timeout=PATIENCE_S
        )
        while not self._ending.is_set():
            try:
                connection.request("GET", "/healthz")
                response = connection.getresponse()
                response.read()
                answer: object = response.status
            except (OSError, HTTPException) as error:
                answer = repr(error)
                connection.close()
            self.answers[answer] += 1
            if not is_kept:
                connection.close()
        connection.close()


def _begin_upload(program: Program, site: Site, content: bytes) -> ssl.SSLSocket:
    """Send a request but for its last four bytes."""
    path = f"/v2/team/app/blobs/uploads/?digest={factories.digest(content)}"
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(content)}\r\n\r\n"
    connection = site.secure(program.connect())
    connection.sendall(head.encode() + content[:-4])
    return connection
