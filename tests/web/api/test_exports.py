"""The audit log for other programs, by REST."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from notifier.access.passwords import PasswordHash
from notifier.audit import export
from notifier.config import Settings
from notifier.db import DatabaseUnavailable
from notifier.events.event import Action, Event
from notifier.web.api import exports as module
from notifier.web.api.exports import ExportCut
from notifier.web.services import Services
from tests import factories
from tests.audit.logs import fill
from tests.web.auth.people import People

_PATH = "/api/v1/events/export"
_EVENTS = [
    factories.event(Action.PULL if n % 2 else Action.PUSH, tag=f"t{n}")
    for n in range(20)
]


@pytest.fixture(name="settings")
def _settings(settings: Settings) -> Settings:
    return Settings(
        database_url=settings.database_url, data_dir=settings.data_dir, web_streams=2
    )


@pytest.fixture(name="people")
def _people(own: Services, password_hash: PasswordHash) -> People:
    return People(own, password_hash)


@pytest.fixture(name="filled")
def _filled(own: Services, monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """Fill the log; export it in many parts, each of which asks who it is for."""
    monkeypatch.setattr(export, "_AT_ONCE", 3)
    monkeypatch.setattr(module, "_CHECK_S", 0.0)
    fill(own.database, own.recorder, _EVENTS)
    return sorted(_EVENTS, key=lambda event: event.id)


def _items(content: bytes) -> list[Any]:
    return [json.loads(line) for line in content.splitlines()]


def test_it_is_the_list_from_its_end(client: FlaskClient, filled: list[Event]) -> None:
    listed = client.get("/api/v1/events?action=push&order=asc").get_json()["items"]

    answer = client.get(f"{_PATH}?action=push")

    assert len(listed) == len(filled) / 2
    assert _items(answer.data) == listed
    assert answer.content_type == "application/x-ndjson"
    assert answer.headers["Cache-Control"] == "no-store"


def test_it_goes_on_behind_a_cursor(client: FlaskClient, filled: list[Event]) -> None:
    for format_ in ("ndjson", "csv"):
        query = f"format={format_}"
        whole = client.get(f"{_PATH}?{query}").data
        rest = client.get(f"{_PATH}?{query}&cursor={filled[7].id}").data

        assert rest == b"".join(whole.splitlines(keepends=True)[-12:])


def test_csv_has_a_head_and_says_so(client: FlaskClient, filled: list[Event]) -> None:
    answer = client.get(f"{_PATH}?format=csv")

    assert answer.content_type == "text/csv; charset=utf-8; header=present"
    head, first, *_ = answer.data.splitlines()
    assert head.startswith(b"id,timestamp,action,")
    assert first.startswith(f"{filled[0].id},".encode())


def test_it_is_compressed_for_who_can_read_that(
    client: FlaskClient, filled: list[Event]
) -> None:
    plain = client.get(_PATH)
    zipped = client.get(_PATH, headers={"Accept-Encoding": "gzip, br"})

    assert len(plain.data.splitlines()) == len(filled)
    assert "Content-Encoding" not in plain.headers
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert zipped.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(zipped.data) == plain.data


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("format=xml", "format"),
        ("cursor=x", "cursor"),
        ("limit=3", "limit"),
        ("order=asc", "order"),
        ("digest=sha256:x", "digest"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_there_is_an_answer(
    client: FlaskClient, query: str, parameter: str
) -> None:
    refused = client.get(f"{_PATH}?{query}")

    assert refused.status_code == 422
    assert refused.get_json()["errors"][0]["parameter"] == parameter


def _chunks(client: FlaskClient, headers: Any = None) -> Iterator[bytes]:
    answer = client.get(_PATH, headers=headers)
    assert answer.status_code == 200
    return iter(answer.iter_encoded())


@pytest.mark.usefixtures("filled")
def test_a_fault_on_the_way_is_no_clean_end(
    client: FlaskClient, own: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks = _chunks(client)
    next(chunks)

    def fail() -> None:
        raise DatabaseUnavailable

    monkeypatch.setattr(own.database._backend, "read", fail)

    with pytest.raises(DatabaseUnavailable):
        list(chunks)


@pytest.mark.usefixtures("filled")
def test_an_export_is_cut_off_when_its_token_ends(
    client: FlaskClient, people: People, own: Services
) -> None:
    people.add("alice", "auditor", on="else/**")
    chunks = _chunks(client, people.add("bob", "auditor"))
    next(chunks)
    people.grant("user:bob", "auditor", on="else/**")
    people.grant("user:bob", "push", on="else/**")
    assert next(chunks)

    own.streams.end()

    with pytest.raises(ExportCut):
        list(chunks)


@pytest.mark.usefixtures("filled")
def test_exports_and_streams_together_are_bounded(client: FlaskClient) -> None:
    assert client.head(_PATH).status_code == 200
    open_ = [client.get(_PATH), client.get("/api/v1/events/stream")]
    refused = [client.get(_PATH), client.get("/api/v1/events/stream")]
    for answer in open_:
        answer.close()

    assert [answer.status_code for answer in refused] == [503, 503]
    assert client.get(_PATH).status_code == 200


@pytest.mark.usefixtures("filled")
def test_an_auditor_of_some_repositories_gets_these_alone(
    client: FlaskClient, own: Services, people: People
) -> None:
    fill(own.database, own.recorder, [factories.event(repository="other/app")])
    headers = people.add("alice", "auditor", on="other/*")

    items = _items(client.get(_PATH, headers=headers).data)

    assert [item["event"]["target"]["repository"] for item in items] == ["other/app"]
