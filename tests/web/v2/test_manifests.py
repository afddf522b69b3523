import json
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from notifier.config import References, Settings
from notifier.registry import media_types
from notifier.web.services import Services
from tests import factories
from tests.web.v2 import traces
from tests.web.v2.test_uploads import stream

MANIFESTS = "/v2/team/app/manifests"
UNKNOWN = "application/vnd.acme.rocket.v1+json"


def put(
    client: FlaskClient,
    content: bytes,
    reference: str = "1.0",
    content_type: str | None = media_types.OCI_MANIFEST,
) -> TestResponse:
    return client.put(
        f"{MANIFESTS}/{reference}", data=content, content_type=content_type
    )


def codes(response: TestResponse) -> list[str]:
    return [error["code"] for error in response.get_json()["errors"]]


@pytest.fixture(name="content")
def _content(client: FlaskClient) -> bytes:
    """Push what a manifest needs, and give the manifest, unusual in its spaces."""
    factories.push_blob(client, b"{}")
    factories.push_blob(client, b"layer")
    return b"\n " + factories.manifest().replace(b", ", b"\t,\r\n") + b"\n\n"


def test_a_manifest_is_sent_as_it_came_by_tag_and_by_digest(
    client: FlaskClient, content: bytes
) -> None:
    digest = factories.digest(content)

    created = put(client, content)

    assert created.status_code == 201
    assert created.data == b""
    assert created.location == f"http://localhost{MANIFESTS}/{digest}"
    assert created.headers["Docker-Content-Digest"] == digest
    assert "OCI-Tag" not in created.headers
    for reference in ("1.0", digest):
        response = client.get(f"{MANIFESTS}/{reference}")
        head = client.head(f"{MANIFESTS}/{reference}")
        assert response.data == content
        assert head.data == b""
        for answer in (response, head):
            assert answer.status_code == 200
            assert answer.headers["Content-Type"] == media_types.OCI_MANIFEST
            assert answer.headers["Content-Length"] == str(len(content))
            assert answer.headers["Docker-Content-Digest"] == digest
            assert answer.headers["Etag"] == f'"{digest}"'


def test_no_accept_header_is_wrong(client: FlaskClient, content: bytes) -> None:
    put(client, content)

    for accept in (
        None,
        "*/*",
        "text/html",
        media_types.DOCKER_MANIFEST,
        f"{media_types.OCI_INDEX};q=0.1 ,,, a/b",
    ):
        headers = {} if accept is None else {"Accept": accept}
        assert client.get(f"{MANIFESTS}/1.0", headers=headers).data == content


def test_what_the_client_has_is_not_sent_again(
    client: FlaskClient, content: bytes
) -> None:
    put(client, content)
    digest = factories.digest(content)

    for reference in ("1.0", digest):
        for condition, status in ((f'"{digest}"', 304), (digest, 304), ('"x"', 200)):
            response = client.get(
                f"{MANIFESTS}/{reference}", headers={"If-None-Match": condition}
            )
            assert response.status_code == status


@pytest.mark.parametrize("algorithm", ["sha384", "sha512"])
def test_what_was_pushed_by_a_digest_is_answered_by_it(
    client: FlaskClient, content: bytes, algorithm: str
) -> None:
    digest = factories.digest(content, algorithm)

    created = put(client, content, f"{digest}?tag=wide")

    assert created.headers["Docker-Content-Digest"] == digest
    assert client.get(f"{MANIFESTS}/{digest}").data == content
    by_tag = client.get(f"{MANIFESTS}/wide")
    assert by_tag.headers["Docker-Content-Digest"] == digest
    assert client.get(f"{MANIFESTS}/{factories.digest(content)}").status_code == 404


def test_a_push_by_digest_may_set_tags(client: FlaskClient, content: bytes) -> None:
    digest = factories.digest(content)

    response = put(client, content, f"{digest}?tag=a&tag=b&tag=a")

    assert response.headers.getlist("OCI-Tag") == ["a", "b"]
    for tag in ("a", "b"):
        assert client.get(f"{MANIFESTS}/{tag}").data == content


def test_too_many_tags_or_bad_ones_are_refused(
    client: FlaskClient, own: Services, content: bytes
) -> None:
    digest = factories.digest(content)
    before = traces.left(own)
    many = "&".join(f"tag=t{number}" for number in range(101))

    assert codes(put(client, content, f"{digest}?{many}")) == ["SIZE_INVALID"]
    assert codes(put(client, content, f"{digest}?tag=a&tag=.b")) == ["TAG_INVALID"]
    assert codes(put(client, content, f"{digest}?tag=")) == ["TAG_INVALID"]
    assert traces.left(own) == before


def test_bytes_of_another_digest_are_refused(
    client: FlaskClient, own: Services, content: bytes
) -> None:
    before = traces.left(own)

    for algorithm in ("sha256", "sha384", "sha512"):
        response = put(client, content + b" ", factories.digest(content, algorithm))
        assert response.status_code == 400
        assert codes(response) == ["DIGEST_INVALID"]

    assert traces.left(own) == before


def test_each_thing_that_is_missing_is_named(
    client: FlaskClient, own: Services
) -> None:
    layers = (b"one", b"two", b"one")
    before = traces.left(own)

    response = put(client, factories.manifest(layers=layers))

    assert response.status_code == 400
    assert [error["detail"] for error in response.get_json()["errors"]] == [
        {"digest": factories.digest(content)} for content in (b"{}", b"one", b"two")
    ]
    assert set(codes(response)) == {"MANIFEST_BLOB_UNKNOWN"}
    assert traces.left(own) == before
    factories.push_blob(client, b"one")
    assert len(codes(put(client, factories.manifest(layers=layers)))) == 2


def test_content_of_another_repository_is_missing(client: FlaskClient) -> None:
    factories.push_image(client, repository="other/app")

    assert len(codes(put(client, factories.manifest()))) == 2


def test_more_things_than_one_statement_can_ask_for_are_checked(
    client: FlaskClient,
) -> None:
    layers = tuple(b"%d" % number for number in range(1200))

    response = put(client, factories.manifest(layers=layers))

    assert len(codes(response)) == 1201


def test_sizes_must_be_those_of_the_content(
    client: FlaskClient, own: Services, content: bytes
) -> None:
    before = traces.left(own)
    document = json.loads(content)
    wrong = document["layers"][0] | {"size": 6}

    for layers in ([wrong], [wrong, document["layers"][0]]):
        response = put(client, json.dumps(document | {"layers": layers}).encode())
        assert codes(response) == ["SIZE_INVALID"]
        assert response.get_json()["errors"][0]["detail"] == {
            "digest": wrong["digest"],
            "size": 5,
            "stated": 6,
        }
    assert traces.left(own) == before


def test_layers_that_are_fetched_elsewhere_need_not_be_here(
    client: FlaskClient, content: bytes
) -> None:
    document = json.loads(content)
    for media_type in sorted(media_types.NON_DISTRIBUTABLE):
        document["layers"].append(
            factories.descriptor(b"far away", media_type, urls=["https://x/y"])
        )

    assert put(client, json.dumps(document).encode()).status_code == 201


def test_an_index_needs_its_manifests(
    client: FlaskClient, own: Services, content: bytes
) -> None:
    index = factories.index(content)
    before = traces.left(own)
    refused = put(client, index, content_type=media_types.OCI_INDEX)
    assert codes(refused) == ["MANIFEST_BLOB_UNKNOWN"]
    assert traces.left(own) == before
    put(client, content, factories.digest(content))

    assert put(client, index, "all", media_types.OCI_INDEX).status_code == 201
    nested = json.loads(factories.index())
    nested["manifests"] = [factories.descriptor(index, media_types.OCI_INDEX)]
    created = put(client, json.dumps(nested).encode(), "nested", media_types.OCI_INDEX)
    assert created.status_code == 201


def test_an_index_may_name_blobs_as_caches_of_buildkit_do(
    client: FlaskClient, content: bytes
) -> None:
    index = json.loads(factories.index(content))
    index["manifests"] = [
        factories.descriptor(b"layer", "application/vnd.oci.image.layer.v1.tar+gzip"),
        factories.descriptor(b"{}", "application/vnd.buildkit.cacheconfig.v0"),
    ]

    response = put(client, json.dumps(index).encode(), "cache", media_types.OCI_INDEX)

    assert response.status_code == 201


def test_a_document_of_an_unknown_type_is_kept_and_sent(client: FlaskClient) -> None:
    content = b'{"stages": 3, "manifests": "none"}'

    assert put(client, content, content_type=UNKNOWN).status_code == 201

    response = client.get(f"{MANIFESTS}/1.0")
    assert response.data == content
    assert response.headers["Content-Type"] == UNKNOWN


def test_the_type_may_be_left_out(client: FlaskClient, content: bytes) -> None:
    assert put(client, content, content_type=None).status_code == 201

    response = client.head(f"{MANIFESTS}/1.0")
    assert response.headers["Content-Type"] == media_types.OCI_MANIFEST


def test_parameters_of_a_type_do_not_matter(
    client: FlaskClient, content: bytes
) -> None:
    response = put(client, content, content_type=f"{media_types.OCI_MANIFEST}; a=b")

    assert response.status_code == 201


def test_the_same_bytes_may_become_another_type(client: FlaskClient) -> None:
    content = b'{"subject": %b}' % json.dumps(factories.descriptor(b"x")).encode()
    put(client, content, content_type="application/vnd.a+json")

    put(client, content, content_type="application/vnd.b+json")

    response = client.head(f"{MANIFESTS}/1.0")
    assert response.headers["Content-Type"] == "application/vnd.b+json"
    referrers = client.get(f"/v2/team/app/referrers/{factories.digest(b'x')}")
    (referrer,) = referrers.get_json()["manifests"]
    assert referrer["mediaType"] == "application/vnd.b+json"


def test_a_manifest_of_nearly_four_mebibytes_is_taken_and_no_larger_one(
    client: FlaskClient, own: Services
) -> None:
    limit = 4 * 1024 * 1024
    large = b'{"a": "' + b"x" * (limit - 9) + b'"}'
    assert len(large) == limit
    assert put(client, large, content_type=UNKNOWN).status_code == 201
    assert client.get(f"{MANIFESTS}/1.0").data == large
    before = traces.left(own)

    for response in (
        put(client, large + b" ", "2.0", UNKNOWN),
        stream(client, "PUT", f"{MANIFESTS}/2.0", large + b" "),
        client.put(
            f"{MANIFESTS}/2.0",
            data=b"{}",
            environ_overrides={"CONTENT_LENGTH": str(10**12)},
        ),
    ):
        assert response.status_code == 413
        assert codes(response) == ["MANIFEST_INVALID"]
    assert traces.left(own) == before


def test_a_manifest_may_come_in_a_stream(client: FlaskClient, content: bytes) -> None:
    response = stream(client, "PUT", f"{MANIFESTS}/1.0", content)

    assert response.status_code == 201
    assert client.get(f"{MANIFESTS}/1.0").data == content


def test_a_manifest_may_be_pushed_again(client: FlaskClient, content: bytes) -> None:
    for _ in range(2):
        assert put(client, content).status_code == 201

    assert client.get(f"{MANIFESTS}/1.0").data == content


def test_what_is_not_there_is_unknown(client: FlaskClient) -> None:
    factories.push_image(client)
    unknown = factories.digest(b"unknown")

    for path in (
        f"{MANIFESTS}/2.0",
        f"{MANIFESTS}/{unknown}",
        "/v2/other/app/manifests/1.0",
        f"/v2/other/app/manifests/{unknown}",
    ):
        for method in ("GET", "DELETE"):
            response = client.open(path, method=method)
            assert response.status_code == 404
            assert codes(response) == ["MANIFEST_UNKNOWN"]


def test_a_tag_that_is_deleted_leaves_manifest_and_other_tags(
    client: FlaskClient, content: bytes
) -> None:
    put(client, content, "1.0")
    put(client, content, "latest")

    response = client.delete(f"{MANIFESTS}/1.0")

    assert (response.status_code, response.data) == (202, b"")
    assert client.get(f"{MANIFESTS}/1.0").status_code == 404
    assert client.get(f"{MANIFESTS}/latest").status_code == 200
    assert client.get(f"{MANIFESTS}/{factories.digest(content)}").status_code == 200
    assert client.delete(f"{MANIFESTS}/1.0").status_code == 404


def test_a_manifest_that_is_deleted_takes_its_tags_along(
    client: FlaskClient, content: bytes
) -> None:
    digest = factories.digest(content)
    other = factories.manifest(annotations={"a": "b"})
    put(client, content, "1.0")
    put(client, content, "latest")
    put(client, other, "2.0")

    assert client.delete(f"{MANIFESTS}/{digest}").status_code == 202

    for reference in (digest, "1.0", "latest"):
        assert client.get(f"{MANIFESTS}/{reference}").status_code == 404
    assert client.delete(f"{MANIFESTS}/{digest}").status_code == 404
    assert client.get(f"{MANIFESTS}/2.0").status_code == 200
    tags = client.get("/v2/team/app/tags/list")
    assert tags.get_json()["tags"] == ["2.0"]
    assert put(client, content).status_code == 201


def test_a_manifest_can_be_deleted_before_what_names_it(
    client: FlaskClient, content: bytes
) -> None:
    put(client, content)
    put(client, factories.index(content), "all", media_types.OCI_INDEX)

    assert client.delete(f"{MANIFESTS}/{factories.digest(content)}").status_code == 202
    assert client.get(f"{MANIFESTS}/all").status_code == 200


names = st.text(min_size=1, max_size=10)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=st.dictionaries(names, values, max_size=4), indent=st.integers(0, 3))
def test_any_json_object_comes_back_byte_for_byte(
    client: FlaskClient, document: dict[str, Any], indent: int
) -> None:
    for name in ("mediaType", "subject", "annotations", "artifactType", "config"):
        document.pop(name, None)
    content = json.dumps(document, indent=indent).encode() + b" " * indent

    response = put(client, content, factories.digest(content), UNKNOWN)

    assert response.status_code == 201
    assert client.get(response.location).data == content


class TestSparse:
    @pytest.fixture(name="settings")
    def _settings(self, settings: Settings) -> Settings:
        return replace(settings, manifest_references=References.SPARSE)

    def test_what_a_manifest_names_need_not_be_here(self, client: FlaskClient) -> None:
        content = factories.manifest()

        assert put(client, content).status_code == 201
        index = factories.index(content, b'{"unknown": 1}')
        assert put(client, index, "all", media_types.OCI_INDEX).status_code == 201

    def test_but_what_is_here_must_have_its_size(
        self, client: FlaskClient, own: Services, content: bytes
    ) -> None:
        before = traces.left(own)
        wrong = content.replace(b'"size": 5', b'"size": 6')

        assert codes(put(client, wrong)) == ["SIZE_INVALID"]
        assert traces.left(own) == before


class TestHaste:
    @pytest.fixture(name="settings")
    def _settings(self, settings: Settings) -> Settings:
        return replace(settings, manifest_rate=1)

    def test_who_pushes_too_many_manifests_is_told_to_wait(
        self, client: FlaskClient, own: Services, content: bytes
    ) -> None:
        taken, before = 0, traces.left(own)
        # On a slow machine a second or two have passed, and one or two more may come.
        while (refused := put(client, content, f"1.{taken}")).status_code == 201:
            taken, before = taken + 1, traces.left(own)

        assert taken >= 10
        assert refused.status_code == 429
        assert codes(refused) == ["TOOMANYREQUESTS"]
        assert refused.headers["Retry-After"] == "1"
        assert traces.left(own) == before
        assert client.get(f"{MANIFESTS}/1.0").status_code == 200

    def test_another_repository_and_another_caller_need_not(
        self, client: FlaskClient, content: bytes
    ) -> None:
        while put(client, content).status_code == 201:
            pass

        factories.push_image(client, repository="team/web")
        other = client.put(
            f"{MANIFESTS}/1.0",
            data=content,
            content_type=media_types.OCI_MANIFEST,
            environ_overrides={"REMOTE_ADDR": "192.0.2.9"},
        )
        assert other.status_code == 201
