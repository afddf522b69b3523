import io
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from notifier import app as composition
from notifier.config import Settings
from notifier.web.services import Services
from tests import factories
from tests.web.v2 import traces

CONTENT = b"0123456789"
DIGEST = factories.digest(CONTENT)
UPLOADS = "/v2/team/app/blobs/uploads/"


def begin(client: FlaskClient, query: str = "") -> str:
    response = client.post(UPLOADS + query)
    assert response.status_code == 202, response.text
    return response.location


def patch(
    client: FlaskClient, session: str, chunk: bytes, content_range: str | None = None
) -> TestResponse:
    headers = {} if content_range is None else {"Content-Range": content_range}
    return client.patch(
        session, data=chunk, headers=headers, content_type="application/octet-stream"
    )


def stream(client: FlaskClient, method: str, path: str, content: bytes) -> TestResponse:
    """Send *content* in a body of unknown length, as servers hand it on."""
    return client.open(
        path,
        method=method,
        input_stream=io.BytesIO(content),
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )


def code(response: TestResponse) -> str:
    text: str = response.get_json()["errors"][0]["code"]
    return text


def test_a_session_begins_empty(client: FlaskClient) -> None:
    response = client.post(UPLOADS)

    id_ = response.headers["Docker-Upload-UUID"]
    assert response.status_code == 202
    assert response.location == f"http://localhost{UPLOADS}{id_}"
    assert response.headers["Range"] == "0-0"
    assert response.headers["Content-Length"] == "0"
    assert "Content-Type" not in response.headers


def test_a_session_takes_a_stream_and_is_closed(client: FlaskClient) -> None:
    session = begin(client)

    streamed = stream(client, "PATCH", session, CONTENT)
    closed = client.put(f"{session}?digest={DIGEST}")

    assert streamed.status_code == 202
    assert streamed.location == session
    assert streamed.headers["Range"] == "0-9"
    assert closed.status_code == 201
    assert closed.location == f"http://localhost/v2/team/app/blobs/{DIGEST}"
    assert closed.headers["Docker-Content-Digest"] == DIGEST
    assert closed.headers["Content-Length"] == "0"
    assert client.get(closed.location).data == CONTENT
    assert client.get(session).status_code == 404


@pytest.mark.parametrize("content", [b"", CONTENT, CONTENT * 200_000], ids=len)
def test_a_blob_comes_in_one_request(client: FlaskClient, content: bytes) -> None:
    digest = factories.digest(content)

    response = client.post(f"{UPLOADS}?digest={digest}", data=content)

    assert response.status_code == 201
    assert client.get(response.location).data == content


def test_a_blob_comes_in_two_requests(client: FlaskClient) -> None:
    session = begin(client)

    response = client.put(f"{session}?digest={DIGEST}&_state=x", data=CONTENT)

    assert response.status_code == 201
    assert client.get(response.location).data == CONTENT


@pytest.mark.parametrize("algorithm", ["sha384", "sha512"])
def test_the_algorithm_may_be_named_before(client: FlaskClient, algorithm: str) -> None:
    digest = factories.digest(CONTENT, algorithm)
    session = begin(client, f"?digest-algorithm={algorithm}")
    patch(client, session, CONTENT)

    response = client.put(f"{session}?digest={digest}")

    assert response.headers["Docker-Content-Digest"] == digest
    assert client.get(response.location).data == CONTENT


def test_an_unknown_algorithm_is_refused_before(
    client: FlaskClient, own: Services
) -> None:
    before = traces.left(own)

    response = client.post(f"{UPLOADS}?digest-algorithm=md5")

    assert (response.status_code, code(response)) == (400, "DIGEST_INVALID")
    assert traces.left(own) == before


def test_chunks_go_on_from_one_another_the_last_with_the_close(
    client: FlaskClient,
) -> None:
    session = begin(client)

    assert patch(client, session, b"0123", "0-3").headers["Range"] == "0-3"
    assert patch(client, session, b"456", "4-6").headers["Range"] == "0-6"
    closed = client.put(
        f"{session}?digest={DIGEST}", data=b"789", headers={"Content-Range": "7-9"}
    )

    assert client.get(closed.location).data == CONTENT


@pytest.mark.parametrize("content_range", ["0-3", "5-8", "3-6", "nonsense", "8-5"])
def test_a_chunk_out_of_order_is_told_where_to_go_on(
    client: FlaskClient, content_range: str
) -> None:
    session = begin(client)
    patch(client, session, b"0123", "0-3")

    for response in (
        patch(client, session, b"4567", content_range),
        client.put(
            f"{session}?digest={DIGEST}",
            data=b"4567",
            headers={"Content-Range": content_range},
        ),
    ):
        assert (response.status_code, code(response)) == (416, "RANGE_INVALID")
        assert response.location == session
        assert response.headers["Range"] == "0-3"

    status = client.get(f"{session}?digest={DIGEST}")
    assert status.status_code == 204
    assert status.headers["Range"] == "0-3"
    assert status.location == session
    patch(client, session, b"456789", "4-9")
    assert client.put(f"{session}?digest={DIGEST}").status_code == 201


def test_before_any_byte_the_range_is_that_of_one(client: FlaskClient) -> None:
    session = begin(client)

    refused = patch(client, session, b"4567", "4-7")

    assert refused.headers["Range"] == "0-0"
    assert client.get(session).headers["Range"] == "0-0"


def test_a_length_that_contradicts_the_range_is_refused(client: FlaskClient) -> None:
    session = begin(client)

    response = patch(client, session, b"0123", "0-9")

    assert (response.status_code, code(response)) == (400, "SIZE_INVALID")
    assert client.get(session).headers["Range"] == "0-0"


def test_a_cancelled_session_is_gone(client: FlaskClient, own: Services) -> None:
    before = traces.left(own)
    session = begin(client)
    patch(client, session, CONTENT)

    response = client.delete(session)

    assert (response.status_code, response.data) == (204, b"")
    for method in ("GET", "PATCH", "DELETE"):
        again = client.open(session, method=method)
        assert (again.status_code, code(again)) == (404, "BLOB_UPLOAD_UNKNOWN")
    assert traces.left(own) == before


def test_a_session_can_be_looked_at_without_a_body(client: FlaskClient) -> None:
    response = client.head(begin(client))

    assert response.status_code == 204
    assert response.headers["Range"] == "0-0"


@pytest.mark.parametrize(
    "digest", ["", "sha256:abc", "md5:" + "a" * 32, "sha257:" + "a" * 64]
)
def test_a_close_with_a_bad_digest_leaves_the_session(
    client: FlaskClient, digest: str
) -> None:
    session = begin(client)
    patch(client, session, CONTENT)

    for path in (f"{session}?digest={digest}", session):
        response = client.put(path)
        assert (response.status_code, code(response)) == (400, "DIGEST_INVALID")

    assert client.put(f"{session}?digest={DIGEST}").status_code == 201


def test_content_of_another_digest_leaves_nothing(
    client: FlaskClient, own: Services
) -> None:
    before = traces.left(own)
    other = factories.digest(b"other")
    session = begin(client)
    patch(client, session, CONTENT)

    for response in (
        client.put(f"{session}?digest={other}"),
        client.put(f"{begin(client)}?digest={other}", data=CONTENT),
        client.post(f"{UPLOADS}?digest={other}", data=CONTENT),
        stream(client, "POST", f"{UPLOADS}?digest={other}", CONTENT),
    ):
        assert (response.status_code, code(response)) == (400, "DIGEST_INVALID")

    assert client.get(session).status_code == 404
    assert traces.left(own) == before


def test_a_session_belongs_to_its_repository(client: FlaskClient) -> None:
    session = begin(client).replace("team/app", "team/other")

    for response in (
        client.get(session),
        patch(client, session, CONTENT),
        client.put(f"{session}?digest={DIGEST}", data=CONTENT),
        client.delete(session),
    ):
        assert (response.status_code, code(response)) == (404, "BLOB_UPLOAD_UNKNOWN")


def test_a_full_storage_is_told_and_the_session_stays(
    client: FlaskClient, own: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = begin(client)
    patch(client, session, b"0123")
    before = traces.left(own)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("notifier.storage.filesystem.os.write", full)
        responses = [
            patch(client, session, b"456789"),
            client.put(f"{session}?digest={DIGEST}", data=b"456789"),
            client.post(f"{UPLOADS}?digest={DIGEST}", data=CONTENT),
        ]

    assert [response.status_code for response in responses] == [507] * 3
    assert traces.left(own) == before
    patch(client, session, b"456789", "4-9")
    assert client.put(f"{session}?digest={DIGEST}").status_code == 201


@pytest.fixture(name="strict")
def _strict(settings: Settings) -> Iterator[FlaskClient]:
    """Give an application that takes little."""
    app = composition.create_app(replace(settings, max_blob_mb=1, max_uploads=2))
    yield app.test_client()
    composition.close(app)


def test_a_blob_that_is_too_large_is_refused_and_nothing_is_left(
    strict: FlaskClient, own: Services
) -> None:
    before = traces.left(own)
    large = b"x" * (1024 * 1024 + 1)
    digest = factories.digest(large)

    for refused in (
        strict.post(f"{UPLOADS}?digest={digest}", data=large),
        stream(strict, "POST", f"{UPLOADS}?digest={digest}", large),
        patch(strict, begin(strict), large),
        stream(strict, "PATCH", begin(strict), large),
        strict.put(f"{begin(strict)}?digest={digest}", data=large),
    ):
        assert (refused.status_code, code(refused)) == (413, "SIZE_INVALID")
        assert refused.get_json()["errors"][0]["detail"] == {"limit": 1024 * 1024}

    assert traces.left(own) == before


def test_what_is_sent_of_a_blob_that_is_too_large_is_still_read(
    strict: FlaskClient,
) -> None:
    sent = io.BytesIO(b"x" * (3 * 1024 * 1024))

    refused = strict.patch(
        begin(strict), input_stream=sent, content_type="application/octet-stream"
    )

    assert refused.status_code == 413
    assert sent.read() == b""


def test_beyond_so_many_sessions_a_client_is_told_to_wait(strict: FlaskClient) -> None:
    first = begin(strict)
    begin(strict)

    refused = strict.post(UPLOADS)

    assert (refused.status_code, code(refused)) == (429, "TOOMANYREQUESTS")
    assert refused.headers["Retry-After"] == "60"
    patch(strict, first, CONTENT)
    assert strict.put(f"{first}?digest={DIGEST}").status_code == 201
    assert strict.post(UPLOADS).status_code == 202


def test_a_blob_is_mounted_from_next_door(client: FlaskClient, own: Services) -> None:
    factories.push_blob(client, CONTENT, "base/debian")

    response = client.post(f"{UPLOADS}?mount={DIGEST}&from=base/debian")

    assert response.status_code == 201
    assert response.location == f"http://localhost/v2/team/app/blobs/{DIGEST}"
    assert response.headers["Docker-Content-Digest"] == DIGEST
    assert client.get(response.location).data == CONTENT
    assert traces.recorded(own)[1].target.from_repository == "base/debian"


def test_a_mount_without_a_source_finds_the_blob(
    client: FlaskClient, own: Services
) -> None:
    factories.push_blob(client, CONTENT, "base/debian")

    response = client.post(f"{UPLOADS}?mount={DIGEST}")

    assert response.status_code == 201
    assert traces.told(own) == ["push blob", "mount blob"]
    assert traces.recorded(own)[1].target.from_repository == "base/debian"


def test_a_mount_of_what_is_there_already_is_a_mount(client: FlaskClient) -> None:
    factories.push_blob(client, CONTENT)

    for _ in range(2):
        response = client.post(f"{UPLOADS}?mount={DIGEST}&from=team/app")
        assert response.status_code == 201


@pytest.mark.parametrize(
    "query",
    [
        f"?mount={DIGEST}",
        f"?mount={DIGEST}&from=base/debian",
        f"?mount={factories.digest(b'layer')}&from=base/ubuntu",
        f"?mount={factories.digest(b'layer')}&from=../debian",
        f"?mount={factories.digest(b'layer')}&from=",
        "?mount=&from=base/debian",
        "?mount=sha256:abc&from=base/debian",
        "?mount=sha256%3A%00&from=base%00",
    ],
)
def test_what_cannot_be_mounted_is_to_be_sent(
    client: FlaskClient, own: Services, query: str
) -> None:
    factories.push_blob(client, b"layer", "base/debian")

    session = begin(client, query)

    assert client.put(f"{session}?digest={DIGEST}", data=CONTENT).status_code == 201
    assert traces.told(own) == ["push blob", "push blob"]


def test_a_blob_that_was_deleted_next_door_is_not_mounted(client: FlaskClient) -> None:
    factories.push_blob(client, CONTENT, "base/debian")
    client.delete(f"/v2/base/debian/blobs/{DIGEST}")

    begin(client, f"?mount={DIGEST}&from=base/debian")
    begin(client, f"?mount={DIGEST}")


def test_a_session_goes_on_after_a_restart_of_the_application(
    settings: Settings,
) -> None:
    first = composition.create_app(settings)
    session = begin(first.test_client())
    patch(first.test_client(), session, b"0123", "0-3")
    composition.close(first)

    second = composition.create_app(settings)
    client = second.test_client()
    status = client.get(session)
    patch(client, session, b"456789", "4-9")
    closed = client.put(f"{session}?digest={DIGEST}")

    assert status.headers["Range"] == "0-3"
    assert closed.status_code == 201
    assert client.get(closed.location).data == CONTENT
    composition.close(second)


class TestBehindAPrefix:
    @pytest.fixture(name="settings")
    def _settings(self, settings: Settings) -> Settings:
        return replace(settings, public_url="https://example.com/registry")

    def test_every_address_is_the_public_one(self, client: FlaskClient) -> None:
        base = "https://example.com/registry"
        begun = client.post(UPLOADS)
        session = begun.location.removeprefix(base)

        refused = patch(client, session, b"4567", "4-7")
        closed = client.put(f"{session}?digest={DIGEST}", data=CONTENT)

        assert begun.location.startswith(f"{base}{UPLOADS}")
        assert refused.location == begun.location
        assert closed.location == f"{base}/v2/team/app/blobs/{DIGEST}"


class TestInMemory:
    @pytest.fixture(name="settings")
    def _settings(self, settings: Settings) -> Settings:
        return replace(settings, storage_url="memory://")

    def test_an_image_comes_and_goes(self, app: Flask) -> None:
        client = app.test_client()
        session = begin(client)
        patch(client, session, b"0123")
        patch(client, session, b"456789", "4-9")
        assert client.put(f"{session}?digest={DIGEST}").status_code == 201

        digest = factories.push_image(client, layers=(CONTENT,))

        assert client.get(f"/v2/team/app/blobs/{DIGEST}").data == CONTENT
        assert client.delete(f"/v2/team/app/manifests/{digest}").status_code == 202
