"""Signatures and secrets on the command line."""

import json
from pathlib import Path

import pytest

from notifier.delivery.keys import new_secret
from tests.cli.conftest import Notifier

URL = "http://127.0.0.1:9/hook"


@pytest.fixture(name="secret_file")
def _secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "secret.txt"
    path.write_text("It's-a-Secret-to-Everybody\n")
    return path


def test_signatures_and_secret_are_given(notifier: Notifier, secret_file: Path) -> None:
    added = notifier(
        *("endpoints", "add", "ci", URL, "--secret-file", str(secret_file)),
        *("--signature", "x-signature", "--signature", "v1a"),
    )

    shown = json.loads(notifier("endpoints", "show", "ci", "--json").stdout)
    assert shown["signatures"] == ["v1a", "x-signature"]
    assert shown["secrets"][0]["public_key"] in added.stdout
    assert "Everybody" not in added.output
    assert "Keep the secret" not in added.stderr


def test_update_replaces_the_signatures_and_only_if_given(notifier: Notifier) -> None:
    notifier("endpoints", "add", "ci", URL)

    chosen = notifier(
        "endpoints", "update", "ci", "--signature", "x-hub-signature-256", "--json"
    )
    disabled = notifier("endpoints", "update", "ci", "--disable", "--json")

    assert json.loads(chosen.stdout)["signatures"] == ["x-hub-signature-256"]
    assert json.loads(disabled.stdout)["signatures"] == ["x-hub-signature-256"]


def test_a_rotation_shows_the_secret_once_and_both_sign(notifier: Notifier) -> None:
    notifier("endpoints", "add", "ci", URL)

    rotated = notifier("endpoints", "rotate-secret", "ci", "--overlap", "7d")

    secret = next(w for w in rotated.stdout.split() if w.startswith("whsec_"))
    shown = notifier("endpoints", "show", "ci").stdout
    assert "Keep the secret" in rotated.stderr
    assert ", signs until " in shown
    assert secret not in shown


def test_the_json_of_a_rotation_is_that_of_the_rest_api(notifier: Notifier) -> None:
    notifier("endpoints", "add", "ci", URL)

    rotated = json.loads(
        notifier("endpoints", "rotate-secret", "ci", "--overlap", "0", "--json").stdout
    )

    shown = json.loads(notifier("endpoints", "show", "ci", "--json").stdout)
    assert rotated.pop("secret").startswith("whsec_")
    assert shown["secrets"] == [rotated]


def test_a_file_that_holds_no_text_is_refused(
    notifier: Notifier, secret_file: Path
) -> None:
    secret_file.write_bytes(b"\xff" * 32)

    refused = notifier(
        *("endpoints", "add", "ci", URL, "--signature", "x-signature"),
        *("--secret-file", str(secret_file)),
        status=1,
    )

    assert refused.stderr.startswith("Error: secret: must have 16 to 256 visible")


def test_a_rotation_takes_a_secret_from_a_file(
    notifier: Notifier, secret_file: Path
) -> None:
    notifier("endpoints", "add", "ci", URL)
    refused = notifier(
        *("endpoints", "rotate-secret", "ci", "--secret-file", str(secret_file)),
        status=1,
    )
    secret = new_secret()
    secret_file.write_text(secret)

    rotated = notifier(
        "endpoints", "rotate-secret", "ci", "--secret-file", str(secret_file)
    )

    assert refused.stderr.startswith("Error: secret: must be whsec_")
    assert "Everybody" not in refused.output
    assert secret not in rotated.output
    assert "Keep the secret" not in rotated.stderr


@pytest.mark.parametrize("overlap", ["24", "1y", "-1h", ""])
def test_an_overlap_is_a_span_with_its_unit(notifier: Notifier, overlap: str) -> None:
    notifier("endpoints", "add", "ci", URL)

    refused = notifier(
        "endpoints", "rotate-secret", "ci", f"--overlap={overlap}", status=2
    )

    assert "is not a span like 90s, 30m, 24h or 7d" in refused.stderr


def test_an_overlap_is_ended(notifier: Notifier) -> None:
    notifier("endpoints", "add", "ci", URL)
    notifier("endpoints", "rotate-secret", "ci")
    notifier("endpoints", "rotate-secret", "ci")

    ended = notifier("endpoints", "end-overlap", "ci").stdout
    again = notifier("endpoints", "end-overlap", "ci").stdout

    assert ended == "2 ended\n"
    assert again == "only the newest secret signs already\n"
    shown = json.loads(notifier("endpoints", "show", "ci", "--json").stdout)
    assert len(shown["secrets"]) == 1
