"""The options about presets, and about secrets within URLs."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from notifier.cli import main
from notifier.delivery.presets import PRESETS
from tests.cli.conftest import Notifier


@pytest.fixture(name="token_file")
def _token_file(tmp_path: Path) -> str:
    file = tmp_path / "token.txt"
    file.write_text("hunter2\n")
    return str(file)


def _added(notifier: Notifier, *options: str) -> dict[str, Any]:
    added = notifier("endpoints", "add", "app", "--json", *options)
    assert "hunter2" not in added.output
    endpoint: dict[str, Any] = json.loads(added.stdout)
    return endpoint


def test_github_needs_a_repository_and_a_token(
    notifier: Notifier, token_file: str
) -> None:
    endpoint = _added(
        *(notifier, "--preset", "github", "--repo", "acme/site"),
        *("--token-file", token_file, "--event-type", "image"),
    )

    assert endpoint["url"] == "https://api.github.com/repos/acme/site/dispatches"
    assert endpoint["headers"]["Authorization"] == "********"
    assert '"image"' in endpoint["format"]["body"]


def test_the_url_is_the_address_of_the_receiver(
    notifier: Notifier, token_file: str
) -> None:
    endpoint = _added(
        *(notifier, "https://gitlab.example.com", "--preset", "gitlab"),
        *("--project", "acme/app", "--ref", "dev", "--token-file", token_file),
        *("--repository", "team/**"),
    )

    assert endpoint["url"] == (
        "https://gitlab.example.com/api/v4/projects/acme%2Fapp/ref/dev/trigger/pipeline"
        "?token={token}"
    )
    assert endpoint["filters"] == {
        "actions": ["push"],
        "kinds": ["manifest"],
        "tags": ["*"],
        "repositories": ["team/**"],
    }
    shown = notifier("endpoints", "show", "app").stdout
    assert "token: ********" in shown


def test_a_token_is_read_from_stdin(notifier: Notifier) -> None:
    notifier("endpoints", "list")

    added = CliRunner().invoke(
        main,
        [
            *("endpoints", "add", "app", "https://jenkins.example.com", "--json"),
            *("--preset", "jenkins", "--token-file", "-"),
        ],
        input="hunter2\n",
    )

    assert json.loads(added.stdout)["url_secrets"] == {"token": "********"}


def test_presets_lists_what_each_has_to_know(notifier: Notifier) -> None:
    shown = notifier("endpoints", "presets").stdout.splitlines()
    listed = json.loads(notifier("endpoints", "presets", "--json").stdout)

    assert shown[0].split() == ["name", "about", "needs", "may", "have"]
    [github] = [line for line in shown if line.startswith("github")]
    assert github.split()[-4:] == ["--repo,", "--token-file", "--event-type,", "URL"]
    assert [item["name"] for item in listed["items"]] == list(PRESETS)


def test_a_secret_of_a_url_is_read_from_a_file(
    notifier: Notifier, token_file: str
) -> None:
    endpoint = _added(
        *(notifier, "https://x.example.com/{key}"),
        *("--url-secret", f"key={token_file}"),
    )
    changed = notifier(
        *("endpoints", "update", "app", "--url", "https://x.example.com/a/{other}"),
        *("--url-secret", f"other={token_file}", "--json"),
    )

    assert endpoint["url_secrets"] == {"key": "********"}
    assert json.loads(changed.stdout)["url_secrets"] == {"other": "********"}


@pytest.mark.parametrize(
    ("options", "status", "reason"),
    [
        ((), 2, "say a URL, or a --preset"),
        (("--preset", "travis"), 2, "Invalid value for '--preset'"),
        (("--preset", "github"), 2, "github needs --repo: The repository"),
        (("--preset", "jenkins"), 2, "jenkins needs URL: The address of"),
        (("https://x", "--repo", "a/b", "--ref", "c"), 2, "--repo, --ref: these need"),
        (("--preset", "keel", "--ref", "a"), 2, "keel has no use for --ref"),
        (("x", "--preset", "keel"), 1, "preset.url: must be http:// or https://"),
        (("https://x/{a}",), 1, "url: {a} has no value in url_secrets"),
        (("https://x/", "--url-secret", "a"), 2, "a URL secret is written NAME=FILE"),
        (("https://x/", "--url-secret", "a=/nowhere"), 1, "/nowhere: No such file"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    notifier: Notifier, options: tuple[str, ...], status: int, reason: str
) -> None:
    refused = notifier("endpoints", "add", "app", *options, status=status)

    assert refused.stderr.splitlines()[-1].startswith(f"Error: {reason}")
    assert "app" not in notifier("endpoints", "list").stdout
