from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from notifier import app as composition
from notifier.config import Settings
from notifier.db import DatabaseFull, DatabaseUnavailable
from notifier.events import signals
from notifier.storage import StorageFull
from notifier.web.services import Services
from tests import factories
from tests.web.v2 import traces

BLOB = factories.digest(b"layer")


def test_this_is_a_registry(client: FlaskClient) -> None:
    for path in ("/v2/", "/v2"):
        for method, body in (("GET", b"{}"), ("HEAD", b"")):
            response = client.open(path, method=method)

            assert response.status_code == 200
            assert response.headers["Docker-Distribution-Api-Version"] == "registry/2.0"
            assert response.headers["Content-Type"] == "application/json"
            assert response.headers["Content-Length"] == "2"
            assert response.data == body


NO_ROUTES = [
    ("GET", "/v2/unknown", 404),
    ("GET", "/v2/team/app", 404),
    ("GET", "/v2/team/app/tags", 404),
    ("GET", "/v2/team/app/tags/list/more", 404),
    ("GET", "/v2//manifests/1.0", 404),
    ("POST", "/v2/", 405),
    ("PATCH", "/v2/team/app/manifests/1.0", 405),
    ("POST", f"/v2/team/app/blobs/{BLOB}", 405),
    ("GET", "/v2/team/app/blobs/uploads/", 405),
    ("DELETE", "/v2/_catalog", 405),
    ("BREW", "/v2/_catalog", 405),
]


def test_what_no_route_takes_is_refused_as_the_specification_says(
    client: FlaskClient, subtests: pytest.Subtests
) -> None:
    for method, path, status in NO_ROUTES:
        with subtests.test(method, path=path):
            response = client.open(path, method=method)

            assert response.status_code == status
            assert response.headers["Docker-Distribution-Api-Version"] == "registry/2.0"
            assert response.headers["Content-Type"] == "application/json"
            (error,) = response.get_json()["errors"]
            assert set(error) >= {"code", "message"}
            assert ("Allow" in response.headers) == (status == 405)


ROUTE_LIKE_NAMES = [
    "a/blobs",
    "a/manifests/b",
    "blobs/uploads",
    "manifests",
    "tags/list",
    "a/blobs/uploads/manifests",
    "v2",
    "v2/v2",
]


def test_a_repository_may_be_called_like_parts_of_a_route(
    client: FlaskClient, subtests: pytest.Subtests
) -> None:
    for name in ROUTE_LIKE_NAMES:
        with subtests.test(name):
            digest = factories.push_image(client, "list", name)

            by_tag = client.get(f"/v2/{name}/manifests/list")
            tags = client.get(f"/v2/{name}/tags/list")

            assert by_tag.headers["Docker-Content-Digest"] == digest
            assert tags.get_json() == {"name": name, "tags": ["list"]}
            assert client.get(f"/v2/{name}/blobs/{BLOB}").data == b"layer"


class TestReadOnly:
    @pytest.fixture(name="settings")
    def _settings(self, settings: Settings) -> Settings:
        return replace(settings, read_only=True)

    def test_no_write_is_taken_and_nothing_is_left(
        self, client: FlaskClient, own: Services
    ) -> None:
        before = traces.left(own)
        upload = "/v2/a/blobs/uploads/00000000-0000-7000-8000-000000000000"
        for method, path in (
            ("POST", "/v2/a/blobs/uploads/"),
            ("POST", f"/v2/a/blobs/uploads/?digest={BLOB}"),
            ("PATCH", upload),
            ("PUT", f"{upload}?digest={BLOB}"),
            ("DELETE", upload),
            ("PUT", "/v2/a/manifests/1.0"),
            ("DELETE", "/v2/a/manifests/1.0"),
            ("DELETE", f"/v2/a/blobs/{BLOB}"),
        ):
            response = client.open(path, method=method, data=b"layer")
            assert response.status_code == 405
            assert response.get_json()["errors"][0]["code"] == "UNSUPPORTED"

        assert traces.left(own) == before

    def test_a_refusal_lists_the_methods_that_only_read(
        self, client: FlaskClient
    ) -> None:
        manifest = client.put("/v2/a/manifests/1.0", data=b"{}")
        uploads = client.post("/v2/a/blobs/uploads/")

        assert manifest.headers["Allow"] == "GET, HEAD, OPTIONS"
        assert uploads.headers["Allow"] == "OPTIONS"

    def test_what_is_there_can_be_read(self, client: FlaskClient) -> None:
        assert client.get("/v2/").status_code == 200
        assert client.get("/v2/_catalog").get_json() == {"repositories": []}
        assert client.get(f"/v2/a/blobs/{BLOB}").status_code == 404


class TestWithoutDeletion:
    @pytest.fixture(name="settings")
    def _settings(self, settings: Settings) -> Settings:
        return replace(settings, delete=False)

    def test_content_stays_though_sessions_may_be_cancelled(
        self, client: FlaskClient, own: Services
    ) -> None:
        digest = factories.push_image(client)
        session = client.post("/v2/team/app/blobs/uploads/").location
        before = traces.left(own)

        for path in (f"manifests/{digest}", "manifests/1.0", f"blobs/{BLOB}"):
            response = client.delete(f"/v2/team/app/{path}")
            assert response.status_code == 405
            assert response.get_json()["errors"][0]["code"] == "UNSUPPORTED"
            assert "GET" in response.headers["Allow"]
            assert "DELETE" not in response.headers["Allow"]

        assert traces.left(own) == before
        assert client.delete(session).status_code == 204
        assert client.get("/v2/team/app/manifests/1.0").status_code == 200


class Refusing:
    """A receiver that raises; it lives as long as the test holds it."""

    def __init__(self, sender: Flask, error: Exception) -> None:
        self.error = error
        signals.announced.connect(self.refuse, sender)

    def refuse(self, *_: object, **__: object) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (LookupError("a bug"), 500),
        (DatabaseUnavailable("down"), 503),
        (DatabaseFull("full"), 507),
        (StorageFull("full"), 507),
    ],
    ids=["bug", "database", "full-database", "full-storage"],
)
def test_a_change_whose_event_cannot_be_told_is_undone(
    app: Flask, client: FlaskClient, own: Services, error: Exception, status: int
) -> None:
    digest = factories.push_image(client)
    content = factories.manifest(annotations={"a": "b"})
    before = traces.left(own)
    receiver = Refusing(app, error)

    responses = [
        client.put(
            "/v2/team/app/manifests/2.0",
            data=content,
            content_type="application/vnd.oci.image.manifest.v1+json",
        ),
        client.put("/v2/team/app/manifests/1.0", data=content),
        client.delete("/v2/team/app/manifests/1.0"),
        client.delete(f"/v2/team/app/manifests/{digest}"),
        client.delete(f"/v2/team/app/blobs/{BLOB}"),
        client.post(f"/v2/new/blobs/uploads/?mount={BLOB}&from=team/app"),
        client.post(f"/v2/new/blobs/uploads/?digest={BLOB}", data=b"layer"),
    ]

    assert receiver.error is error
    for response in responses:
        assert response.status_code == status
        assert response.get_json()["errors"][0]["code"] in {"UNKNOWN", "UNAVAILABLE"}
        assert "a bug" not in response.text
    assert traces.left(own) == before
    assert client.get("/v2/new/tags/list").status_code == 404


def test_a_database_that_is_down_is_told_with_a_time_to_come_back(
    client: FlaskClient, own: Services
) -> None:
    factories.push_blob(client)
    with own.database.transaction() as transaction:
        transaction.execute(sa.text("ALTER TABLE blobs RENAME TO lost"))
    try:
        if own.database.dialect == "sqlite":
            response = client.get(f"/v2/team/app/blobs/{BLOB}")
            assert response.status_code == 503
            assert response.headers["Retry-After"] == "1"
            assert response.get_json()["errors"][0]["code"] == "UNAVAILABLE"
    finally:
        with own.database.transaction() as transaction:
            transaction.execute(sa.text("ALTER TABLE lost RENAME TO blobs"))


def test_two_applications_do_not_hear_each_other(
    app: Flask, settings: Settings, client: FlaskClient, own: Services
) -> None:
    other = composition.create_app(settings)
    receiver = Refusing(other, LookupError("not mine"))
    try:
        factories.push_blob(client)
    finally:
        composition.close(other)

    assert isinstance(receiver.error, LookupError)
    assert app is not other
    assert traces.told(own) == ["push blob"]
