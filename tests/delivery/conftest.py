"""What the tests of delivery are given."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from notifier.db import Database
from tests import receiver
from tests.delivery.desk import Desk
from tests.receiver import Receiver


@pytest.fixture(name="receiver")
def _receiver() -> Iterator[Receiver]:
    with receiver.running() as running:
        yield running


@pytest.fixture(name="sqlite_desk")
def _sqlite_desk(sqlite_template: Path, tmp_path: Path) -> Iterator[Desk]:
    """Give a desk for what only shows in SQLite."""
    path = tmp_path / "notifier.db"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    yield Desk(database)
    database.close()


@pytest.fixture(name="desk")
def _desk(database: Database) -> Iterator[Desk]:
    desk = Desk(database)
    yield desk
    desk.drains.stop()
