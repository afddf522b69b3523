"""Whatever comes in: each event is recorded or kept aside, and none is a fault."""

import copy
import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifier.ingest import sources
from notifier.ingest.bodies import read_body
from notifier.ingest.source import SourceKind
from notifier.web.services import Services
from tests.ingest import told

PATH = "/api/v1/ingest/registry-2"

NASTY: list[Any] = [
    *(None, True, -1, 0, 2**63, 2**64, 1e308, -0.0, "", "\0", "x" * 5000),
    *("..", "../../etc/passwd", "a/../b", "\N{BOM}", "\u202e", "é", "😀", "\x1b[2J"),
    *([], {}, [[]], {"": None}, {"a": {"b": {"c": []}}}, ["x"] * 2000),
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-02-30T00:00:00Z"),
    *(told.DIGEST, "sha256:" + "A" * 64, "sha512:" + "a" * 128, "md5:" + "a" * 32),
]
ANYTHING = st.recursive(
    st.sampled_from(NASTY)
    | st.text(max_size=30)
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner)
    ),
    max_leaves=8,
)
DOCUMENTS = [
    json.loads(path.read_bytes()) for path in sorted(told.SAMPLES.glob("*/*.json"))
]

pytestmark = pytest.mark.usefixtures("client")


def _places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List the ways to every part of a document, itself included."""
    places = [path]
    if isinstance(node, dict | list):
        items = node.items() if isinstance(node, dict) else enumerate(node)
        for key, child in items:
            places += _places(child, (*path, key))
    return places


@st.composite
def mutations(draw: st.DrawFn) -> Any:
    """Make a document that somebody sends, with something else in some places."""
    document = copy.deepcopy(draw(st.sampled_from(DOCUMENTS)))
    for _ in range(draw(st.integers(1, 4))):
        path = draw(st.sampled_from(_places(document)))
        if not path:
            return copy.deepcopy(draw(ANYTHING))
        *way, last = path
        holder = document
        for step in way:
            holder = holder[step]
        match draw(st.sampled_from(["replace", "remove", "repeat"])):
            case "replace":
                holder[last] = copy.deepcopy(draw(ANYTHING))
            case "remove":
                del holder[last]
            case "repeat" if isinstance(holder, list):
                holder.append(copy.deepcopy(holder[last]))
    return document


@pytest.fixture(name="headers")
def _headers(own: Services) -> dict[str, str]:
    with own.database.transaction() as transaction:
        _, token = sources.create(transaction, name="registry-2")
    return {"X-Notifier-Token": token}


EXAMPLES = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=150,
)


@given(document=mutations())
@EXAMPLES
def test_each_event_is_recorded_or_kept_aside(
    app: Flask, headers: dict[str, str], document: Any
) -> None:
    body = json.dumps(document).encode()
    client = app.test_client()

    answer = client.post(
        PATH, data=body, content_type="application/json", headers=headers
    )

    assert answer.status_code in {200, 400}, answer.text
    if answer.status_code == 200:
        _, parts = read_body(body, SourceKind.AUTO)
        assert sum(answer.get_json().values()) == len(parts)
        again = client.post(
            PATH, data=body, content_type="application/json", headers=headers
        )
        assert again.get_json()["recorded"] == 0
        assert again.get_json()["rejected"] == answer.get_json()["rejected"]
        listed = client.get("/api/v1/events?limit=1000")
        assert listed.status_code == 200


@given(
    body=st.binary(max_size=200) | st.sampled_from(DOCUMENTS).map(str).map(str.encode)
)
@EXAMPLES
def test_any_bytes_are_an_answer(
    client: FlaskClient, headers: dict[str, str], body: bytes
) -> None:
    answer = client.post(
        PATH, data=body, content_type="application/json", headers=headers
    )

    assert answer.status_code in {200, 400}, answer.text


def test_a_document_may_not_be_all_depth(
    client: FlaskClient, headers: dict[str, str]
) -> None:
    deep: Any = []
    for _ in range(400):
        deep = [deep]
    events = [
        told.event(target=deep),
        told.event(id="", meta=deep),
        told.event(target=told.target(references=[told.target(platform={"x": deep})])),
    ]

    answer = client.post(
        PATH,
        data=told.envelope(*events),
        content_type="application/json",
        headers=headers,
    )

    assert answer.get_json() == {"recorded": 0, "known": 0, "rejected": 3}
