"""An application of the registry alone."""

import pytest


@pytest.fixture(autouse=True)
def _without_rest_api(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what takes most of the time to make, and has tests of its own."""
    monkeypatch.setattr("notifier.web.api.init_app", lambda _: None)
