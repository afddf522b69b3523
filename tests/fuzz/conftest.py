"""What fuzzing is given: an application with something in it, and who asks."""

from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from notifier.access.passwords import PasswordHash
from notifier.config import Settings
from notifier.web.services import Services
from tests.fuzz.contents import Contents, fill
from tests.web.auth.people import Headers, People

WHO = ("admin", "reader", "anonymous")

_FEW = 200
_HERE = Path(__file__).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--requests", type=int, help="How many of each kind.")


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Send few requests with SQLite alone."""
    if _asked(config):
        return
    others = [
        item
        for item in items
        if item.path.is_relative_to(_HERE) and "[postgresql" in item.nodeid
    ]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]


@pytest.fixture(name="amount")
def _amount(request: pytest.FixtureRequest) -> int:
    """Give how many requests to send."""
    return _asked(request.config) or _FEW


def _asked(config: pytest.Config) -> int | None:
    # Where all tests run, this file is read too late to add an option.
    amount: int | None = config.getoption("--requests", default=None)
    return amount


@pytest.fixture(name="settings")
def _settings(settings: Settings) -> Settings:
    """Give settings by which no name is looked up: a proxy would do that."""
    return replace(settings, egress_proxy="http://127.0.0.1:9")


@pytest.fixture(name="contents")
def _contents(
    own: Services, client: FlaskClient, password_hash: PasswordHash
) -> Contents:
    """Give what is there to be asked for, and lets access be configured."""
    return fill(client, People(own, password_hash))


@pytest.fixture(name="who", params=WHO)
def _who(request: pytest.FixtureRequest, contents: Contents) -> Headers:
    """Give the credentials of each kind of caller in turn."""
    return contents.credentials[request.param]
