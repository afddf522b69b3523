"""The gate for reads answers as the views behind it do, and less often."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from flask import Flask, request, request_started
from flask.testing import FlaskClient
from werkzeug.test import Client, EnvironBuilder, TestResponse

from notifier.access.passwords import PasswordHash
from notifier.storage import Storage
from notifier.web.gates.reads import Gate
from notifier.web.services import Services
from tests import factories
from tests.web.auth.people import Headers, People

LAYER = b"layer"
LARGE = b"0123456789abcdef" * 50_000
MANIFEST = factories.manifest(layers=(LAYER, LARGE))
DIGEST, BLOB, LARGE_BLOB = (
    factories.digest(content) for content in (MANIFEST, LAYER, LARGE)
)

Ask = Callable[..., TestResponse]


@pytest.fixture(name="client")
def _client(app: Flask) -> FlaskClient:
    client = app.test_client()
    for content in (b"{}", LAYER, LARGE):
        factories.push_blob(client, content)
    factories.push_manifest(client, MANIFEST, "1.0")
    return client


@pytest.fixture(name="seen_by_flask")
def _seen_by_flask(app: Flask) -> Iterator[list[str]]:
    """Give the paths of the requests that come to Flask, as they come."""
    paths: list[str] = []

    def note(_app: Flask, **_: Any) -> None:
        paths.append(request.path)

    with request_started.connected_to(note, app):
        yield paths


@pytest.fixture(name="ask_flask")
def _ask_flask(app: Flask) -> Ask:
    """Give what sends a request past the gate."""
    layer: Any = app.wsgi_app
    while not isinstance(layer, Gate):
        layer = layer._app
    past = Client(layer._app)

    def ask(**asked: Any) -> TestResponse:
        return past.open(EnvironBuilder(**asked))

    return ask


REQUESTS: list[Mapping[str, Any]] = [
    {"path": f"/v2/team/app/{path}", "headers": headers}
    for path, headers in [
        ("manifests/1.0", {}),
        (f"manifests/{DIGEST}", {}),
        (f"manifests/{DIGEST}", {"If-None-Match": f'"{DIGEST}"'}),
        (f"manifests/{DIGEST}", {"If-None-Match": '"another"'}),
        (f"blobs/{BLOB}", {}),
        (f"blobs/{BLOB}", {"If-None-Match": f'W/"{BLOB}"'}),
        (f"blobs/{LARGE_BLOB}", {}),
        (f"blobs/{LARGE_BLOB}", {"Range": "bytes=10-19"}),
        (f"blobs/{LARGE_BLOB}", {"Range": "bytes=-300000"}),
        (f"blobs/{LARGE_BLOB}", {"Range": "bytes=0-9", "If-Range": '"another"'}),
    ]
]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("asked", REQUESTS)
def test_it_answers_what_the_view_would_answer(
    client: FlaskClient,
    ask_flask: Ask,
    seen_by_flask: list[str],
    asked: Mapping[str, Any],
    method: str,
) -> None:
    mine = client.open(method=method, **asked)
    assert seen_by_flask == []

    theirs = ask_flask(method=method, **asked)

    assert seen_by_flask == [asked["path"]]
    assert (mine.status_code, mine.data) == (theirs.status_code, theirs.data)
    mine.headers.pop("X-Request-Id")
    for name in ("X-Content-Type-Options", "Referrer-Policy"):
        mine.headers.pop(name)
    mine.headers.pop("Content-Security-Policy")
    assert sorted(mine.headers) == sorted(theirs.headers)


@pytest.mark.parametrize(
    "path",
    [
        "/v2/team/app/manifests/unknown",
        f"/v2/team/app/blobs/{factories.digest(b'unknown')}",
        "/v2/team/app/blobs/sha256:nonsense",
        "/v2/Team/manifests/1.0",
        "/v2/team/app/tags/list",
    ],
)
def test_what_is_refused_is_told_by_flask(
    client: FlaskClient, ask_flask: Ask, seen_by_flask: list[str], path: str
) -> None:
    mine, theirs = client.get(path), ask_flask(path=path)

    assert seen_by_flask == [path, path]
    assert (mine.status_code, mine.data) == (theirs.status_code, theirs.data)


def test_what_failed_is_not_tried_again(
    client: FlaskClient, own: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def fail(_storage: Storage, digest: str) -> None:
        tried.append(digest)
        raise OSError("the disk is broken")

    monkeypatch.setattr(type(own.storage), "open_blob", fail)

    assert client.get(f"/v2/team/app/blobs/{BLOB}").status_code == 500
    assert tried == [BLOB]


@pytest.fixture(name="people")
def _people(own: Services, password_hash: PasswordHash) -> People:
    return People(own, password_hash)


def _credentials(people: People) -> Iterator[tuple[str, Headers, int, bool]]:
    """Yield who asks, by what, the status that they get, and whether Flask says it."""
    password = people.add("alice", "pull")
    yield "a password", password, 200, True
    yield "a token", people.token("alice", "pull"), 200, False
    yield "a token that says nothing of it", people.token("alice", "push"), 403, True
    yield "an expired token", people.expired_token("alice"), 401, True
    yield "nobody", {}, 401, True
    yield "nonsense", {"Authorization": "Bearer"}, 401, True


def test_it_lets_in_by_tokens_and_leaves_the_rest_to_flask(
    client: FlaskClient,
    people: People,
    seen_by_flask: list[str],
    subtests: pytest.Subtests,
) -> None:
    for who, headers, status, by_flask in _credentials(people):
        with subtests.test(who):
            seen_by_flask.clear()
            response = client.get("/v2/team/app/manifests/1.0", headers=headers)

            assert response.status_code == status
            assert bool(seen_by_flask) is by_flask


def test_what_anybody_may_pull_goes_through(
    client: FlaskClient, people: People, seen_by_flask: list[str]
) -> None:
    people.grant("anonymous", "pull", on="team/*")

    assert client.get("/v2/team/app/manifests/1.0").status_code == 200
    assert seen_by_flask == []
