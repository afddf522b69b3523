"""A container registry that tells.

Every push, pull, mount and delete becomes an event, a row of the audit log, and a
delivery to each endpoint that wants it. ARCHITECTURE.md draws the way of one push.
"""

from importlib.metadata import version

__version__ = version("notifier")
