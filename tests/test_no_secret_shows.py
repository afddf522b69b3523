"""No secret that passes through a server is in anything that it shows or keeps."""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

from tests import factories, receiver
from tests.authorities import Authority
from tests.cli.running import PATIENCE_S, Program, free_port, run, running
from tests.ingest import told
from tests.receiver import Handler, Receiver, wait_until

# Each is a text of its own, so that what is found says which it was.
PASSWORD = "correct-horse-password"
WRONG = "wrong-battery-password"
NEXT_PASSWORD = "another-staple-password"
FORGED = "forged-bearer-credential"
ASTRAY = "astray-query-credential"
HEADER = "Bearer for-the-receiver-alone"
URL_SECRET = "within-the-url-of-a-receiver"
KEY_SECRET = base64.b64encode(b"brought-by-the-caller-of-rest").decode()


class Secrets:
    """What must not show, and what it looks like in other clothes."""

    def __init__(self) -> None:
        self._texts: set[str] = set()

    def add(self, *texts: str) -> None:
        self._texts.update(texts)

    def found_in(self, content: bytes) -> list[str]:
        return [text for text in self._texts if any(map(content.count, _forms(text)))]


def _forms(text: str) -> Iterator[bytes]:
    plain = text.encode()
    yield plain
    yield quote(text, safe="").encode()
    yield plain.hex().encode()
    # Whatever stands before it in what was encoded: the middle is the same for one in
    # three of the beginnings.
    for lead in range(3):
        encoded = base64.b64encode(b"x" * lead + plain)
        yield encoded[4:].rstrip(b"=")[:-1]


class User:
    """Somebody who talks to the server with all kinds of credentials."""

    def __init__(self, program: Program, secrets: Secrets) -> None:
        self._program = program
        self._secrets = secrets
        self.basic = {"Authorization": _basic("alice", PASSWORD)}

    def ask(
        self, method: str, path: str, headers: Mapping[str, str] = {}, **more: Any
    ) -> requests.Response:
        session = requests.Session()
        session.trust_env = False
        given = {"Connection": "close", **headers}
        with session:
            return session.request(
                method,
                self._program.url + path,
                headers=given,
                timeout=PATIENCE_S,
                **more,
            )

    def get(self, path: str, headers: Mapping[str, str]) -> Any:
        answer = self.ask("GET", path, headers)
        assert answer.ok, answer.text
        return answer.json()

    def post(self, path: str, body: Any) -> Any:
        answer = self.ask("POST", path, self.basic, json=body)
        assert answer.ok, answer.text
        return answer.json()

    def log_in(self) -> Mapping[str, str]:
        """Get tokens in every way; return a header with one that is for all."""
        query = "?service=notifier&scope=repository:team/app:pull,push"
        offline = f"{query}&offline_token=true&client_id=docker"
        first = self.get(f"/auth/token{offline}", self.basic)
        form = {"service": "notifier", "scope": "repository:team/app:pull,push"}
        form |= {"client_id": "docker"}
        by_password = {"grant_type": "password", "username": "alice"} | form
        second = self.ask(
            "POST",
            "/auth/token",
            data=by_password | {"password": PASSWORD, "access_type": "offline"},
        ).json()
        third = self.ask(
            "POST",
            "/auth/token",
            data=form
            | {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]},
        ).json()
        for answer in (first, second, third):
            self._secrets.add(answer["token"])
        self._secrets.add(first["refresh_token"], second["refresh_token"])
        return {"Authorization": f"Bearer {third['token']}"}

    def fail(self) -> None:
        """Try what is refused, each with something that should not show."""
        bearer = {"Authorization": f"Bearer {FORGED}"}
        wrong = {"Authorization": _basic("alice", WRONG)}
        odd = {"Authorization": f"Digest {FORGED}"}
        for path in ("/v2/", "/v2/team/app/tags/list", "/api/v1/events", "/auth/token"):
            for headers in (bearer, wrong, odd):
                assert self.ask("GET", path, headers).status_code in {401, 429}
            assert self.ask("GET", f"{path}?token={ASTRAY}").status_code < 500
        form = {"grant_type": "refresh_token", "refresh_token": FORGED}
        assert self.ask("POST", "/auth/token", data=form).status_code == 401
        form = {"grant_type": "password", "username": "alice", "password": WRONG}
        assert self.ask("POST", "/auth/token", data=form).status_code in {401, 429}
        for body in (
            f'{{"name": "bob smith", "password": "{WRONG}"}}',
            f'{{"password": "{WRONG}", {{',
        ):
            path, json_ = "/api/v1/users", {"Content-Type": "application/json"}
            refused = self.ask("POST", path, self.basic | json_, data=body)
            assert 400 <= refused.status_code < 500

    def make_tokens(self) -> None:
        """Make API tokens, and use them as programs and as registry clients do."""
        made = self.post("/api/v1/tokens", {"name": "ci", "permits": ["admin"]})
        self._secrets.add(made["token"])
        for authorization in (f"Bearer {made['token']}", _basic("ci", made["token"])):
            self.get("/api/v1/caller", {"Authorization": authorization})
            self.get("/v2/", {"Authorization": authorization})

    def make_endpoint(self, url: str, identity: tuple[str, str]) -> None:
        """Have a receiver told, by all that can be secret about it."""
        certificate, key = identity
        made = self.post(
            "/api/v1/endpoints",
            {
                "name": url.partition("://")[0],
                "url": f"{url}?token={{token}}",
                "url_secrets": {"token": URL_SECRET},
                "headers": {"Authorization": HEADER},
                "secret": f"whsec_{KEY_SECRET}",
            }
            | (
                {"tls": {"client_certificate": certificate, "client_key": key}}
                if url.startswith("https:")
                else {}
            ),
        )
        rotated = self.post(f"/api/v1/endpoints/{made['id']}/secrets", {})
        self._secrets.add(rotated["secret"], rotated["secret"].removeprefix("whsec_"))
        self._secrets.add("".join(key.splitlines()[1:-1])[:60])

    def send_as_another_registry(self) -> None:
        """Bring an event of elsewhere, the token in the address."""
        made = self.post("/api/v1/sources", {"name": "registry-2"})
        self._secrets.add(made["token"])
        path = f"/api/v1/ingest/registry-2?token={made['token']}"
        headers = {"Content-Type": "application/vnd.docker.distribution.events.v2+json"}
        assert self.ask("POST", path, headers, data=told.envelope()).ok
        assert self.ask("POST", f"{path}x", headers, data=b"{}").status_code == 401

    def change_password(self) -> None:
        """Get another password, by REST."""
        user = self.get("/api/v1/users", self.basic)["items"][0]
        path = f"/api/v1/users/{user['id']}"
        changed = self.ask("PATCH", path, self.basic, json={"password": NEXT_PASSWORD})
        assert changed.ok, changed.text
        self.basic = {"Authorization": _basic("alice", NEXT_PASSWORD)}

    def push(self, headers: Mapping[str, str], reference: str) -> None:
        """Push a tiny image."""
        blobs = "/v2/team/app/blobs/uploads/"
        config = f"{blobs}?digest={factories.digest(b'{}')}"
        assert self.ask("POST", config, headers, data=b"{}").status_code == 201
        path = f"/v2/team/app/manifests/{reference}"
        pushed = self.ask("PUT", path, headers, data=factories.manifest(layers=()))
        assert pushed.status_code == 201, pushed.text

    def attempts(self) -> list[Any]:
        """Return the last attempt of each delivery, as it is shown."""
        path = "/api/v1/deliveries"
        shown = [
            self.get(f"{path}/{delivery['id']}", self.basic)
            for delivery in self.get(f"{path}?limit=100", self.basic)["items"]
        ]
        return [
            self.get(f"{path}/{each['id']}/attempts/1", self.basic)
            for each in shown
            if each["attempts"]
        ]


def _basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def _echo(handler: Handler) -> None:
    """Refuse, and say again all that came."""
    headers = dict(handler.arrived.headers.items())
    content = json.dumps({"path": handler.path, "headers": headers}).encode()
    handler.answer(500, content, {"X-Echo": handler.headers["Authorization"]})


@pytest.fixture(name="secrets")
def _secrets() -> Secrets:
    secrets = Secrets()
    secrets.add(PASSWORD, WRONG, NEXT_PASSWORD, FORGED, ASTRAY)
    secrets.add(HEADER, URL_SECRET, KEY_SECRET)
    return secrets


@pytest.fixture(name="told_party")
def _told_party() -> Iterator[Receiver]:
    with receiver.running() as other_side:
        other_side.behaviour = _echo
        yield other_side


def test_no_secret_is_in_logs_metrics_listings_processes_or_files(
    tmp_path: Path, secrets: Secrets, told_party: Receiver
) -> None:
    data_dir = tmp_path / "data"
    identity = Authority.make().sign("client")
    # Others would know of another password a second later.
    with running(data_dir, NOTIFIER_WEB_PROCESSES="1") as program:
        _add_alice(data_dir)
        user = User(program, secrets)
        user.make_endpoint(told_party.url, (identity.certificate_pem, identity.key_pem))
        user.make_endpoint(
            told_party.url.replace("http:", "https:"),
            (identity.certificate_pem, identity.key_pem),
        )
        user.push(user.log_in(), "1.0")
        user.make_tokens()
        user.send_as_another_registry()
        user.change_password()
        user.push(user.basic, "1.1")
        user.fail()
        wait_until(lambda: len(user.attempts()) >= 4, PATIENCE_S)

        for name, content in _shown(program, user):
            assert secrets.found_in(content) == [], name
    for name, content in _kept(program):
        assert secrets.found_in(content) == [], name
    # It was all there to be told.
    assert told_party.requests[0].headers["Authorization"] == HEADER
    assert told_party.requests[0].path.endswith(URL_SECRET)


def test_no_password_of_the_settings_shows_when_what_they_name_is_away(
    tmp_path: Path, told_party: Receiver
) -> None:
    secrets = Secrets()
    secrets.add("redis-server-password", "egress-proxy-password")
    away = f"127.0.0.1:{free_port()}"
    settings = {
        "NOTIFIER_REDIS_URL": f"redis://me:redis-server-password@{away}/0",
        "NOTIFIER_EGRESS_PROXY": f"http://me:egress-proxy-password@{away}",
    }
    with running(tmp_path / "data", **settings) as program:
        _add_alice(program.data_dir)
        user = User(program, secrets)
        user.post("/api/v1/endpoints", {"name": "ci", "url": told_party.url})
        user.push(user.basic, "1.0")
        wait_until(user.attempts, PATIENCE_S)
        assert user.ask("GET", "/readyz").json()["checks"]["redis"] == "down"

        for name, content in _shown(program, user):
            # Who may look at the environment of a process may look at its memory.
            if not name.endswith("/environ"):
                assert secrets.found_in(content) == [], name
    for name, content in _kept(program):
        assert secrets.found_in(content) == [], name


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("DATABASE_URL", "postgresql://me:hunter2@127.0.0.1:9/notifier"),
        ("DATABASE_URL", "mysql://me:hunter2@127.0.0.1/notifier"),
        ("REDIS_URL", "http://me:hunter2@127.0.0.1/"),
        ("EGRESS_PROXY", "https://me:hunter2@127.0.0.1/"),
        ("SECRET_KEY", "hunter2"),
        ("STORAGE_URL", "ftp://me:hunter2@127.0.0.1/"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_without_its_value(
    tmp_path: Path, setting: str, value: str
) -> None:
    refused = run(
        tmp_path,
        "serve",
        **{f"NOTIFIER_{setting}": value, "NOTIFIER_PORT": str(free_port())},
    )

    assert refused.returncode == 1
    assert re.fullmatch(r"Error: .+\n", refused.stderr)
    assert "hunter2" not in refused.stderr + refused.stdout


def _add_alice(data_dir: Path) -> None:
    added = run(data_dir, "users", "add", "alice", "--password-stdin", stdin=PASSWORD)
    assert added.returncode == 0, added.stderr
    granted = run(data_dir, "grants", "add", "user:alice", "admin")
    assert granted.returncode == 0, granted.stderr


def _shown(program: Program, user: User) -> Iterable[tuple[str, bytes]]:
    """Give all that a running server shows, each with its name."""
    yield "output", program.output.read_bytes()
    for path in (
        "/metrics",
        "/api/v1/events?limit=1000",
        "/api/v1/deliveries?limit=1000",
        "/api/v1/endpoints",
        "/api/v1/users",
        "/api/v1/grants",
        "/api/v1/tokens",
        "/api/v1/sources",
        "/api/v1/caller",
    ):
        answer = user.ask("GET", path, user.basic)
        assert answer.status_code == 200, answer.text
        yield path, answer.content
    yield "attempts", json.dumps(user.attempts()).encode()
    for pid in program.pids():
        for name in ("cmdline", "comm", "environ"):
            path = f"/proc/{pid}/{name}"
            with suppress(OSError):
                yield path, Path(path).read_bytes()


def _kept(program: Program) -> Iterable[tuple[str, bytes]]:
    """Give all files of a server that has ended."""
    for path in program.data_dir.rglob("*"):
        if path.is_file():
            yield str(path), path.read_bytes()
    yield "output", program.output.read_bytes()
