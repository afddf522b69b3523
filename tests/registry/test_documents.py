import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.registry import media_types
from notifier.registry.digest import Digest
from notifier.registry.documents import MAX_SIZE, ManifestDocument
from notifier.registry.errors import ManifestInvalid
from tests import factories

UNKNOWN = "application/vnd.acme.Rocket.v1+json"
LAYER = factories.descriptor(b"layer")
json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=8,
)


def image(**more: Any) -> bytes:
    return factories.manifest(**more)


def parse(document: Any, media_type: str | None = None) -> ManifestDocument:
    return ManifestDocument.parse(json.dumps(document).encode(), media_type)


def reason(content: bytes, media_type: str | None = None) -> str:
    with pytest.raises(ManifestInvalid) as refusal:
        ManifestDocument.parse(content, media_type)
    text: str = refusal.value.detail["reason"]
    return text


def test_an_image_names_its_config_and_then_its_layers() -> None:
    document = ManifestDocument.parse(
        image(layers=(b"one", b"two")), media_types.OCI_MANIFEST
    )

    assert [item.digest for item in document.references] == [
        Digest.of(b"{}"),
        Digest.of(b"one"),
        Digest.of(b"two"),
    ]
    assert [item.size for item in document.references] == [2, 3, 3]
    assert not any(item.is_manifest for item in document.references)
    assert document.media_type == media_types.OCI_MANIFEST


def test_an_index_names_manifests_and_their_platforms() -> None:
    platform = {"architecture": "arm64", "os": "linux", "variant": "v8"}
    child = factories.descriptor(b"{}", media_types.OCI_MANIFEST, platform=platform)

    (reference,) = parse(
        {
            "schemaVersion": 2,
            "mediaType": media_types.OCI_INDEX,
            "manifests": [child],
        }
    ).references

    assert reference.is_manifest
    assert reference.platform == platform


def test_an_artifact_manifest_names_its_blobs() -> None:
    document = parse({"blobs": [LAYER]}, media_types.OCI_ARTIFACT)

    assert [item.digest for item in document.references] == [LAYER["digest"]]


def test_docker_manifests_and_lists_read_like_those_of_oci() -> None:
    manifest = json.loads(image()) | {"mediaType": media_types.DOCKER_MANIFEST}
    listing = json.loads(factories.index(b"{}")) | {
        "mediaType": media_types.DOCKER_LIST
    }

    assert len(parse(manifest, media_types.DOCKER_MANIFEST).references) == 2
    assert len(parse(listing, media_types.DOCKER_LIST).references) == 1


@pytest.mark.parametrize("layers", [{"layers": []}, {"layers": None}, {}])
def test_an_image_may_have_no_layers(layers: dict[str, Any]) -> None:
    document = json.loads(image())
    del document["layers"]

    assert len(parse(document | layers).references) == 1


def test_an_index_may_be_empty_and_nested() -> None:
    empty = factories.index()
    nested = parse(
        {
            "schemaVersion": 2,
            "mediaType": media_types.OCI_INDEX,
            "manifests": [
                factories.descriptor(empty, media_types.OCI_INDEX, platform=None)
            ],
        }
    )

    assert ManifestDocument.parse(empty, None).references == ()
    assert nested.references[0].is_manifest
    assert nested.references[0].platform is None


@pytest.mark.parametrize("media_type", sorted(media_types.NON_DISTRIBUTABLE))
def test_a_layer_to_be_fetched_elsewhere_is_marked(media_type: str) -> None:
    document = json.loads(image())
    document["layers"][0]["mediaType"] = media_type

    assert [item.is_distributable for item in parse(document).references] == [
        True,
        False,
    ]


def test_the_subject_and_the_artifact_type_are_read() -> None:
    subject = factories.descriptor(b"subject", media_types.OCI_MANIFEST)

    plain = ManifestDocument.parse(image(subject=subject), None)
    typed = ManifestDocument.parse(image(artifactType="sbom/spdx"), None)

    assert plain.subject == Digest.of(b"subject")
    assert plain.artifact_type == "application/vnd.oci.image.config.v1+json"
    assert typed.artifact_type == "sbom/spdx"
    assert typed.subject is None
    assert ManifestDocument.parse(factories.index(), None).artifact_type is None


def test_a_referrer_is_described_with_its_annotations() -> None:
    content = image(annotations={"a": "b"}, artifactType="sbom/spdx")
    document = ManifestDocument.parse(content, None)

    assert json.loads(document.referrer_descriptor(Digest.of(content))) == {
        "mediaType": media_types.OCI_MANIFEST,
        "digest": factories.digest(content),
        "size": len(content),
        "artifactType": "sbom/spdx",
        "annotations": {"a": "b"},
    }


def test_a_plain_referrer_is_described_without_them() -> None:
    document = ManifestDocument.parse(b'{"x": 1}', UNKNOWN)

    assert list(json.loads(document.referrer_descriptor(Digest.of(b"x")))) == [
        "mediaType",
        "digest",
        "size",
    ]


@pytest.mark.parametrize("media_type", [None, media_types.OCI_MANIFEST])
def test_bytes_are_kept_exactly_as_they_came(media_type: str | None) -> None:
    content = b" \n" + image().replace(b'": ', b'" :\t') + b"\r\n "

    assert ManifestDocument.parse(content, media_type).content == content


def test_without_any_media_type_the_shape_decides() -> None:
    manifest, index = json.loads(image()), json.loads(factories.index())
    del manifest["mediaType"]
    del index["mediaType"]

    assert parse(manifest).media_type == media_types.OCI_MANIFEST
    assert parse(index).media_type == media_types.OCI_INDEX
    assert reason(b"{}") == "neither Content-Type nor mediaType says what this is"


def test_the_documents_own_media_type_may_be_absent() -> None:
    document = json.loads(image())
    del document["mediaType"]

    assert len(parse(document, media_types.OCI_MANIFEST).references) == 2


def test_a_document_of_an_unknown_type_is_kept_unread() -> None:
    document = parse({"config": 5, "layers": "none", "schemaVersion": "x"}, UNKNOWN)

    assert document.references == ()
    assert document.media_type == UNKNOWN


def test_media_types_that_differ_in_case_only_agree() -> None:
    document = parse({"mediaType": UNKNOWN}, UNKNOWN.lower())

    assert document.media_type == UNKNOWN


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" ",
        b"null",
        b"[]",
        b'"text"',
        b"1",
        b"{",
        b'{"a":1}}',
        b'{"a":NaN}',
        b'{"a":1e999}',
        b"\xef\xbb\xbf{}",
        b'{"a":"\xff"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xed\xa0\x80"}',
        b"{}\0",
        "{}".encode("utf-16"),
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b"[" * MAX_SIZE,
    ],
    ids=lambda content: repr(content[:12]) + str(len(content)),
)
def test_what_is_no_json_object_is_refused(content: bytes) -> None:
    assert reason(content, UNKNOWN).startswith("not ")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"schemaVersion": 1}, "schemaVersion is not 2"),
        ({"schemaVersion": None}, "schemaVersion is not 2"),
        ({"schemaVersion": "2"}, "schemaVersion is not 2"),
        ({"mediaType": 5}, "mediaType is not a string"),
        ({"mediaType": media_types.OCI_INDEX}, "mediaType is "),
        ({"manifests": []}, "an image manifest lists no manifests"),
        ({"config": None}, "a descriptor is not an object"),
        ({"config": []}, "a descriptor is not an object"),
        ({"layers": {}}, "layers is not a list"),
        ({"layers": [None]}, "a descriptor is not an object"),
        ({"layers": [{}]}, "a descriptor has no mediaType"),
        ({"layers": [LAYER | {"mediaType": ""}]}, "a descriptor has no mediaType"),
        ({"layers": [LAYER | {"mediaType": 5}]}, "mediaType is not a string"),
        ({"layers": [LAYER | {"mediaType": "a/\0"}]}, "mediaType holds a NUL"),
        ({"layers": [LAYER | {"size": -1}]}, "a descriptor's size"),
        ({"layers": [LAYER | {"size": 5.0}]}, "a descriptor's size"),
        ({"layers": [LAYER | {"size": "5"}]}, "a descriptor's size"),
        ({"layers": [LAYER | {"size": True}]}, "a descriptor's size"),
        ({"layers": [LAYER | {"size": None}]}, "a descriptor's size"),
        ({"layers": [LAYER | {"size": 2**63}]}, "a descriptor's size"),
        ({"layers": [LAYER | {"size": 10**30}]}, "a descriptor's size"),
        ({"layers": [LAYER | {"digest": None}]}, "a descriptor's digest"),
        ({"layers": [LAYER | {"digest": "sha256:../.."}]}, "a descriptor's digest"),
        ({"layers": [LAYER | {"digest": "md5:" + "a" * 32}]}, "a descriptor's digest"),
        ({"layers": [LAYER | {"digest": 5}]}, "digest is not a string"),
        ({"subject": []}, "a descriptor is not an object"),
        ({"subject": {"digest": LAYER["digest"]}}, "a descriptor has no mediaType"),
        ({"annotations": []}, "annotations is not"),
        ({"annotations": {"a": 1}}, "annotations is not"),
        ({"annotations": {"a": None}}, "annotations is not"),
        ({"artifactType": 1}, "artifactType is not a string"),
        ({"artifactType": "a/\0"}, "artifactType holds a NUL"),
    ],
    ids=str,
)
def test_an_image_that_is_not_one_is_refused(
    change: dict[str, Any], expected: str
) -> None:
    content = json.dumps(json.loads(image()) | change).encode()

    assert reason(content, media_types.OCI_MANIFEST).startswith(expected)


def test_an_image_without_a_config_is_refused() -> None:
    document = json.loads(image())
    del document["config"]

    assert reason(json.dumps(document).encode()) == "config is missing"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"config": {}}, "an index has neither"),
        ({"layers": []}, "an index has neither"),
        ({"manifests": 5}, "manifests is not a list"),
        ({"schemaVersion": 3}, "schemaVersion is not 2"),
    ],
    ids=str,
)
def test_an_index_that_is_not_one_is_refused(
    change: dict[str, Any], expected: str
) -> None:
    content = json.dumps(json.loads(factories.index()) | change).encode()

    assert reason(content, media_types.OCI_INDEX).startswith(expected)


def test_an_index_without_manifests_is_refused() -> None:
    content = json.dumps({"schemaVersion": 2}).encode()

    assert reason(content, media_types.OCI_INDEX) == "manifests is missing"


@pytest.mark.parametrize(
    "media_type",
    ["text", "/", "a/", "a/b/c", "a b/c", "a/b;c=d", "a/b\n", "é/a", "a/" + "b" * 128],
)
def test_a_malformed_media_type_is_refused(media_type: str) -> None:
    assert reason(b"{}", media_type) == "the media type is malformed"


@pytest.mark.parametrize(
    "media_type", ["application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_a_form_is_no_manifest(media_type: str) -> None:
    assert reason(b"{}", media_type) == "a manifest is not sent as a form"


def test_of_a_platform_only_the_specified_texts_are_kept() -> None:
    deep: dict[str, Any] = {}
    for _ in range(500):
        deep = {"deep": deep}
    platform = {
        "os": "windows",
        "os.version": "10.0",
        "os.features": ["win32k"],
        "architecture": 5,
        "variant": ["v8"],
        "features": deep,
    }
    child = factories.descriptor(b"{}", media_types.OCI_MANIFEST, platform=platform)
    index = {"schemaVersion": 2, "manifests": [child]}

    (reference,) = parse(index, media_types.OCI_INDEX).references

    assert reference.platform == {
        "os": "windows",
        "os.version": "10.0",
        "os.features": ["win32k"],
    }


@given(json_values, st.sampled_from(["config", "layers", "subject", "annotations"]))
def test_any_json_is_read_or_refused(value: Any, name: str) -> None:
    content = json.dumps(json.loads(image()) | {name: value}).encode()

    try:
        document = ManifestDocument.parse(content, media_types.OCI_MANIFEST)
    except ManifestInvalid:
        return

    assert document.content == content


@pytest.mark.parametrize("media_type", ["text/html", "image/svg+xml", "Text/HTML"])
def test_what_a_browser_would_show_is_no_manifest(media_type: str) -> None:
    told = "the media type of a manifest begins with application/"

    assert reason(b"{}", media_type) == told
