"""What the tests of repairs are given."""

import pytest

from notifier.delivery.repair import repairer


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a moment's work take all steps there are, however busy the machine is."""
    monkeypatch.setattr(repairer, "_WORK_S", 60)
