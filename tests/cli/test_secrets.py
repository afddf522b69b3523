"""The secrets commands."""

import json

import pytest
from cryptography.fernet import Fernet

from tests.cli.conftest import Notifier

URL = "http://127.0.0.1:9/hook"


def test_a_key_is_replaced(notifier: Notifier, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    monkeypatch.setenv("NOTIFIER_SECRET_KEY", old)
    notifier("endpoints", "add", "ci", URL, "--header", "X: y")
    monkeypatch.setenv("NOTIFIER_SECRET_KEY", f"{new},{old}")

    said = notifier("secrets", "rotate").stdout
    again = json.loads(notifier("secrets", "rotate", "--json").stdout)

    assert said.startswith("2 encrypted by the first key, 0 were so already")
    assert again == {"renewed": 0, "current": 2, "unreadable": 0}
    monkeypatch.setenv("NOTIFIER_SECRET_KEY", new)
    assert "X: ********" in notifier("endpoints", "show", "ci").stdout


def test_a_lost_key_is_said(
    notifier: Notifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    notifier("endpoints", "add", "ci", URL)
    monkeypatch.setenv("NOTIFIER_SECRET_KEY", Fernet.generate_key().decode())
    notifier("endpoints", "add", "cd", URL)

    listed = notifier("endpoints", "list").stdout.splitlines()
    refused = notifier("secrets", "rotate", status=1)

    assert "its secrets cannot be decrypted" not in listed[1]
    assert "its secrets cannot be decrypted" in listed[2]
    assert "2 cannot be decrypted by any of the keys" in refused.stderr
    assert notifier("endpoints", "show", "ci").stdout
