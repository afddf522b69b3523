"""Whatever is not as it should be is found, and mended if it can be."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from notifier.delivery.tables import CANCELLED, DeliveryRow
from notifier.events.event import RequestRecord
from notifier.events.origin import Origin
from notifier.events.tables import EventRow
from notifier.ids import uuid7
from notifier.registry.blobs import Blob
from notifier.registry.digest import Digest
from notifier.registry.manifests import Manifest
from notifier.upkeep.inspection import Finding, Inspection, Problem
from notifier.web.services import Services
from tests import factories

_LAYER = factories.digest(b"layer")


def _inspect(own: Services, **options: Any) -> list[Finding]:
    inspection = Inspection(
        database=own.database,
        storage=own.storage,
        announcer=own.announcer,
        origin=Origin(
            request=RequestRecord(
                id=uuid7(), addr="", host="test", method="", useragent=""
            ),
            source=own.source,
        ),
        **options,
    )
    return list(_all(inspection))


def _all(inspection: Inspection) -> Iterator[Finding]:
    yield from (step.finding for step in inspection.blobs() if step.finding)
    yield from inspection.manifests()
    yield from inspection.outbox()


def _file(folder: Path, digest: str = _LAYER) -> Path:
    return folder / "blobs" / "sha256" / digest[7:9] / digest[7:]


def _change(own: Services, statement: Any) -> None:
    with own.database.transaction() as transaction:
        transaction.execute(statement)


@pytest.fixture(name="image", autouse=True)
def _image(client: FlaskClient) -> str:
    """Push an image; return its digest."""
    return factories.push_image(client)


def test_what_is_as_it_should_be_is_not_told(own: Services) -> None:
    assert _inspect(own) == []


def test_a_blob_whose_file_is_gone_is_told(own: Services, tmp_path: Path) -> None:
    _file(tmp_path).unlink()

    [found] = _inspect(own)

    assert (found.problem, found.subject) == (Problem.BLOB_LOST, _LAYER)
    assert not found.mended


@pytest.mark.parametrize("content", [b"lay", b"later", b"", b"layer and more"])
def test_a_blob_with_other_bytes_is_told(
    own: Services, tmp_path: Path, content: bytes
) -> None:
    _file(tmp_path).write_bytes(content)

    [found] = _inspect(own)

    assert found.problem is Problem.BLOB_DAMAGED
    assert factories.digest(content) in found.detail


@pytest.mark.parametrize("damage", ["gone", "other bytes"])
def test_a_damaged_blob_is_taken_away_and_may_be_pushed_again(
    client: FlaskClient, own: Services, tmp_path: Path, damage: str
) -> None:
    if damage == "gone":
        _file(tmp_path).unlink()
    else:
        _file(tmp_path).write_bytes(b"later")
    path = f"/v2/team/app/blobs/{_LAYER}"

    mended, missing = _inspect(own, repair=True)

    assert mended.mended
    assert missing.problem is Problem.REFERENCE_MISSING
    assert missing.detail == f"blob unknown to registry: digest {_LAYER}"
    assert client.get(path).status_code == 404
    [event] = client.get("/api/v1/events?action=delete").get_json()["items"]
    assert event["event"]["target"]["digest"] == _LAYER
    kept = tmp_path / "damaged" / _LAYER.replace(":", "-")
    assert kept.exists() is (damage == "other bytes")
    factories.push_blob(client)
    assert client.get(path).data == b"layer"
    assert _inspect(own) == []


def test_a_wrong_size_is_mended(
    client: FlaskClient, own: Services, tmp_path: Path
) -> None:
    _change(own, sa.update(Blob).where(Blob.digest == Digest(_LAYER)).values(size=4))

    found, *_ = _inspect(own, repair=True)

    assert (found.problem, found.mended) == (Problem.BLOB_SIZE, True)
    assert client.get(f"/v2/team/app/blobs/{_LAYER}").data == b"layer"
    assert _file(tmp_path).exists()
    assert _inspect(own) == []


def test_a_blob_that_nobody_links_is_left_to_the_collection(
    client: FlaskClient, own: Services, tmp_path: Path
) -> None:
    factories.push_blob(client, b"stray")
    client.delete(f"/v2/team/app/blobs/{factories.digest(b'stray')}")
    _file(tmp_path, factories.digest(b"stray")).unlink()

    assert _inspect(own) == []


def test_a_manifest_with_other_bytes_is_told(own: Services, image: str) -> None:
    _change(own, sa.update(Manifest).values(content=b"{}"))

    [found] = _inspect(own)

    assert found.problem is Problem.MANIFEST_DAMAGED
    assert found.subject == f"team/app@{image}"


def test_a_manifest_that_names_what_is_not_there_is_told_unless_that_may_be(
    client: FlaskClient, own: Services, image: str
) -> None:
    client.delete(f"/v2/team/app/blobs/{_LAYER}")

    [found] = _inspect(own)

    assert (found.problem, found.subject) == (
        Problem.REFERENCE_MISSING,
        f"team/app@{image}",
    )
    assert _LAYER in found.detail
    assert _inspect(own, sparse=True) == []


def test_a_delivery_of_an_event_that_is_lost_is_cancelled(
    client: FlaskClient, own: Services
) -> None:
    client.post(
        "/api/v1/endpoints", json={"name": "ci", "url": "http://127.0.0.1:9/hook"}
    )
    factories.push_image(client, "2.0")
    _change(own, sa.delete(EventRow).where(EventRow.tag == "2.0"))

    [told] = _inspect(own)
    [mended] = _inspect(own, repair=True)

    assert told.problem is mended.problem is Problem.EVENT_LOST
    assert _inspect(own) == []
    with own.database.read() as connection:
        rows = connection.execute(sa.select(DeliveryRow.state, DeliveryRow.due_at))
        assert rows.all() == [(CANCELLED, None)]


def test_it_goes_on_where_it_was_interrupted(
    client: FlaskClient, own: Services
) -> None:
    factories.push_blob(client, b"one more")
    inspection = Inspection(
        database=own.database,
        storage=own.storage,
        announcer=own.announcer,
        origin=None,  # type: ignore[arg-type]  # nothing is announced
    )

    whole = list(inspection.blobs())
    rest = list(inspection.blobs(after=whole[0].blob_id))

    assert len(whole) == 3
    assert rest == whole[1:]
    assert inspection.count_bytes() == 2 + 5 + 8
    assert inspection.count_bytes(after=whole[1].blob_id) == whole[2].bytes
