"""A client of the API that holds every answer against the OpenAPI document."""

import pytest
from flask import Flask

from tests.web.api.conforming import ConformingClient


@pytest.fixture(name="api")
def _api(app: Flask) -> ConformingClient:
    return ConformingClient(app)
