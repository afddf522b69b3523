"""What tests of ingest are given."""

from datetime import UTC, datetime

import pytest

from notifier.db import Database
from notifier.ids import uuid7
from notifier.ingest.source import NO_PREFIXES, IngestSource, Receipt, SourceKind
from tests.ingest.desk import Desk
from tests.ingest.told import NOW_NS


@pytest.fixture(name="receipt")
def _receipt() -> Receipt:
    """Give one that needs no database."""
    source = IngestSource(
        id=uuid7(),
        name="registry-2",
        kind=SourceKind.AUTO,
        prefixes=NO_PREFIXES,
        enabled=True,
        created_at=datetime.now(UTC),
        updated_at=datetime.now(UTC),
    )
    return Receipt(source=source, at_ns=NOW_NS)


@pytest.fixture(name="desk")
def _desk(database: Database) -> Desk:
    return Desk(database)
