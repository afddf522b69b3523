from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from notifier.db import Database
from notifier.events.event import (
    Action,
    Descriptor,
    Event,
    Ingested,
    Kind,
    TagChange,
    Target,
)
from notifier.events.record import Recorder
from notifier.events.tables import ACTIONS, KINDS, TAG_CHANGES, EventRow
from notifier.registry.digest import Digest
from tests import factories

PLATFORM = {"architecture": "arm64", "os": "linux", "os.features": ["a", "b"]}
REFERENCE = Descriptor(
    media_type="application/x", digest=Digest.of(b"x", "sha512"), size=1
)


def samples() -> dict[str, Event]:
    push = factories.event()
    target = push.target
    return {
        "push": push,
        "moved tag": replace(
            push, tag_change=TagChange.MOVED, previous_digest=Digest.of(b"o", "sha384")
        ),
        "pull of a blob": factories.event(Action.PULL, kind=Kind.BLOB, tag=None),
        "mount": factories.event(
            Action.MOUNT, kind=Kind.BLOB, tag=None, repository="other/app"
        ),
        "delete": factories.event(Action.DELETE),
        "actor": replace(push, actor="alice"),
        "artifact type": factories.event(artifact_type="application/spdx+json"),
        "references": replace(
            push,
            target=replace(
                target, references=(REFERENCE, replace(REFERENCE, platform=PLATFORM))
            ),
        ),
        "no references": replace(push, target=replace(target, references=())),
        "from": replace(push, target=replace(target, from_repository="base/debian")),
        "address by a prefix": replace(
            push, target=replace(target, url=f"https://x/registry{_path(target)}")
        ),
        "ingested": replace(push, ingested=Ingested("hub", str(push.request.id))),
        "ingested by another name": replace(push, ingested=Ingested("hub", "a-1 é")),
        "ingested without a name": replace(push, ingested=Ingested("hub")),
        "relative address": replace(push, target=replace(target, url=_path(target))),
        "nameless client": replace(
            push, request=replace(push.request, useragent="", host="", addr="")
        ),
        "large": replace(
            push,
            target=replace(
                target, descriptor=replace(REFERENCE, size=2**63 - 1), url=None
            ),
        ),
        "ping": replace(
            factories.event(Action.PING), target=Target(kind=None, repository=None)
        ),
        "address of nothing in particular": replace(
            factories.event(Action.PING),
            target=Target(kind=None, repository=None, url="https://example.com"),
        ),
    }


def _path(target: Target) -> str:
    assert target.descriptor is not None
    return f"/v2/{target.repository}/manifests/{target.descriptor.digest}"


def read(database: Database, recorder: Recorder) -> list[Event]:
    with database.read() as connection:
        rows = connection.execute(
            sa.select(EventRow.__table__).order_by(EventRow.id)
        ).all()
        return recorder.events(connection, rows)


@pytest.mark.parametrize("name", samples())
def test_an_event_is_read_as_it_was_written(database: Database, name: str) -> None:
    event = replace(samples()[name], id=factories.event().id)
    recorder = Recorder()

    with database.transaction() as transaction:
        recorder.insert(transaction, [event])

    # By the one who wrote it, and by one who knows nothing yet.
    assert read(database, recorder) == [event]
    assert read(database, Recorder()) == [event]


def test_many_events_are_written_at_once_and_lie_in_the_order_of_their_time(
    database: Database,
) -> None:
    events = [factories.event(at_ns=1000 * number) for number in range(1, 700)]

    with database.transaction() as transaction:
        Recorder().insert(transaction, events[::-1])

    assert read(database, Recorder()) == events


def test_the_moment_of_writing_is_kept(database: Database) -> None:
    before = datetime.now(UTC)
    with database.transaction() as transaction:
        Recorder().insert(transaction, [factories.event(at_ns=1000)])
    after = datetime.now(UTC)

    with database.read() as connection:
        recorded_at = connection.scalar(sa.select(EventRow.recorded_at))

    assert recorded_at is not None
    assert before.replace(microsecond=0) <= recorded_at <= after


def test_an_event_is_written_once(database: Database) -> None:
    event = factories.event()

    def write() -> None:
        with database.transaction() as transaction:
            Recorder().insert(transaction, [event])

    write()
    with pytest.raises(ValueError, match="recorded already"):
        write()

    assert read(database, Recorder()) == [event]


def test_every_word_has_a_number_of_its_own() -> None:
    assert set(ACTIONS) == set(Action)
    assert set(KINDS) == set(Kind)
    assert set(TAG_CHANGES) == set(TagChange)
    for numbers in (ACTIONS, KINDS, TAG_CHANGES):
        assert len(set(numbers.values())) == len(numbers)


def test_no_events_are_no_rows(database: Database) -> None:
    assert read(database, Recorder()) == []
