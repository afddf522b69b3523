"""Replays of the latest push of each tag that is there now."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from notifier.delivery.filters import Filters
from notifier.delivery.repair import history as history_module
from notifier.delivery.repair.history import LatestPushes
from notifier.delivery.repair.selection import EventSelection
from notifier.delivery.repair.works import work_of
from notifier.web.services import Services
from tests import factories


def _pushes(
    own: Services, wants: dict[str, Any] | None = None, **selection: Any
) -> list[tuple[str | None, str | None, str]]:
    """Return what is sent to an endpoint: repository, tag and digest of each push."""
    with own.database.transaction() as transaction:
        endpoint, _ = own.endpoints.create(
            transaction,
            name=f"ci-{datetime.now(UTC)}",
            url="http://127.0.0.1:9/",
            filters=Filters.parse(wants or {}),
        )
    work = work_of(
        EventSelection(latest_push_per_tag=True, **selection),
        endpoint=endpoint,
        end=datetime.now(UTC),
        recorder=own.recorder,
        outbox=own.outbox,
    )
    found = []
    cursor: str | None = ""
    with own.database.read() as connection:
        while cursor is not None:
            part = work.look(connection, cursor, 2)
            found += [event.target for event in part.items]
            cursor = part.cursor
    return [
        (target.repository, target.tag, target.descriptor.digest)
        for target in found
        if target.descriptor
    ]


@pytest.mark.parametrize("at_once", [1, 2, 200])
def test_each_tag_is_sent_once_as_it_is_now(
    client: FlaskClient, own: Services, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(history_module, "_TAGS_AT_ONCE", at_once)
    factories.push_image(client, "latest", layers=(b"old",))
    first = factories.push_image(client, "1.0", layers=(b"one",))
    moved = factories.push_image(client, "latest", layers=(b"new",))
    other = factories.push_image(client, "1.0", "other")
    factories.push_image(client, "gone")
    client.delete("/v2/team/app/manifests/gone")

    assert _pushes(own) == [
        ("team/app", "1.0", first),
        ("team/app", "latest", moved),
        ("other", "1.0", other),
    ]


def test_only_tags_that_filters_want_are_sent(
    client: FlaskClient, own: Services
) -> None:
    wanted = factories.push_image(client, "v1")
    factories.push_image(client, "dev")
    factories.push_image(client, "v1", "other")

    pushes = _pushes(own, {"tags": ["v*"]}, filters=Filters(repositories=("team/**",)))

    assert pushes == [("team/app", "v1", wanted)]


def test_times_bound_when_a_tag_was_pushed_last(
    client: FlaskClient, own: Services
) -> None:
    factories.push_image(client, "old")
    between = datetime.now(UTC)
    new = factories.push_image(client, "new")

    assert _pushes(own, since=between) == [("team/app", "new", new)]
    assert _pushes(own, since=between, until=between + timedelta(days=1)) == [
        ("team/app", "new", new)
    ]
    assert _pushes(own, since=between + timedelta(days=1)) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_index_finds_the_latest_push(own: Services) -> None:
    statements: list[tuple[str, Any]] = []
    sa.event.listen(
        own.database.engine,
        "before_cursor_execute",
        lambda *event: statements.append((event[2], event[3])),
    )
    reader = LatestPushes(selection=EventSelection(), end=datetime.now(UTC))
    with own.database.read() as connection:
        reader.read(connection, "1:latest")
        text, parameters = statements[0]
        cursor = connection.connection.cursor()
        cursor.execute(f"EXPLAIN QUERY PLAN {text}", parameters)
        plan = " ".join(step for *_, step in cursor.fetchall())

    assert "ix_events_tag (repository_id=? AND tag=?)" in plan
    assert "SEARCH tags USING PRIMARY KEY ((repository_id,name)>(?,?))" in plan
    assert "TEMP B-TREE" not in plan
