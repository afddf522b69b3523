"""The errors that say all there is to say, so that nobody needs a traceback."""

from sqlalchemy.exc import ArgumentError

from notifier.access.errors import AccessError
from notifier.audit.answers import EventUnknown
from notifier.audit.cursor import CursorInvalid
from notifier.audit.digests import DigestAmbiguous
from notifier.audit.retention.errors import RetentionError
from notifier.audit.timelines.errors import TimelineError
from notifier.cli.children import ChildrenFailed
from notifier.cli.revision import SchemaMismatch
from notifier.config import ConfigError
from notifier.db import DatabaseUnavailable
from notifier.delivery.errors import DeliveryError
from notifier.ingest.errors import SourceError
from notifier.secrets import SecretUnreadable

KNOWN = (
    AccessError,
    ArgumentError,
    ChildrenFailed,
    ConfigError,
    CursorInvalid,
    DatabaseUnavailable,
    DeliveryError,
    DigestAmbiguous,
    EventUnknown,
    OSError,
    RetentionError,
    SchemaMismatch,
    SecretUnreadable,
    SourceError,
    TimelineError,
    UnicodeDecodeError,
)
