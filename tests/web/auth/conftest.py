"""What the tests of who may do what are given."""

import pytest

from notifier.access.passwords import PasswordHash
from notifier.web.services import Services
from tests.web.auth.people import People


@pytest.fixture(name="people")
def _people(own: Services, password_hash: PasswordHash) -> People:
    return People(own, password_hash)
