"""Requests to the registry that make some sense, and some that do not."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from hypothesis import strategies as st

from notifier.registry import media_types
from tests import factories
from tests.fuzz.contents import LAYER, REPOSITORY

# What stands for the session that was begun last, and for the digest of what is sent.
SESSION: Final = "{session}"
DIGEST: Final = "{digest}"

_MANIFEST = factories.manifest(layers=(LAYER,))
_INDEX = factories.index(_MANIFEST)
_DIGESTS = [
    *(factories.digest(each) for each in (b"{}", LAYER, _MANIFEST, b"unknown")),
    factories.digest(LAYER, "sha512"),
    "sha256:" + "a" * 63,
    "md5:" + "a" * 32,
    "sha256:../..",
]
_REPOSITORIES = [REPOSITORY, REPOSITORY, "public/app", "a/b/c"]
_NO_REPOSITORIES = ["A", "..", "a//b", "_catalog", "a" * 256]
_TYPES = [
    media_types.OCI_MANIFEST,
    media_types.OCI_INDEX,
    "application/octet-stream",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
]
_METHODS = ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS", "BREW"]


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a client sends. *path* may hold `SESSION`, and *query* `DIGEST`."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    content: bytes
    is_chunked: bool


def _mostly(usual: st.SearchStrategy[Any], odd: st.SearchStrategy[Any]) -> Any:
    """Give one that is odd now and then."""
    return st.integers(0, 7).flatmap(lambda number: odd if number == 0 else usual)


texts = st.text(max_size=20)
quoted = texts.map(lambda text: quote(text, safe=""))
digests = st.sampled_from(_DIGESTS)
repositories = _mostly(
    st.sampled_from(_REPOSITORIES), st.sampled_from(_NO_REPOSITORIES) | quoted
)
tags = _mostly(
    st.sampled_from(["1.0", "sig", "latest"]),
    st.sampled_from([".a", "a" * 129]) | quoted,
)
numbers = st.integers(-1, 20).map(str) | st.sampled_from(["", "9" * 30, "1.5", "\xb2"])

_manifest = st.builds("/v2/{}/manifests/{}".format, repositories, tags | digests)
_blob = st.builds("/v2/{}/blobs/{}".format, repositories, digests | tags)
_uploads = st.builds("/v2/{}/blobs/uploads/".format, repositories)
_upload = st.just(SESSION) | st.builds(
    "/v2/{}/blobs/uploads/{}".format, repositories, st.uuids() | tags
)
_tags = st.builds("/v2/{}/tags/list".format, repositories)
_referrers = st.builds("/v2/{}/referrers/{}".format, repositories, digests | tags)
_other = st.lists(quoted, max_size=4).map(lambda parts: "/v2/" + "/".join(parts))
_all = st.one_of(
    *(_manifest, _blob, _uploads, _upload, _tags, _referrers, _other),
    st.sampled_from(["/v2/", "/v2", "/v2/_catalog", "/v2//"]),
)
_sensible = st.one_of(
    st.tuples(st.sampled_from(["GET", "HEAD"]), _all),
    st.tuples(st.sampled_from(["PUT", "PUT", "DELETE"]), _manifest),
    st.tuples(st.just("DELETE"), _blob),
    st.tuples(st.just("POST"), _uploads),
    st.tuples(st.sampled_from(["PATCH", "PUT", "GET", "DELETE"]), _upload),
    st.tuples(st.sampled_from(["PATCH", "PUT"]), st.just(SESSION)),
)
_asked_for = _mostly(_sensible, st.tuples(st.sampled_from(_METHODS), _all))

queries = st.fixed_dictionaries(
    {},
    optional={
        "n": numbers,
        "last": tags | digests | texts,
        "tag": tags,
        "mount": digests | texts,
        "from": repositories,
        "digest": st.just(DIGEST) | digests | texts,
        "digest-algorithm": st.sampled_from(["sha256", "sha512", "md5", "\0"]),
        "artifactType": texts,
    },
)
_units = st.sampled_from(["", "bytes=", "bytes "])
ranges = st.builds("{}{}-{}".format, _units, numbers, numbers)
header_texts = st.text(st.characters(max_codepoint=255), max_size=20).map(
    lambda text: text.replace("\n", "").replace("\r", "")
)
_schemes = st.sampled_from(["Bearer", "Basic", "Digest", ""])
credentials = st.one_of(
    st.builds("{} {}".format, _schemes, header_texts),
    st.sampled_from(
        [
            "Basic",
            "Basic Og==",
            "Basic YWxpY2U6eA==",
            "Bearer ntf_" + "0" * 36,
            "Bearer eyJhbGciOiJub25lIn0.e30.",
            "Bearer eyJhbGciOiJIUzI1NiJ9.W10.AAAA",
            "Bearer " + "a" * 10_000,
        ]
    ),
)
headers = st.fixed_dictionaries(
    {},
    optional={
        "Accept": header_texts,
        "Content-Range": ranges | header_texts,
        "Content-Type": st.sampled_from(_TYPES) | header_texts,
        "Forwarded": header_texts,
        "Host": header_texts,
        "If-None-Match": digests.map(lambda digest: f'"{digest}"') | header_texts,
        "If-Range": digests | header_texts,
        "Range": ranges | header_texts,
        "User-Agent": header_texts,
        "X-Forwarded-For": header_texts,
    },
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts | digests,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def _manifests(draw: st.DrawFn) -> bytes:
    """Make a manifest with something odd about it."""
    base: Any = json.loads(draw(st.sampled_from([_MANIFEST, _INDEX])))
    names = [*base, "subject", "artifactType", "annotations", "config", "layers"]
    for name in draw(st.lists(st.sampled_from(names), max_size=3)):
        base[name] = draw(
            values | st.builds(factories.descriptor, st.sampled_from([b"{}", LAYER]))
        )
    return json.dumps(base).encode()


contents_sent = st.one_of(
    st.sampled_from([b"", b"{}", LAYER, _MANIFEST, _INDEX]),
    st.binary(max_size=30),
    _manifests(),
)


@st.composite
def _requests(draw: st.DrawFn) -> Request:
    method, path = draw(_asked_for)
    shown = st.fixed_dictionaries({"Authorization": credentials})
    return Request(
        method=method,
        path=path,
        query=draw(st.just({}) | queries),
        headers=draw(st.just({}) | headers) | draw(_mostly(st.just({}), shown)),
        content=draw(contents_sent),
        is_chunked=draw(st.booleans()),
    )


asked = _requests()
