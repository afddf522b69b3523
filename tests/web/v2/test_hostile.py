"""What hostile clients send: each is refused, none is a fault, nothing is left."""

import io
import json
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifier.ids import uuid7
from notifier.registry import media_types
from notifier.web.services import Services
from tests import factories
from tests.web.v2 import traces

DIGEST = factories.digest(b"layer")
SESSION = f"/v2/a/blobs/uploads/{uuid7()}"

NAMES = [
    "..",
    "../..",
    "a/..",
    "a/../b",
    ".",
    "a/./b",
    "%2e%2e",
    "%2e%2e/%2e%2e/etc",
    "a%2f..%2f..%2fetc",
    "..%5c..",
    "a%00b",
    "a%0a",
    "a%ff",
    "a%ed%a0%80",
    "A",
    "a//b",
    "/a",
    "a/_",
    "a/_/b",
    "%C3%A9",
    "a" * 256,
    "a/" * 10_000 + "a",
    "a;b",
    "a b",
    "a?b",
    "~root",
    "a%25",
]
DIGESTS = [
    "sha256:..",
    "sha256:../../../../etc/passwd",
    "sha256:%2e%2e%2f",
    "sha256:" + "a" * 63 + "%00",
    "sha256:" + "a" * 63 + "%ff",
    "sha256:" + "A" * 64,
    "sha256:" + "a" * 100_000,
    "../sha256:" + "a" * 64,
    "sha256:",
    ":",
    "md5:" + "a" * 32,
]
TAGS = ["..", ".a", "%2e%2e", "a%00", "a%0a", "a%ff", "a" * 129, "a b", "%C3%A9", "-a"]
UPLOADS = [
    "..",
    "../../../etc/passwd",
    "%2e%2e%2f%2e%2e",
    "x",
    "%00",
    "{" + str(uuid7()) + "}",
    "urn:uuid:" + str(uuid7()),
    str(uuid7()).upper(),
    uuid7().hex,
    str(uuid7()) + ".note",
    str(uuid7()) + "%00",
    "a" * 10_000,
    "%D9%A3" * 32,
]


def every_path() -> list[tuple[str, str]]:
    """Return each route with each hostile part in its place."""
    paths = []
    for name in NAMES:
        for method, rest in (
            ("GET", "manifests/1.0"),
            ("PUT", "manifests/1.0"),
            ("DELETE", "manifests/1.0"),
            ("GET", f"blobs/{DIGEST}"),
            ("DELETE", f"blobs/{DIGEST}"),
            ("POST", "blobs/uploads/"),
            ("POST", f"blobs/uploads/?digest={DIGEST}"),
            ("POST", f"blobs/uploads/?mount={DIGEST}&from=team/app"),
            ("GET", f"blobs/uploads/{uuid7()}"),
            ("PATCH", f"blobs/uploads/{uuid7()}"),
            ("PUT", f"blobs/uploads/{uuid7()}?digest={DIGEST}"),
            ("DELETE", f"blobs/uploads/{uuid7()}"),
            ("GET", "tags/list"),
            ("GET", f"referrers/{DIGEST}"),
        ):
            paths.append((method, f"/v2/{name}/{rest}"))
    for digest in DIGESTS:
        paths += [
            ("GET", f"/v2/a/blobs/{digest}"),
            ("DELETE", f"/v2/a/blobs/{digest}"),
            ("POST", f"/v2/a/blobs/uploads/?digest={digest}"),
            ("GET", f"/v2/a/manifests/{digest}"),
            ("PUT", f"/v2/a/manifests/{digest}"),
            ("DELETE", f"/v2/a/manifests/{digest}"),
            ("GET", f"/v2/a/referrers/{digest}"),
        ]
    for tag in TAGS:
        paths += [
            (method, f"/v2/a/manifests/{tag}") for method in ("GET", "PUT", "DELETE")
        ]
        paths.append(("PUT", f"/v2/a/manifests/1.0?tag={tag}"))
    for upload in UPLOADS:
        paths += [
            (method, f"/v2/a/blobs/uploads/{upload}?digest={DIGEST}")
            for method in ("GET", "PATCH", "PUT", "DELETE")
        ]
    return paths


def test_no_path_leads_anywhere_it_should_not(
    client: FlaskClient, own: Services
) -> None:
    before = traces.left(own)

    for method, path in every_path():
        response = client.open(
            path,
            method=method,
            data=b"layer" if "blobs" in path else b'{"config": {}}',
            content_type="application/octet-stream"
            if "blobs" in path
            else "application/vnd.acme+json",
        )
        assert 400 <= response.status_code < 500, (method, path[:80])
        assert response.get_json()["errors"][0]["code"], (method, path[:80])
        assert len(response.data) < 2000, (method, path[:80])

    assert traces.left(own) == before


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


def manifests() -> dict[str, bytes]:
    layer = factories.descriptor(b"layer")
    base = json.loads(factories.manifest())

    def changed(**more: Any) -> bytes:
        return json.dumps(base | more).encode()

    return {
        "empty": b"",
        "half": factories.manifest()[:100],
        "no object": b"[]",
        "deep": b'{"a":' * 500_000,
        "deep and whole": b'{"a":' * 5000 + b"1" + b"}" * 5000,
        "deep list": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        "half a character": b'{"mediaType": "\\ud800"}',
        "not UTF-8": b'{"mediaType": "\xff"}',
        "huge number": changed(config=layer | {"size": 10**400}),
        "huge exponent": b'{"schemaVersion": 2e999999}',
        "negative size": changed(config=layer | {"size": -1}),
        "size of nine exabytes": changed(config=layer | {"size": 2**63}),
        "NUL in a media type": changed(config=layer | {"mediaType": "a/\0"}),
        "NUL in an artifact type": changed(artifactType="a/\0"),
        "NUL in the media type": changed(mediaType="a/\0"),
        "path for a digest": changed(config=layer | {"digest": "sha256:../.."}),
        "many layers": changed(layers=[layer] * 20_000),
        "many unknown layers": changed(
            layers=[layer | {"digest": f"sha256:{n:064x}"} for n in range(2000)]
        ),
        "layers in layers": changed(layers=[[layer]]),
        "annotations in annotations": changed(annotations={"a": {"b": "c"}}),
        "subject without end": changed(subject=deep(100)),
        "manifests and layers": changed(manifests=[layer]),
    }


def test_no_manifest_breaks_the_registry(client: FlaskClient, own: Services) -> None:
    before = traces.left(own)

    for name, content in manifests().items():
        for reference in ("1.0", factories.digest(content)):
            response = client.put(
                f"/v2/a/manifests/{reference}",
                data=content,
                content_type=media_types.OCI_MANIFEST,
            )
            assert response.status_code == 400, name

    assert traces.left(own) == before


def test_forms_are_no_content(client: FlaskClient, own: Services) -> None:
    session = client.post("/v2/a/blobs/uploads/").location
    before = traces.left(own)

    for content_type in (
        "application/x-www-form-urlencoded",
        "Application/X-WWW-Form-Urlencoded; charset=utf-8",
        "multipart/form-data; boundary=x",
        "multipart/form-data",
    ):
        for method, path, content in (
            ("PATCH", session, b"layer"),
            ("PUT", f"{session}?digest={DIGEST}", b"layer"),
            ("POST", f"/v2/a/blobs/uploads/?digest={DIGEST}", b"layer"),
            ("PUT", "/v2/a/manifests/1.0", b'{"a": 1}'),
            ("PUT", "/v2/a/manifests/1.0", b"digest=x&tag=1.0"),
        ):
            response = client.open(
                path, method=method, data=content, content_type=content_type
            )
            assert response.status_code == 400, (content_type, method, path)

    assert traces.left(own) == before
    assert client.put(f"{session}?digest={DIGEST}", data=b"layer").status_code == 201


@pytest.mark.parametrize("content_type", ["a/\0", "é/x", "text", "a/b/c", "\x7f/\x80"])
def test_malformed_types_are_no_types(
    client: FlaskClient, own: Services, content_type: str
) -> None:
    before = traces.left(own)

    response = client.put(
        "/v2/a/manifests/1.0",
        data=b'{"a": 1}',
        environ_overrides={"CONTENT_TYPE": content_type},
    )

    assert response.status_code == 400
    assert traces.left(own) == before


class Reset(io.BytesIO):
    """A body whose sender goes away, of which the server tells by an error."""

    def read(self, size: int | None = -1, /) -> bytes:
        chunk = super().read(size)
        if not chunk:
            raise OSError("reset by peer")
        return chunk


@pytest.mark.parametrize(
    ("kind", "environ"),
    [
        (io.BytesIO, {"CONTENT_LENGTH": "100"}),
        (Reset, {"CONTENT_LENGTH": "100"}),
        (io.BytesIO, {"CONTENT_LENGTH": "100", "wsgi.input_terminated": True}),
        (
            io.BytesIO,
            {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True},
        ),
        (io.BytesIO, {"HTTP_TRANSFER_ENCODING": "chunked"}),
    ],
    ids=["length", "length and reset", "length, ended", "chunked, ended", "chunked"],
)
def test_a_body_that_stops_half_way_leaves_nothing(
    client: FlaskClient,
    own: Services,
    kind: type[io.BytesIO],
    environ: dict[str, Any],
) -> None:
    session = client.post("/v2/a/blobs/uploads/").location
    before = traces.left(own)

    for method, path, content in (
        ("POST", f"/v2/a/blobs/uploads/?digest={DIGEST}", b"lay"),
        ("PUT", f"{session}?digest={DIGEST}", b"lay"),
        ("PUT", "/v2/a/manifests/1.0", factories.manifest()[:50]),
        ("PUT", f"/v2/a/manifests/{DIGEST}", b"{}"),
    ):
        response = client.open(
            path,
            method=method,
            environ_overrides=environ | {"wsgi.input": kind(content)},
        )
        assert response.status_code == 400, (method, path)

    left = {name: size for name, size in traces.left(own).items() if size}
    assert left == {name: size for name, size in before.items() if size}


def test_strange_headers_are_survived(client: FlaskClient, own: Services) -> None:
    factories.push_image(client)
    strange = [
        "\0",
        "a\0b",
        "\udcff",
        "\xff\xfe",
        "x" * 65_536,
        "\N{SNOWMAN}",
        ", ,;=\"'",
        "bytes=" + "9" * 10_000,
    ]
    names = (
        "ACCEPT",
        "AUTHORIZATION",
        "CONTENT_RANGE",
        "FORWARDED",
        "HOST",
        "IF_NONE_MATCH",
        "IF_RANGE",
        "RANGE",
        "USER_AGENT",
        "X_FORWARDED_FOR",
        "X_REQUEST_ID",
    )
    before = len(traces.recorded(own))

    for text in strange:
        for name in names:
            environ = {f"HTTP_{name}": text}
            for method, path, content in (
                ("GET", "/v2/team/app/manifests/1.0", None),
                ("GET", f"/v2/team/app/blobs/{DIGEST}", None),
                ("POST", f"/v2/team/app/blobs/uploads/?digest={DIGEST}", b"layer"),
            ):
                response = client.open(
                    path, method=method, data=content, environ_overrides=environ
                )
                assert response.status_code < 500, (name, ascii(text)[:20], path)

    events = traces.recorded(own)[before:]
    assert len(events) > 200
    assert not any("\0" in event.request.useragent for event in events)


texts = st.text(max_size=30)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parts=st.lists(
        st.one_of(
            st.sampled_from(["v2", "a", "manifests", "blobs", "uploads", "tags"]),
            st.sampled_from(["list", "referrers", "_catalog", "..", "", DIGEST]),
            texts,
        ),
        max_size=6,
    ),
    query=st.dictionaries(
        st.sampled_from(
            ["n", "last", "tag", "mount", "from", "digest", "artifactType"]
        ),
        texts | st.just(DIGEST),
        max_size=3,
    ),
    method=st.sampled_from(["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"]),
    content=st.binary(max_size=20),
)
def test_no_request_is_a_fault(
    client: FlaskClient,
    parts: list[str],
    query: dict[str, str],
    method: str,
    content: bytes,
) -> None:
    path = "/v2/" + "/".join(quote(part, safe="") for part in parts)

    response = client.open(path, method=method, query_string=query, data=content)

    assert response.status_code < 500
