"""The command line: runs the program's parts, and works on its database."""

from notifier.cli.program import main

__all__ = ["main"]
