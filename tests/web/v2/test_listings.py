"""Tags, repositories and referrers: what is listed, and in which pages."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from notifier.registry import media_types
from notifier.web.services import Services
from tests import factories
from tests.web.v2 import traces

TAGS = "/v2/team/app/tags/list"
NAMES = ["0", "1.0", "1.10", "1.2", "A", "Z", "_", "a", "a-b", "a.b", "a_b", "b"]
SUBJECT = factories.digest(b"subject")


def push_tags(client: FlaskClient, names: list[str]) -> None:
    factories.push_image(client, names[0])
    digest = factories.digest(factories.manifest())
    query = "&".join(f"tag={name}" for name in names)
    client.put(
        f"/v2/team/app/manifests/{digest}?{query}",
        data=factories.manifest(),
        content_type=media_types.OCI_MANIFEST,
    )


def follow(client: FlaskClient, path: str, key: str) -> list[list[Any]]:
    """Return all pages from *path* on, by their ``Link``."""
    pages = []
    while path:
        response = client.get(path)
        assert response.status_code == 200
        pages.append(response.get_json()[key])
        link = response.headers.get("Link", "")
        path = link.removesuffix('>; rel="next"').removeprefix("<")
        assert len(pages) < 50
    return pages


def code(response: TestResponse) -> str:
    text: str = response.get_json()["errors"][0]["code"]
    return text


def test_tags_are_listed_in_the_order_of_their_bytes(client: FlaskClient) -> None:
    push_tags(client, NAMES[::-1])

    response = client.get(TAGS)

    assert response.headers["Content-Type"] == "application/json"
    assert "Link" not in response.headers
    assert response.get_json() == {"name": "team/app", "tags": sorted(NAMES)}


def test_tags_come_in_pages(client: FlaskClient) -> None:
    push_tags(client, NAMES)
    expected = sorted(NAMES)

    first = client.get(f"{TAGS}?n=5")

    assert first.headers["Link"] == f'<{TAGS}?last={expected[4]}&n=5>; rel="next"'
    assert follow(client, f"{TAGS}?n=5", "tags") == [
        expected[:5],
        expected[5:10],
        expected[10:],
    ]
    assert follow(client, f"{TAGS}?n=6", "tags") == [expected[:6], expected[6:]]
    assert follow(client, f"{TAGS}?n=1", "tags") == [[name] for name in expected]


@pytest.mark.parametrize("path", [TAGS, "/v2/_catalog"])
def test_a_page_may_begin_and_end_anywhere(
    client: FlaskClient, path: str, subtests: pytest.Subtests
) -> None:
    names = [f"a{number}" for number in range(5)]
    if path == TAGS:
        push_tags(client, names)
    else:
        for name in names:
            factories.push_blob(client, b"layer", name)
    key = "tags" if path == TAGS else "repositories"

    for query, expected, more in (
        ("n=0", [], False),
        ("n=5", names, False),
        ("n=4", names[:4], True),
        ("n=6", names, False),
        (f"n={'9' * 5000}", names, False),
        ("n=", names, False),
        ("last=a1", names[2:], False),
        ("last=a1&n=2", names[2:4], True),
        ("last=a11", names[2:], False),
        ("last=a4", [], False),
        ("last=zzz&n=2", [], False),
        ("last=&n=2", names[:2], True),
        ("last=%F0%9F%90%B3", [], False),
        ("last=%FF%FE", names, False),
        ("last=" + "b" * 60_000, [], False),
        ("unknown=1", names, False),
    ):
        with subtests.test(query[:20]):
            response = client.get(f"{path}?{query}")
            assert response.get_json()[key] == expected
            assert ("Link" in response.headers) == more


def test_a_page_size_that_is_none_is_refused(client: FlaskClient) -> None:
    factories.push_image(client)

    for path in (TAGS, "/v2/_catalog"):
        for size in ("-1", "a", "1.5", "1e3", "0x10", " 5", "%D9%A3", "5%00"):
            response = client.get(f"{path}?n={size}")
            assert response.status_code == 400, size
            assert code(response) == "PAGINATION_NUMBER_INVALID"


def test_a_nul_is_refused_by_every_listing(client: FlaskClient) -> None:
    factories.push_image(client)

    for path in (
        f"{TAGS}?last=a%00",
        "/v2/_catalog?last=a%00",
        f"/v2/team/app/referrers/{SUBJECT}?artifactType=a%00",
        f"/v2/team/app/referrers/{SUBJECT}?last={SUBJECT}%00",
    ):
        assert client.get(path).status_code == 400


def test_a_repository_that_nobody_pushed_to_has_no_tags(client: FlaskClient) -> None:
    response = client.get(TAGS)

    assert response.status_code == 404
    assert code(response) == "NAME_UNKNOWN"
    assert client.get("/v2/Team/tags/list").status_code == 400


def test_a_repository_whose_last_tag_is_gone_has_an_empty_list(
    client: FlaskClient,
) -> None:
    factories.push_image(client)
    client.delete("/v2/team/app/manifests/1.0")

    assert client.get(TAGS).get_json() == {"name": "team/app", "tags": []}


def test_tags_are_those_of_their_repository(client: FlaskClient) -> None:
    factories.push_image(client, "1.0")
    factories.push_image(client, "2.0", "team/app/more")

    assert client.get(TAGS).get_json()["tags"] == ["1.0"]


def test_repositories_are_listed_in_the_order_of_their_bytes(
    client: FlaskClient,
) -> None:
    names = ["b", "a/b", "a-b", "a.b", "a", "a0"]
    for name in names:
        factories.push_blob(client, b"layer", name)

    assert client.get("/v2/_catalog").get_json() == {"repositories": sorted(names)}
    assert follow(client, "/v2/_catalog?n=4", "repositories") == [
        sorted(names)[:4],
        sorted(names)[4:],
    ]


def test_a_registry_is_empty_at_first(client: FlaskClient) -> None:
    assert client.get("/v2/_catalog").get_json() == {"repositories": []}


def test_a_session_or_a_refusal_makes_no_repository(client: FlaskClient) -> None:
    client.post("/v2/team/app/blobs/uploads/")
    client.put("/v2/team/app/manifests/1.0", data=factories.manifest())

    assert client.get("/v2/_catalog").get_json() == {"repositories": []}


# Referrers.


def push_referrer(
    client: FlaskClient, number: int, reference: str | None = None, **more: Any
) -> str:
    """Push an artifact that refers to the subject."""
    factories.push_blob(client, b"{}")
    content = factories.manifest(
        layers=(),
        subject=factories.descriptor(b"subject", media_types.OCI_MANIFEST),
        annotations={"number": str(number)},
        **more,
    )
    return factories.push_manifest(
        client, content, reference or factories.digest(content)
    )


def referrers(client: FlaskClient, query: str = "") -> TestResponse:
    response = client.get(f"/v2/team/app/referrers/{SUBJECT}{query}")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == media_types.OCI_INDEX
    assert response.get_json()["schemaVersion"] == 2
    assert response.get_json()["mediaType"] == media_types.OCI_INDEX
    return response


def digests(response: TestResponse) -> list[str]:
    return [item["digest"] for item in response.get_json()["manifests"]]


def test_what_nothing_refers_to_has_an_empty_index(client: FlaskClient) -> None:
    response = referrers(client)

    assert response.get_json()["manifests"] == []
    assert "OCI-Filters-Applied" not in response.headers


def test_a_push_with_a_subject_says_so_and_is_listed(client: FlaskClient) -> None:
    factories.push_blob(client, b"{}")
    subject = factories.descriptor(b"subject", media_types.OCI_MANIFEST)
    image = factories.manifest(
        layers=(), subject=subject, annotations={"a": "\0\N{SNOWMAN}"}
    )
    index = factories.index(subject=subject)

    for content in (image, index):
        response = client.put(
            "/v2/team/app/manifests/1.0",
            data=content,
            content_type=json.loads(content)["mediaType"],
        )
        assert response.headers["OCI-Subject"] == SUBJECT

    listed = referrers(client).get_json()["manifests"]
    assert sorted(listed, key=lambda item: str(item["mediaType"])) == [
        {
            "mediaType": media_types.OCI_INDEX,
            "digest": factories.digest(index),
            "size": len(index),
        },
        {
            "mediaType": media_types.OCI_MANIFEST,
            "digest": factories.digest(image),
            "size": len(image),
            "artifactType": "application/vnd.oci.image.config.v1+json",
            "annotations": {"a": "\0\N{SNOWMAN}"},
        },
    ]


def test_referrers_can_be_filtered_by_their_type(client: FlaskClient) -> None:
    plain = push_referrer(client, 1)
    typed = push_referrer(client, 2, artifactType="application/vnd.a+json")

    for artifact_type, expected in (
        ("application/vnd.a+json", [typed]),
        ("application/vnd.oci.image.config.v1+json", [plain]),
        ("application/vnd.unknown", []),
    ):
        response = referrers(client, f"?artifactType={quote(artifact_type, safe='')}")
        assert digests(response) == expected
        assert response.headers["OCI-Filters-Applied"] == "artifactType"
    assert set(digests(referrers(client, "?artifactType="))) == {plain, typed}


def test_a_wide_subject_has_referrers_too(client: FlaskClient) -> None:
    wide = factories.digest(b"subject", "sha512")
    factories.push_blob(client, b"{}")
    subject = factories.descriptor(b"subject", media_types.OCI_MANIFEST)
    content = factories.manifest(layers=(), subject=subject | {"digest": wide})
    digest = factories.push_manifest(client, content)

    response = client.get(f"/v2/team/app/referrers/{wide}")

    assert digests(response) == [digest]
    assert digests(referrers(client)) == []


def test_referrers_of_another_repository_are_not_listed(client: FlaskClient) -> None:
    push_referrer(client, 1)

    response = client.get(f"/v2/other/app/referrers/{SUBJECT}")

    assert digests(response) == []


def test_a_referrer_that_is_deleted_or_only_untagged(client: FlaskClient) -> None:
    digest = push_referrer(client, 1, "signature")

    client.delete("/v2/team/app/manifests/signature")
    assert digests(referrers(client)) == [digest]
    client.delete(f"/v2/team/app/manifests/{digest}")
    assert digests(referrers(client)) == []


def test_a_malformed_subject_is_refused(client: FlaskClient) -> None:
    for digest in ("latest", "sha256:abc", "md5:" + "a" * 32):
        response = client.get(f"/v2/team/app/referrers/{digest}")
        assert (response.status_code, code(response)) == (400, "DIGEST_INVALID")


def test_referrers_come_in_pages_if_they_would_be_larger_than_a_manifest(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifier.registry.referrers._BATCH", 3)
    pushed = sorted(push_referrer(client, number) for number in range(8))
    path = f"/v2/team/app/referrers/{SUBJECT}"
    assert [len(page) for page in follow(client, path, "manifests")] == [8]
    monkeypatch.setattr("notifier.web.v2.referrers.MAX_SIZE", 1000)

    pages = follow(client, path, "manifests")
    filtered = follow(
        client,
        f"{path}?artifactType=application/vnd.oci.image.config.v1%2Bjson",
        "manifests",
    )

    assert len(pages) > 2
    assert [item["digest"] for page in pages for item in page] == pushed
    assert filtered == pages
    assert all(len(json.dumps(page)) < 1200 for page in pages)


def test_a_referrer_that_is_larger_than_a_page_has_one_of_its_own(
    client: FlaskClient, own: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifier.web.v2.referrers.MAX_SIZE", 10)
    pushed = sorted(push_referrer(client, number) for number in range(3))

    pages = follow(client, f"/v2/team/app/referrers/{SUBJECT}", "manifests")

    assert [[item["digest"] for item in page] for page in pages] == [
        [digest] for digest in pushed
    ]
    assert traces.left(own)["referrers"] == 3
