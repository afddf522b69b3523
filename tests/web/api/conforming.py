"""A client that believes the OpenAPI document, and fails if an answer differs."""

import json
import re
from functools import cache
from typing import Any

from flask import Flask
from jsonschema import Draft202012Validator
from werkzeug.test import TestResponse

_PREFIX = "/api/v1"
_ARGUMENT = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")


@cache
def _parsed(document: bytes) -> dict[str, Any]:
    """Read a document: that of one application is mostly that of the next one."""
    parsed: dict[str, Any] = json.loads(document)
    return parsed


def template(rule: str) -> str:
    """Write a route as the document does."""
    return _ARGUMENT.sub(r"{\1}", rule)


class ConformingClient:
    """Asks the API of one application, and checks each answer."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._client = app.test_client()
        self.document = _parsed(self._client.get(f"{_PREFIX}/openapi.json").data)

    def get(self, path: str, **more: Any) -> TestResponse:
        return self._ask("GET", path, **more)

    def post(self, path: str, **more: Any) -> TestResponse:
        return self._ask("POST", path, **more)

    def put(self, path: str, **more: Any) -> TestResponse:
        return self._ask("PUT", path, **more)

    def patch(self, path: str, **more: Any) -> TestResponse:
        return self._ask("PATCH", path, **more)

    def delete(self, path: str, **more: Any) -> TestResponse:
        return self._ask("DELETE", path, **more)

    def _ask(self, method: str, path: str, **more: Any) -> TestResponse:
        response = self._client.open(f"{_PREFIX}{path}", method=method, **more)
        described = self._description(response, method)
        content = described.get("content", {})
        if not content:
            assert response.data == b""
            return response
        assert response.content_type in content
        self.validate(content[response.content_type]["schema"], response.get_json())
        assert response.headers["Cache-Control"] == "no-store"
        return response

    def validate(self, schema: dict[str, Any], instance: Any) -> None:
        """Check *instance* against a schema of the document."""
        whole = {**schema, "components": self.document["components"]}
        Draft202012Validator(whole).validate(instance)

    def resolve(self, described: dict[str, Any]) -> dict[str, Any]:
        """Follow a reference within the document, if it is one."""
        if "$ref" not in described:
            return described
        found: dict[str, Any] = self.document
        for step in described["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return found

    def _description(self, response: TestResponse, method: str) -> dict[str, Any]:
        rule, _ = self._app.url_map.bind("localhost").match(
            response.request.path, method, return_rule=True
        )
        operation = self.document["paths"][template(rule.rule)]
        responses = operation[method.lower()]["responses"]
        status = str(response.status_code)
        return self.resolve(responses.get(status, responses["default"]))
