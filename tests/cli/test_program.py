"""The command line as a whole: its help, its errors, the db commands."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from notifier import __version__
from notifier.cli import main
from notifier.cli.program import _COMMANDS
from notifier.cli.revision import get_head
from tests.cli.conftest import Notifier


@pytest.fixture(name="invoke")
def _invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Notifier:
    """Give a function that runs a command where there is no database yet."""
    monkeypatch.setenv("NOTIFIER_DATA_DIR", str(tmp_path / "data"))

    def invoke(*arguments: str, status: int = 0, typed: str = "") -> Result:
        result = CliRunner().invoke(main, arguments, typed)
        assert result.exit_code == status, result.output
        return result

    return invoke


def test_the_help_names_every_command(invoke: Notifier) -> None:
    shown = invoke("--help").stdout

    for name in _COMMANDS:
        assert f"\n  {name} " in shown


@pytest.mark.parametrize("name", _COMMANDS)
def test_every_command_and_option_has_help(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    subcommands = command.commands.values() if isinstance(command, click.Group) else []

    for one in [command, *subcommands]:
        assert one.help
        for parameter in one.params:
            if isinstance(parameter, click.Option):
                assert parameter.help


def test_the_version_is_printed(invoke: Notifier) -> None:
    assert invoke("version").stdout == f"notifier {__version__}\n"
    assert __version__ in invoke("--version").stdout


def test_an_unknown_command_is_a_mistake_of_usage(invoke: Notifier) -> None:
    assert "No such command 'push'" in invoke("push", status=2).stderr


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("NOTIFIER_PORT", "x", "NOTIFIER_PORT: say a whole number from 1 to 65535"),
        ("NOTIFIER_PROT", "1", "NOTIFIER_PROT is not a setting"),
        ("NOTIFIER_DATABASE_URL", "sqlite:x", "Could not parse SQLAlchemy URL"),
        ("NOTIFIER_DATA_DIR", "/proc/no", "/proc/no: No such file or directory"),
        ("NOTIFIER_SECRET_KEY", "x", "NOTIFIER_SECRET_KEY: say Fernet keys"),
        ("NOTIFIER_WEB_THREADS", "many", "say a whole number from 1 to 1024"),
        ("NOTIFIER_HOST", "no.such.invalid", "NOTIFIER_HOST: "),
        ("NOTIFIER_HOST", "192.0.2.1", "cannot listen on 192.0.2.1 port 5000: "),
        (
            "NOTIFIER_DATABASE_URL",
            "postgresql+psycopg://me:secret@127.0.0.1:1/x",
            "connection failed",
        ),
    ],
)
def test_an_error_is_one_line_and_a_status(
    invoke: Notifier,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    value: str,
    reason: str,
) -> None:
    invoke("db", "upgrade")
    monkeypatch.setenv(variable, value)
    command = ["serve"] if "HOST" in variable else ["endpoints", "list"]

    refused = invoke(*command, status=1)

    assert refused.stdout == ""
    assert refused.stderr.startswith("Error: ")
    assert reason in refused.stderr
    assert "secret@" not in refused.stderr
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["web", "worker", "endpoints list", "db check"])
def test_a_database_that_is_not_migrated_is_refused(
    invoke: Notifier, command: str
) -> None:
    refused = invoke(*command.split(), status=1)

    assert refused.stderr == (
        "Error: the database is not of this version yet: run `notifier db upgrade`\n"
    )


def test_the_database_goes_up_and_down(invoke: Notifier) -> None:
    head = f"the database is at revision {get_head()}"
    assert invoke("db", "upgrade").stdout == f"{head}\n"
    assert head in invoke("db", "check").stdout

    invoke("db", "downgrade", "base", typed="n\n", status=1)
    back = invoke("db", "downgrade", "--yes").stdout
    assert back.startswith("the database is at revision 0")
    assert invoke("db", "downgrade", "base", "--yes").stdout == "no tables are left\n"

    invoke("db", "check", status=1)


def test_a_mistake_of_ours_is_not_hidden(
    invoke: Notifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoke("db", "upgrade")
    monkeypatch.setattr("notifier.cli.endpoints.print_endpoints", None)

    result = CliRunner().invoke(main, ["endpoints", "list"])

    assert isinstance(result.exception, TypeError)
