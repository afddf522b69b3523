"""Configuration: the variables ``NOTIFIER_*``, and the file that one of them names.

``settings`` is what can be set. ``file`` reads the file, whose ``notifications`` block
is the distribution project's (``notifications``), through ``document``, which knows the
line of everything.
"""

from notifier.config.errors import ConfigError
from notifier.config.file import ConfigFile
from notifier.config.notifications import DeclaredEndpoint
from notifier.config.settings import (
    Challenge,
    LogFormat,
    PullEvents,
    References,
    Settings,
)
from notifier.config.values import Network

__all__ = [
    "Challenge",
    "ConfigError",
    "ConfigFile",
    "DeclaredEndpoint",
    "LogFormat",
    "Network",
    "PullEvents",
    "References",
    "Settings",
]
