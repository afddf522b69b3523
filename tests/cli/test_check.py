"""The check command."""

import json
from pathlib import Path

from flask.testing import FlaskClient

from tests import factories
from tests.cli.conftest import Notifier

_LAYER = factories.digest(b"layer")


def _damage(folder: Path) -> None:
    path = folder / "blobs" / "sha256" / _LAYER[7:9] / _LAYER[7:]
    path.write_bytes(b"later")


def test_it_says_when_all_is_well(notifier: Notifier, client: FlaskClient) -> None:
    factories.push_image(client)

    assert notifier("check").stderr == "all is as it should be\n"
    assert notifier("check", "--json", "--rate", "100").stdout == ""


def test_what_is_wrong_is_told_and_its_status_is_1(
    notifier: Notifier, client: FlaskClient, tmp_path: Path
) -> None:
    factories.push_image(client)
    _damage(tmp_path)

    told = notifier("check", status=1).stdout
    as_json = json.loads(notifier("check", "--json", status=1).stdout)

    assert told.startswith(f"blob_damaged  {_LAYER}: its bytes have the digest sha256:")
    assert as_json["problem"] == "blob_damaged"
    assert not as_json["mended"]


def test_repair_mends_what_it_can(
    notifier: Notifier, client: FlaskClient, tmp_path: Path
) -> None:
    factories.push_image(client)
    _damage(tmp_path)

    # What is gone from the repository is missed by its manifest until it is back.
    assert "(mended)" in notifier("check", "--repair", status=1).stdout
    factories.push_blob(client)
    notifier("check")


def test_it_resumes_where_it_was_interrupted(
    notifier: Notifier, client: FlaskClient, tmp_path: Path
) -> None:
    factories.push_image(client)
    _damage(tmp_path)
    (tmp_path / "check.cursor").write_text("1000")

    notifier("check", "--resume")

    assert not (tmp_path / "check.cursor").exists()
    notifier("check", "--resume", status=1)
