"""The gc command."""

import json
import os
import time
from pathlib import Path

from flask.testing import FlaskClient

from tests import factories
from tests.cli.conftest import Notifier

_TWO_DAYS_AGO = time.time() - 2 * 24 * 3600


def _grow_old(folder: Path) -> None:
    for path in (folder / "blobs").rglob("*"):
        if path.is_file():
            os.utime(path, (_TWO_DAYS_AGO, _TWO_DAYS_AGO))


def test_it_removes_what_is_not_named_and_old(
    notifier: Notifier, client: FlaskClient, tmp_path: Path
) -> None:
    factories.push_image(client)
    factories.push_blob(client, b"stray")
    _grow_old(tmp_path)

    foretold = notifier("gc", "--dry-run", "--json")
    done = notifier("gc")
    again = notifier("gc", "--json")

    assert json.loads(foretold.stdout) == {
        "links": 1,
        "blobs": 1,
        "bytes": 5,
        "uploads": 0,
        "dry_run": True,
    }
    assert done.stdout == (
        "1 blobs are gone from repositories, 1 with their files (5 bytes); "
        "0 upload sessions are gone\n"
    )
    assert json.loads(again.stdout)["links"] == 0
    [event] = client.get("/api/v1/events?action=delete").get_json()["items"]
    assert event["event"]["target"]["digest"] == factories.digest(b"stray")
    assert event["credential"] == "local"


def test_what_is_young_stays(notifier: Notifier, client: FlaskClient) -> None:
    factories.push_blob(client, b"stray")

    assert json.loads(notifier("gc", "--json").stdout)["links"] == 0


def test_a_grace_that_is_too_short_is_refused(notifier: Notifier) -> None:
    refused = notifier("gc", "--grace", "1h", status=2)

    assert "2h is the least" in refused.stderr
