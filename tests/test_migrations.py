"""The migrations make what the models say, on both databases, and undo it."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from notifier.cli import revision, schema
from notifier.db import Database
from notifier.db.base import UuidBytes
from notifier.events.event import Action, Kind
from notifier.events.record import Recorder
from notifier.events.tables import EventRow
from notifier.ids import uuid7
from notifier.registry.children import Child
from notifier.registry.digest import Digest
from tests import factories
from tests.audit.timelines.counts import count, expected

CHECKOUT = Path(__file__).parent.parent
BOTH = ["sqlite", "postgresql"]
ONE_TEXT = sa.text("INSERT INTO texts (text) VALUES ('kept')")


@pytest.fixture(name="url", params=BOTH)
def _url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the URL of a database without any table."""
    with _empty_database(request, tmp_path, "migrated") as url:
        yield url


@pytest.fixture(name="model_url")
def _model_url(request: pytest.FixtureRequest, url: str) -> Any:
    """Give the URL of a database of the same kind, made from the models."""
    kind = sa.make_url(url).get_backend_name()
    if kind == "postgresql":
        return request.getfixturevalue("postgresql")
    return f"sqlite:///{request.getfixturevalue('sqlite_template')}"


def test_migrations_make_exactly_what_the_models_say(url: str, model_url: str) -> None:
    schema.upgrade(url)

    schema.check(url)
    assert _description(url) == _description(model_url)


def test_down_undoes_all_and_up_works_again(url: str) -> None:
    schema.upgrade(url)
    before = _description(url)

    schema.downgrade(url)

    assert _description(url) == []
    assert revision.get_revision(url) is None
    schema.upgrade(url)
    assert _description(url) == before


def test_an_upgrade_of_a_current_database_changes_nothing(url: str) -> None:
    schema.upgrade(url)
    _execute(url, ONE_TEXT)

    schema.upgrade(url)

    assert _execute(url, sa.text("SELECT text FROM texts")) == [("kept",)]


def test_of_several_upgrades_at_once_one_does_the_work(url: str) -> None:
    program = f"from notifier.cli import schema; schema.upgrade({url!r})"
    command = [sys.executable, "-c", program]

    upgrades = [subprocess.Popen(command) for _ in range(2)]

    assert [upgrade.wait() for upgrade in upgrades] == [0, 0]
    revision.require_current(url)


def test_a_difference_between_tables_and_models_is_found(url: str) -> None:
    schema.upgrade(url)
    _execute(url, sa.text("DROP INDEX ix_events_digest"))

    with pytest.raises(revision.SchemaMismatch, match="ix_events_digest"):
        schema.check(url)


def test_a_database_without_tables_is_not_current(url: str) -> None:
    with pytest.raises(revision.SchemaMismatch, match="run `notifier db upgrade`"):
        revision.require_current(url)


def test_a_database_of_a_newer_program_is_not_current(url: str) -> None:
    schema.upgrade(url)
    _execute(url, sa.text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(revision.SchemaMismatch, match=r"newer version \(9999\)"):
        revision.require_current(url)
    with pytest.raises(revision.SchemaMismatch, match=r"newer version \(9999\)"):
        schema.upgrade(url)


def test_an_unknown_revision_is_refused(url: str) -> None:
    schema.upgrade(url)

    with pytest.raises(revision.SchemaMismatch, match="no-such"):
        schema.downgrade(url, "no-such")


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_alembic_itself_works_in_a_checkout(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFIER_DATABASE_URL", url)

    _alembic("upgrade", "head")
    _alembic("check")
    script = _alembic("upgrade", "head", "--sql")

    assert revision.get_revision(url) == revision.get_head()
    assert "CREATE TABLE events" in script


def test_an_endpoint_keeps_its_secret_both_ways(url: str) -> None:
    schema.upgrade(url)
    schema.downgrade(url, "0006")
    living, removed = uuid7(), uuid7()
    _execute(url, _endpoint(1, living, "NULL"))
    _execute(url, _endpoint(2, removed, "5"))

    schema.upgrade(url)
    secrets = _execute(
        url, sa.text("SELECT id, endpoint_id, encrypted_secret FROM secrets")
    )
    endpoints = _execute(
        url,
        sa.text("SELECT id, signatures, encrypted_headers FROM endpoints ORDER BY id"),
    )
    schema.downgrade(url, "0006")
    restored = _execute(
        url, sa.text("SELECT id, encrypted_secret FROM endpoints ORDER BY id")
    )

    [(id_, key, secret)] = secrets
    assert id_ in {living, living.bytes}
    assert (key, bytes(secret)) == (1, b"secret")
    assert endpoints == [(1, "v1", b"headers"), (2, "v1", b"")]
    assert restored == [(1, b"secret"), (2, b"")]


def test_the_log_is_compact_on_sqlite(tmp_path: Path) -> None:
    schema.upgrade(f"sqlite:///{tmp_path / 'notifier.db'}")

    description = dict(_description(f"sqlite:///{tmp_path / 'notifier.db'}"))

    for table in ("events", "deliveries", "attempts", "tags", "blob_links"):
        assert description[table].endswith("WITHOUT ROWID")
    due = description["ix_deliveries_due"]
    assert due.endswith("WHERE due_at IS NOT NULL")


def test_manifests_that_are_there_get_their_artifact_types(url: str) -> None:
    """More of them than are read at once."""
    schema.upgrade(url, "0001")
    documents = [
        *(factories.manifest(annotations={"n": str(n)}) for n in range(60)),
        factories.manifest(artifactType="application/spdx+json"),
        factories.index(),
    ]
    _insert_manifests(url, documents)

    schema.upgrade(url)

    found = _execute(url, sa.text("SELECT artifact_type FROM manifests ORDER BY id"))
    assert [row[0] for row in found] == [
        *["application/vnd.oci.image.config.v1+json"] * 60,
        "application/spdx+json",
        None,
    ]


def test_repositories_that_are_there_stay_in_the_catalog(url: str) -> None:
    schema.upgrade(url, "0016")
    _execute(url, sa.text("INSERT INTO repositories VALUES (7, 'team/app')"))

    schema.upgrade(url)

    assert _execute(url, sa.text("SELECT name FROM catalog")) == [("team/app",)]


def test_events_are_the_same_in_fewer_bytes(url: str) -> None:
    schema.upgrade(url, "0016")
    before = [_wide_event(number) for number in range(12)]
    _insert_wide_events(url, before)

    schema.upgrade(url)
    database = Database(url)
    with database.read() as connection:
        rows = connection.execute(sa.select(EventRow.__table__).order_by(EventRow.id))
        events = Recorder().events(connection, rows)
    database.close()
    schema.downgrade(url, "0016")

    assert [event.request.addr for event in events] == [row["addr"] for row in before]
    for event, row in zip(events, before, strict=True):
        descriptor, previous = event.target.descriptor, event.previous_digest
        assert (descriptor and descriptor.digest.packed()) == row["digest"]
        assert (previous and previous.packed()) == row["previous_digest"]
        assert event.source.instance_id == row["source_instance"]
    after = sa.select(_WIDE_EVENTS).order_by(_WIDE_EVENTS.c.id)
    assert _execute(url, after) == [tuple(row.values()) for row in before]


_WIDE_EVENTS = sa.table(
    "events",
    sa.column("id", UuidBytes()),
    sa.column("digest", sa.LargeBinary()),
    sa.column("previous_digest", sa.LargeBinary()),
    sa.column("addr", sa.Text()),
    sa.column("request_id", UuidBytes()),
    sa.column("source_instance", UuidBytes()),
    sa.column("tag", sa.Text()),
    *map(sa.column, ("timestamp_ns", "recorded_at", "action", "method")),
    *map(sa.column, ("host_text", "useragent_text", "source_text", "size")),
)
_ADDRESSES = ("192.0.2.1", "192.0.2.1:40000", "[2001:db8::1]:443", "proxy.internal")


def test_what_the_log_has_is_counted_as_what_it_gets(url: str) -> None:
    schema.upgrade(url)
    database, recorder = Database(url), Recorder()
    kinds = [(action, kind) for action in (Action.PULL, Action.PUSH) for kind in Kind]
    asked = factories.event().request
    events = [
        factories.event(
            action,
            kind=kind,
            content=str(number % 2).encode(),
            at_ns=number * 10**13,
            request=replace(asked, useragent=useragent, method=method),
        )
        for number, (action, kind) in enumerate(kinds * 5, start=1)
        for useragent, method in (("docker/27.3.1", "GET"), ("crane/1", "HEAD"))
    ]
    with database.transaction() as transaction:
        recorder.insert(transaction, events)
    counted = count(database, recorder)
    database.close()

    schema.downgrade(url, "0020")
    schema.upgrade(url)

    database = Database(url)
    assert counted == expected(events) == count(database, recorder)
    database.close()


def test_indexes_that_are_there_get_their_children(url: str) -> None:
    child = factories.manifest()
    documents = [child, factories.index(child, child), factories.index()]
    schema.upgrade(url, "0021")
    _insert_manifests(url, documents)

    schema.upgrade(url)

    rows = _execute(url, sa.select(Child.manifest_id, Child.position, Child.digest))
    assert [tuple(row) for row in rows] == [
        (2, position, Digest.of(child)) for position in range(2)
    ]


def _wide_event(number: int) -> dict[str, Any]:
    """Return a row as it was before revision 0017, every third without a digest."""
    digest = Digest.of(str(number % 4).encode()).packed() if number % 3 else None
    return {
        "id": uuid7(number * 10**9),
        "digest": digest,
        "previous_digest": None if number % 2 else digest,
        "addr": _ADDRESSES[number % len(_ADDRESSES)],
        "request_id": uuid7(),
        "source_instance": UUID(int=number % 2),
        "tag": "1.0",
        "timestamp_ns": number,
        "recorded_at": 0,
        "action": number % 2 + 1,
        "method": "PUT",
        **dict.fromkeys(("host_text", "useragent_text", "source_text"), 1),
        "size": 1 if digest else None,
    }


def _insert_wide_events(url: str, rows: list[dict[str, Any]]) -> None:
    _execute(url, ONE_TEXT)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.insert(_WIDE_EVENTS), rows)
    engine.dispose()


def _insert_manifests(url: str, documents: list[bytes]) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO repositories VALUES (1, 'team/app')"))
        for number, content in enumerate(documents, 1):
            connection.execute(
                sa.text(
                    "INSERT INTO manifests "
                    "(id, repository_id, digest, media_type, size, content) "
                    "VALUES (:id, 1, :digest, :media_type, :size, :content)"
                ),
                {
                    "id": number,
                    "digest": bytes([number]),
                    "media_type": json.loads(content)["mediaType"],
                    "size": len(content),
                    "content": content,
                },
            )
    engine.dispose()


@contextmanager
def _empty_database(
    request: pytest.FixtureRequest, tmp_path: Path, name: str
) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / name}.db"
        return
    server = sa.make_url(request.getfixturevalue("postgresql"))
    _administer(server, f"CREATE DATABASE {name}")
    yield server.set(database=name).render_as_string(hide_password=False)
    _administer(server, f"DROP DATABASE {name}")


def _administer(server: sa.URL, statement: str) -> None:
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(statement))
    engine.dispose()


def _execute(url: str, statement: sa.Executable) -> list[tuple[Any, ...]]:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        result = connection.execute(statement)
        rows = [tuple(row) for row in result] if result.returns_rows else []
    engine.dispose()
    return rows


def _description(url: str) -> list[tuple[Any, ...]]:
    """Describe every table, column, constraint and index, in the database's words.

    The order of columns in a table is left out: a later migration adds them last.
    """
    if url.startswith("sqlite"):
        rows = _execute(
            url,
            sa.text(
                "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL "
                "AND name NOT IN ('alembic_version', 'sqlite_sequence') ORDER BY name"
            ),
        )
        return [(name, _sorted_columns(sql)) for name, sql in rows]
    return [
        *_execute(
            url,
            sa.text(
                "SELECT table_name, column_name, data_type, "
                "is_nullable, column_default, collation_name "
                "FROM information_schema.columns WHERE table_schema = 'public' "
                "AND table_name <> 'alembic_version' ORDER BY 1, 2"
            ),
        ),
        *_execute(
            url,
            sa.text(
                "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' "
                "AND tablename <> 'alembic_version' ORDER BY 1"
            ),
        ),
        *_execute(
            url,
            sa.text(
                "SELECT conname, conrelid::regclass::text, pg_get_constraintdef(oid) "
                "FROM pg_constraint WHERE connamespace = 'public'::regnamespace "
                "AND conrelid::regclass::text <> 'alembic_version' ORDER BY 1, 2"
            ),
        ),
    ]


def _sorted_columns(sql: str) -> str:
    """Write a CREATE statement in one line, the columns of a table in their order."""
    spaced = re.sub(r"\s+", " ", sql).strip()
    table = re.fullmatch(r"(CREATE TABLE [^(]*\()(.*)(\).*)", spaced)
    if table is None:
        return spaced
    head, body, tail = table.groups()
    parts = re.split(r",(?![^(]*\))", body)
    return head + ", ".join(sorted(part.strip() for part in parts)) + tail


def _endpoint(key: int, id_: UUID, removed_at: str) -> sa.TextClause:
    """Write the statement that adds an endpoint by the first tables."""
    return sa.text(
        "INSERT INTO endpoints (id, uuid, name, url, enabled, filters, timeout_s, "
        "encrypted_headers, encrypted_secret, created_at, updated_at, removed_at) "
        f"VALUES ({key}, :id, 'ci-{key}', 'http://ci.example/', TRUE, :filters, 5, "
        f":headers, :secret, 0, 0, {removed_at})"
    ).bindparams(
        sa.bindparam("id", id_, UuidBytes()),
        filters=b"{}",
        headers=b"headers",
        secret=b"secret",
    )


def _alembic(*arguments: str) -> str:
    command = [sys.executable, "-m", "alembic", *arguments]
    done = subprocess.run(
        command, cwd=CHECKOUT, check=True, capture_output=True, text=True
    )
    return done.stdout
