"""What the tests of access are given."""

import pytest

from notifier.access.passwords import PasswordHash, hash_password

PASSWORD = "correct horse"


@pytest.fixture(scope="session", name="password_hash")
def _password_hash() -> PasswordHash:
    """Give the hash of `PASSWORD`, which takes a while to make."""
    return hash_password(PASSWORD)
