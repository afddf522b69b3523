"""The OpenAPI document: complete, true, and readable without any other server."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from notifier.events.envelope import dump_event
from notifier.events.event import Action, Descriptor
from notifier.registry.digest import Digest
from tests import factories
from tests.web.api.conforming import ConformingClient, template

_UNDOCUMENTED = {
    "docs.get_document",
    "docs.get_page",
    "docs.get_start",
    "docs.get_file",
}


# One database is enough: the document does not depend on its kind.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for child in node.values():
            yield from _nodes(child)
    elif isinstance(node, list):
        for child in node:
            yield from _nodes(child)


def _operations(api: ConformingClient) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in api.document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield f"{method.upper()} {path}", operation


def test_it_is_openapi_3_1(api: ConformingClient) -> None:
    assert api.document["openapi"] == "3.1.0"
    assert api.document["info"]["title"] == "notifier"


def test_every_route_is_in_it(app: Flask, api: ConformingClient) -> None:
    routes = {
        f"{method} {template(rule.rule)}"
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1") and rule.endpoint not in _UNDOCUMENTED
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert routes == {name for name, _ in _operations(api)}


def test_every_operation_and_parameter_is_explained(api: ConformingClient) -> None:
    for name, operation in _operations(api):
        assert operation["summary"].endswith("."), name
        for parameter in operation.get("parameters", []):
            assert parameter["description"], (name, parameter["name"])


def test_every_schema_and_almost_every_property_is_explained(
    api: ConformingClient,
) -> None:
    obvious = {"id", "event_id", "endpoint_id", "endpoint_name", "items", "number"}
    obvious |= {"created_at", "updated_at", "started_at", "duration_ms"}
    for name, schema in api.document["components"]["schemas"].items():
        for key, described in schema.get("properties", {}).items():
            explained = "description" in described or "allOf" in described
            assert explained or key in obvious, (name, key)


def test_every_schema_is_one(api: ConformingClient) -> None:
    for schema in api.document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_example_is_valid(api: ConformingClient) -> None:
    checked = 0
    for node in _nodes(api.document):
        examples = node.get("examples", [])
        if "example" in node:
            examples = [node["example"]]
        schema = {key: node[key] for key in node if not key.startswith("example")}
        for example in examples:
            api.validate(schema.get("schema", schema), example)
            checked += 1

    assert checked > 50


def test_every_reference_leads_somewhere(api: ConformingClient) -> None:
    for node in _nodes(api.document):
        if isinstance(node.get("$ref"), str):
            assert api.resolve(node)


@pytest.mark.parametrize("action", list(Action))
def test_events_are_as_described(api: ConformingClient, action: Action) -> None:
    descriptor = Descriptor(
        media_type="application/x", digest=Digest.of(b"x"), size=1, platform={"os": "x"}
    )
    event = factories.event(action, actor="alice")
    described = api.document["components"]["schemas"]["Event"]

    api.validate(described, dump_event(event))

    schema = {**described["properties"]["target"], "additionalProperties": False}
    api.validate(schema, dump_event(event)["target"])
    assert descriptor.platform is not None


def test_the_pages_need_no_other_server(client: FlaskClient) -> None:
    page = client.get("/api/v1/docs")

    assert page.content_type == "text/html; charset=utf-8"
    assert "http" not in page.text.replace("http-equiv", "")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Frame-Options"] == "DENY"
    names = re.findall(r'(?:src|href)="(docs/[^"]+)"', page.text)
    assert len(names) == 4
    for name in names:
        answer = client.get(f"/api/v1/{name}")
        assert answer.status_code == 200
        assert answer.data
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        answer.close()


def test_the_pages_serve_no_other_file(client: FlaskClient) -> None:
    for name in ("swagger-ui.js", "..%2f__init__.py", "LICENSE"):
        assert client.get(f"/api/v1/docs/{name}").status_code == 404


def test_the_document_is_json_that_people_can_read(client: FlaskClient) -> None:
    answer = client.get("/api/v1/openapi.json")

    assert answer.content_type == "application/json"
    assert answer.text.count("\n") > 100
    assert json.loads(answer.text)["paths"]
