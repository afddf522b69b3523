"""What tests of retention are given."""

from pathlib import Path

import pytest

from notifier.audit.retention import files, runner, search
from notifier.db import Database
from tests.audit.retention.site import Site


@pytest.fixture(name="site")
def _site(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Give a site that goes on without rests."""
    for name in ("_CHANGE_RESTS", "_READ_RESTS"):
        monkeypatch.setattr(runner, name, 0.0)
    return Site(database, tmp_path / "storage")


@pytest.fixture(name="small_archives")
def _small_archives(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let archives be of ten events, and looks at five."""
    monkeypatch.setattr(files, "_MAX_EVENTS", 10)
    monkeypatch.setattr(search, "AT_ONCE", 5)
