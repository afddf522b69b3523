"""The program's commands, and how it says that one of them cannot be done."""

import gc
from importlib import import_module

import click

from notifier import __version__

_COMMANDS = (
    "serve",
    "web",
    "worker",
    "db",
    "endpoints",
    "events",
    "digests",
    "repositories",
    "tags",
    "deliveries",
    "redeliveries",
    "replays",
    "users",
    "grants",
    "tokens",
    "access",
    "sources",
    "retention",
    "gc",
    "check",
    "secrets",
    "version",
)


class Program(click.Group):
    """The group of all commands.

    It ends with one line on standard error, and a status other than 0, where it knows
    what is wrong.
    """

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """List the commands, the most important one first."""
        return list(_COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """Import a command: what the others need is not loaded."""
        if name not in _COMMANDS:
            return None
        # What is imported stays to the end: no collection needs to look at it, not
        # meanwhile, nor at the exit of this process, nor in those that it forks.
        gc.disable()
        command: click.Command = import_module(f"notifier.cli.{name}").command
        gc.freeze()
        gc.enable()
        return command

    def invoke(self, ctx: click.Context) -> None:
        """Run a command; say in one line why it cannot be done."""
        try:
            super().invoke(ctx)
        except BrokenPipeError:
            # `notifier events list | head` is no mistake: click knows what to do.
            raise
        except _known_errors() as error:
            raise click.ClickException(_one_line(error)) from error


main = click.version_option(__version__, message="%(prog)s %(version)s")(
    Program(
        "notifier",
        help="""A container registry that tells: every push, pull, mount and delete
        becomes an event, a line of the audit log, and a webhook that arrives.

        Settings are environment variables, NOTIFIER_*. Only serve, web and worker are
        long-running; the other commands work on the database of the same settings and
        need no server.""",
        epilog="Begin with: notifier serve",
    )
)


def _known_errors() -> tuple[type[Exception], ...]:
    known: tuple[type[Exception], ...] = import_module("notifier.cli.refusals").KNOWN
    return known


def _one_line(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        named = f"{error.filename}: " if error.filename else ""
        return named + error.strerror
    if isinstance(error, UnicodeDecodeError):
        return "what was given to read is no text in UTF-8"
    return " ".join(str(error).split())
