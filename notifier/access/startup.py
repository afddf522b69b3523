"""Whether a server may start: nobody is to be let in by oversight."""

from notifier.access.htpasswd import Htpasswd
from notifier.access.issuer import Issuer
from notifier.access.passwords import Passwords
from notifier.access.standings import has_rows
from notifier.config import ConfigError, Settings
from notifier.db import Database


def check_startup(settings: Settings, database: Database) -> bool:
    """Tell whether everybody may do everything, which is so on loopback alone.

    Raises `ConfigError` if others can reach the server and nothing says what they may
    do, or if a file or an issuer of the settings cannot be had.
    """
    Issuer.open(settings)
    Htpasswd.open(settings, Passwords())
    if _says_something(settings):
        return False
    with database.read() as connection:
        if has_rows(connection):
            return False
    if not settings.is_local():
        raise ConfigError(
            f"others can reach {settings.host}, and nothing says what they may do: add "
            "an admin (notifier users add NAME, notifier grants add user:NAME admin), "
            "name a file of users (NOTIFIER_HTPASSWD) or an outside issuer "
            "(NOTIFIER_TOKEN_ISSUER), or say what everybody may do "
            "(NOTIFIER_ANONYMOUS=pull)"
        )
    return True


def may_be_open(settings: Settings) -> bool:
    """Tell whether everybody may do everything as long as nobody has a row.

    So it is by settings that say nothing, if only this machine reaches the server.
    """
    return not _says_something(settings) and settings.is_local()


def _says_something(settings: Settings) -> bool:
    return (
        settings.anonymous is not None
        or settings.htpasswd is not None
        or settings.token_issuer is not None
    )
