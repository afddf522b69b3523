"""The options about formats."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from notifier.cli import main
from tests.cli.conftest import Notifier

URL = "http://127.0.0.1:9/hook"


def _shown(notifier: Notifier, *options: str) -> dict[str, str]:
    added = notifier("endpoints", "add", "ci", URL, "--json", *options)
    format_: dict[str, str] = json.loads(added.stdout)["format"]
    return format_


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("acr", {"type": "acr"}),
        ("cloudevents", {"type": "cloudevents", "mode": "structured"}),
        ("cloudevents:binary", {"type": "cloudevents", "mode": "binary"}),
        ("cloudevents:batch", {"type": "cloudevents", "mode": "batch"}),
        ("distribution:v1", {"type": "distribution", "version": "v1"}),
        ("harbor:cloudevents", {"type": "harbor", "mode": "cloudevents"}),
    ],
)
def test_a_format_is_named_with_what_differs_from_its_default(
    notifier: Notifier, name: str, shown: dict[str, str]
) -> None:
    assert _shown(notifier, "--format", name) == shown
    assert notifier("endpoints", "list").stdout.splitlines()[1].split()[-2] == name
    lines = notifier("endpoints", "show", "ci").stdout.splitlines()
    assert ["format", name] in [line.split() for line in lines]


def test_a_template_is_read_from_a_file(notifier: Notifier, tmp_path: Path) -> None:
    file = tmp_path / "template.txt"
    file.write_text("{{ event.action }}\n")

    shown = _shown(notifier, "--template", str(file), "--content-type", "text/plain")

    assert shown == {
        "type": "template",
        "body": "{{ event.action }}\n",
        "content_type": "text/plain",
    }
    assert "{{ event.action }}" in notifier("endpoints", "show", "ci").stdout


def test_a_template_is_read_from_stdin(notifier: Notifier) -> None:
    notifier("endpoints", "add", "ci", URL)

    changed = CliRunner().invoke(
        main,
        ["endpoints", "update", "ci", "--template", "-", "--json"],
        input="{{ event|json }}",
    )

    assert json.loads(changed.stdout)["format"]["body"] == "{{ event|json }}"


def test_update_leaves_the_format_unless_one_is_given(notifier: Notifier) -> None:
    _shown(notifier, "--format", "slack")

    renamed = notifier("endpoints", "update", "ci", "--name", "cd", "--json")
    changed = notifier("endpoints", "update", "cd", "--format", "quay", "--json")

    assert json.loads(renamed.stdout)["format"] == {"type": "slack"}
    assert json.loads(changed.stdout)["format"] == {"type": "quay"}


@pytest.mark.parametrize(
    ("options", "status", "reason"),
    [
        (("--format", "telegram"), 2, "Invalid value for '--format'"),
        (("--format", "acr", "--template", "{file}"), 2, "say either --format or"),
        (("--content-type", "text/plain"), 2, "--content-type is that of a --template"),
        (("--template", "{file}"), 1, "format.body: line 2: Expected an expression"),
        (("--template", "/nowhere"), 2, "Invalid value for '--template'"),
    ],
)
def test_a_bad_choice_is_said_in_one_line(
    notifier: Notifier,
    tmp_path: Path,
    options: tuple[str, ...],
    status: int,
    reason: str,
) -> None:
    file = tmp_path / "template.txt"
    file.write_text("{}\n{% if %}")
    given = [option.format(file=file) for option in options]

    refused = notifier("endpoints", "add", "ci", URL, *given, status=status)

    assert refused.stderr.splitlines()[-1].startswith(f"Error: {reason}")
    assert "ci" not in notifier("endpoints", "list").stdout
