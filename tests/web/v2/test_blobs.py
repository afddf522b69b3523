import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifier.config import PullEvents, Settings
from notifier.web.services import Services
from tests import factories
from tests.web.v2 import traces

CONTENT = bytes(range(256)) * 8
DIGEST = factories.digest(CONTENT)
PATH = f"/v2/team/app/blobs/{DIGEST}"
LARGE = b"0123456789abcdef" * 50_000


@pytest.fixture(name="client")
def _client(app: Flask) -> FlaskClient:
    client = app.test_client()
    factories.push_blob(client, CONTENT)
    return client


def test_a_blob_is_sent_as_it_came(client: FlaskClient) -> None:
    response = client.get(PATH)

    assert response.status_code == 200
    assert response.data == CONTENT
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Length"] == "2048"
    assert response.headers["Docker-Content-Digest"] == DIGEST
    assert response.headers["Etag"] == f'"{DIGEST}"'
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["Cache-Control"] == "max-age=31536000"


def test_its_headers_can_be_had_alone(client: FlaskClient) -> None:
    whole, head = client.get(PATH), client.head(PATH)

    assert head.status_code == 200
    assert head.data == b""
    for name in ("Content-Length", "Content-Type", "Docker-Content-Digest", "Etag"):
        assert head.headers[name] == whole.headers[name]


@pytest.mark.parametrize("algorithm", ["sha384", "sha512"])
def test_a_blob_is_known_by_the_digest_it_was_pushed_by(
    client: FlaskClient, algorithm: str
) -> None:
    digest = factories.digest(CONTENT, algorithm)
    path = f"/v2/team/app/blobs/{digest}"
    assert client.get(path).status_code == 404

    client.post(f"/v2/team/app/blobs/uploads/?digest={digest}", data=CONTENT)

    response = client.get(path)
    assert response.data == CONTENT
    assert response.headers["Docker-Content-Digest"] == digest


def test_an_empty_blob_has_a_length_of_nothing(client: FlaskClient) -> None:
    path = f"/v2/team/app/blobs/{factories.push_blob(client, b'')}"

    for response in (client.get(path), client.head(path)):
        assert response.status_code == 200
        assert response.headers["Content-Length"] == "0"
        assert response.data == b""
    assert client.get(path, headers={"Range": "bytes=0-"}).status_code == 416


def test_a_large_blob_is_streamed(client: FlaskClient) -> None:
    path = f"/v2/team/app/blobs/{factories.push_blob(client, LARGE)}"

    with client.get(path) as response:
        assert response.is_streamed
        assert response.headers["Content-Length"] == str(len(LARGE))
        assert response.data == LARGE


def test_a_blob_is_visible_only_where_it_is_linked(client: FlaskClient) -> None:
    for path in (
        f"/v2/other/app/blobs/{DIGEST}",
        f"/v2/team/blobs/{DIGEST}",
        f"/v2/team/app/blobs/{factories.digest(b'unknown')}",
    ):
        response = client.get(path)
        assert response.status_code == 404
        assert response.get_json()["errors"][0]["code"] == "BLOB_UNKNOWN"


def test_a_manifest_is_no_blob(client: FlaskClient) -> None:
    digest = factories.push_image(client)

    assert client.get(f"/v2/team/app/blobs/{digest}").status_code == 404


RANGES = [
    ("bytes=500-1499", 500, 1499),
    ("bytes=500-", 500, 2047),
    ("bytes=-500", 1548, 2047),
    ("bytes=2000-5000", 2000, 2047),
    ("bytes=0-0", 0, 0),
    ("bytes=2047-", 2047, 2047),
    ("bytes=-9999", 0, 2047),
    ("bytes = 1-2", 1, 2),
    ("bytes=0-999999999999999999", 0, 2047),
    (f"bytes=5-{2**63 - 1}", 5, 2047),
    (f"bytes=0-{'9' * 99}", 0, 2047),
]
EMPTY_RANGES = ["bytes=500-0", "bytes=5000-10000", "bytes=2048-", "bytes=-0", "bytes=-"]
STRANGE_RANGES = [
    "",
    "bytes",
    "items=0-1",
    "bytes=a-b",
    "bytes=0-1,5-6",
    "bytes=--1",
    "bytes=1",
    "bytes=0x1-",
    f"bytes=0-{'9' * 100}",
    "bytes=" + "0-1," * 10_000,
]


def test_part_of_a_blob_is_sent(client: FlaskClient, subtests: pytest.Subtests) -> None:
    for asked, first, last in RANGES:
        with subtests.test(asked):
            response = client.get(PATH, headers={"Range": asked})

            assert response.status_code == 206
            assert response.data == CONTENT[first : last + 1]
            assert response.headers["Content-Length"] == str(last - first + 1)
            assert response.headers["Content-Range"] == f"bytes {first}-{last}/2048"
            assert response.headers["Docker-Content-Digest"] == DIGEST


def test_a_range_that_holds_nothing_is_refused(
    client: FlaskClient, subtests: pytest.Subtests
) -> None:
    for asked in EMPTY_RANGES:
        with subtests.test(asked):
            response = client.get(PATH, headers={"Range": asked})

            assert response.status_code == 416
            assert response.headers["Content-Range"] == "bytes */2048"
            assert response.get_json()["errors"][0]["code"] == "RANGE_INVALID"


def test_a_range_that_is_not_understood_is_ignored(
    client: FlaskClient, subtests: pytest.Subtests
) -> None:
    for asked in STRANGE_RANGES:
        with subtests.test(asked[:20]):
            response = client.get(PATH, headers={"Range": asked})

            assert response.status_code == 200
            assert response.data == CONTENT


def test_a_range_of_another_version_is_ignored(client: FlaskClient) -> None:
    other = f'"{factories.digest(b"other")}"'
    for condition, status in (
        (f'"{DIGEST}"', 206),
        (other, 200),
        ("Fri, 01 May 2026 15:28:51 GMT", 200),
        ("nonsense", 200),
    ):
        headers = {"Range": "bytes=0-9", "If-Range": condition}
        assert client.get(PATH, headers=headers).status_code == status


def test_a_head_ignores_ranges(client: FlaskClient) -> None:
    response = client.head(PATH, headers={"Range": "bytes=9999-"})

    assert response.status_code == 200
    assert response.headers["Content-Length"] == "2048"


def test_what_the_client_has_is_not_sent_again(client: FlaskClient) -> None:
    for condition in (f'"{DIGEST}"', f'W/"{DIGEST}"', f'"x", "{DIGEST}"', DIGEST, "*"):
        response = client.get(PATH, headers={"If-None-Match": condition})

        assert response.status_code == 304, condition
        assert response.data == b""
        assert response.headers["Etag"] == f'"{DIGEST}"'


def test_what_the_client_has_of_another_blob_does_not_count(
    client: FlaskClient,
) -> None:
    for condition in ('"x"', f'"{factories.digest(b"other")}"', "", "nonsense,,"):
        assert client.get(PATH, headers={"If-None-Match": condition}).data == CONTENT


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=st.none() | st.integers(0, 2100), last=st.none() | st.integers(0, 10**18 - 1)
)
def test_any_range_is_what_slicing_says(
    client: FlaskClient, first: int | None, last: int | None
) -> None:
    asked = f"bytes={'' if first is None else first}-{'' if last is None else last}"
    if first is None:
        expected = CONTENT[-last:] if last else b""
    else:
        expected = CONTENT[first : len(CONTENT) if last is None else last + 1]

    response = client.get(PATH, headers={"Range": asked})

    assert response.status_code == (206 if expected else 416)
    if expected:
        assert response.data == expected


def test_a_blob_that_is_deleted_is_gone_at_once_and_may_come_again(
    client: FlaskClient,
) -> None:
    response = client.delete(PATH)

    assert (response.status_code, response.data) == (202, b"")
    assert client.get(PATH).status_code == 404
    again = client.delete(PATH)
    assert again.status_code == 404
    assert again.get_json()["errors"][0]["code"] == "BLOB_UNKNOWN"
    factories.push_blob(client, CONTENT)
    assert client.get(PATH).data == CONTENT


def test_a_blob_deleted_in_one_repository_stays_in_another(
    client: FlaskClient,
) -> None:
    factories.push_blob(client, CONTENT, "other/app")

    client.delete(PATH)

    assert client.get(f"/v2/other/app/blobs/{DIGEST}").data == CONTENT


def test_a_second_copy_costs_no_room(client: FlaskClient, own: Services) -> None:
    before = traces.left(own)

    factories.push_blob(client, CONTENT, "other/app")
    factories.push_blob(client, CONTENT)

    assert {name for name in traces.left(own) if name.startswith("/")} == {
        name for name in before if name.startswith("/")
    }


def open_blobs() -> int:
    """Count the blobs' files that this process has open."""
    count = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        # That of the folder itself is gone by now.
        with suppress(FileNotFoundError):
            count += "/blobs/" in str(descriptor.readlink())
    return count


@pytest.mark.parametrize("read", [False, True])
def test_a_client_that_goes_away_leaves_no_file_open(
    app: Flask, client: FlaskClient, *, read: bool
) -> None:
    path = f"/v2/team/app/blobs/{factories.push_blob(client, LARGE)}"
    client.get(path).close()

    chunks: Any = app.test_client().get(path, buffered=False).response
    if read:
        next(iter(chunks))
    chunks.close()

    assert open_blobs() == 0


def blob_file(folder: Path) -> Path:
    return folder / "blobs" / "sha256" / DIGEST[7:9] / DIGEST[7:]


@pytest.mark.parametrize("fault", ["lost", "cut"])
def test_a_blob_that_the_storage_lost_is_a_fault_and_no_pull(
    client: FlaskClient, own: Services, fault: str
) -> None:
    file = blob_file(own.settings.data_dir)
    if fault == "lost":
        file.unlink()
    else:
        os.truncate(file, 5)

    response = client.get(PATH)

    assert response.status_code == 500
    assert response.get_json()["errors"][0]["code"] == "UNKNOWN"
    assert str(own.settings.data_dir) not in response.text
    assert open_blobs() == 0
    assert traces.told(own) == ["push blob"]


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-3"}, {"Range": "bytes=5-"}])
def test_a_small_blob_that_is_damaged_is_never_sent(
    client: FlaskClient, own: Services, headers: dict[str, str]
) -> None:
    assert client.get(PATH).data == CONTENT
    damage(blob_file(own.settings.data_dir))

    responses = [client.get(PATH, headers=headers) for _ in range(2)]

    for response in responses:
        assert response.status_code == 500
        assert response.get_json()["errors"][0]["code"] == "UNKNOWN"
    assert open_blobs() == 0
    assert traces.told(own) == ["push blob", "pull blob"]


def test_a_large_blob_that_is_damaged_is_never_sent_whole(
    client: FlaskClient, own: Services
) -> None:
    large = bytes(3_000_000)
    digest = factories.push_blob(client, large)
    path = f"/v2/team/app/blobs/{digest}"
    damage(own.settings.data_dir / "blobs" / "sha256" / digest[7:9] / digest[7:])

    first = client.get(path)
    assert first.headers["Content-Length"] == str(len(large))
    assert len(first.data) < len(large)

    second = client.get(path)
    part = client.get(path, headers={"Range": "bytes=10-19"})
    assert (second.status_code, part.status_code) == (500, 500)
    assert open_blobs() == 0


@pytest.mark.parametrize("fault", ["lost", "cut", "damaged"])
def test_what_is_known_to_be_damaged_is_pushed_again_and_is_sound_then(
    client: FlaskClient, own: Services, fault: str
) -> None:
    file = blob_file(own.settings.data_dir)
    if fault == "lost":
        file.unlink()
    elif fault == "cut":
        os.truncate(file, 5)
    else:
        damage(file)
    client.get(PATH)

    assert client.head(PATH).status_code == 404
    mount = f"/v2/other/app/blobs/uploads/?mount={DIGEST}&from=team/app"
    assert client.post(mount).status_code == (201 if fault == "damaged" else 202)
    factories.push_blob(client, CONTENT)

    assert client.head(PATH).status_code == 200
    assert client.get(PATH).data == CONTENT


def damage(file: Path) -> None:
    """Change a bit in the middle of a file."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


class TestCommittedPulls:
    @pytest.fixture(name="settings")
    def _settings(self, settings: Settings) -> Settings:
        return replace(settings, pull_events=PullEvents.COMMIT)

    def test_a_pull_that_cannot_be_recorded_fails_and_leaves_no_file_open(
        self, client: FlaskClient, own: Services, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object) -> None:
            raise LookupError

        monkeypatch.setattr(own.recorder, "insert", refuse)

        assert client.get(PATH).status_code == 500
        assert open_blobs() == 0
