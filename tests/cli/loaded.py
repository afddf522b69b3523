"""What processes have loaded when they begin: see `forks`."""

import gc
from importlib import import_module

from sqlalchemy.orm import configure_mappers

from notifier.cli import main, program
from tests.audit.retention import mortal

__all__ = ["main", "mortal"]

for name in program._COMMANDS:
    import_module(f"notifier.cli.{name}")

configure_mappers()
# No collection in a fork needs to look at it.
gc.collect()
gc.freeze()
