"""Before a server opens: whether it may, and for whom."""

from notifier.access.startup import check_startup
from notifier.config import Settings
from notifier.db import Database


def check_access(settings: Settings) -> bool:
    """Tell whether everybody may do everything, being on this machine.

    Raises `ConfigError` if others can reach the server and nothing says what they may.
    """
    database = Database(settings.database)
    try:
        return check_startup(settings, database)
    finally:
        database.close()
