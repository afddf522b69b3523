"""The database: how to read it, and how to change it in one transaction."""

from notifier.db.base import Base
from notifier.db.database import (
    Database,
    DatabaseFull,
    DatabaseUnavailable,
    Transaction,
    insert,
)
from notifier.db.each import PreparedEach, Values
from notifier.db.interned import Interned, Text
from notifier.db.prepared import Prepared, PreparedIn
from notifier.db.rows import Bound, PreparedRows, Row
from notifier.db.unmapped import unmapped
from notifier.db.unsorted import unsorted

__all__ = [
    "Base",
    "Bound",
    "Database",
    "DatabaseFull",
    "DatabaseUnavailable",
    "Interned",
    "Prepared",
    "PreparedEach",
    "PreparedIn",
    "PreparedRows",
    "Row",
    "Text",
    "Transaction",
    "Values",
    "insert",
    "unmapped",
    "unsorted",
]
