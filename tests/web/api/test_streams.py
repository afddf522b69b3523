"""The audit log as it grows: server-sent events."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from notifier.access.passwords import PasswordHash
from notifier.config import Settings
from notifier.events import feed
from notifier.events.event import Action, Event
from notifier.web import streams as pulse
from notifier.web.api import streams as module
from notifier.web.services import Services
from tests import factories
from tests.audit.logs import fill
from tests.web.auth.people import Headers, People

_PATH = "/api/v1/events/stream"
_MOST = 3


@pytest.fixture(name="settings")
def _settings(settings: Settings) -> Settings:
    return Settings(
        database_url=settings.database_url,
        data_dir=settings.data_dir,
        web_streams=_MOST,
    )


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "_LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(module, "_CHECK_S", 0.05)


@pytest.fixture(name="people")
def _people(own: Services, password_hash: PasswordHash) -> People:
    return People(own, password_hash)


class Listener:
    """A client of a stream."""

    def __init__(self, client: FlaskClient, query: str, headers: Headers) -> None:
        self.response = client.get(f"{_PATH}?{query}", headers=headers)
        assert self.response.status_code == 200, self.response.text
        self._frames = self.response.iter_encoded()

    def frame(self) -> dict[str, str]:
        """Return what comes next: names and values, ``""`` being that of a comment."""
        frame = next(self._frames).decode()
        assert frame.endswith("\n\n")
        assert frame.count("\n\n") == 1
        return dict(line.split(":", 1) for line in frame.splitlines() if line)

    def hears(self, number: int) -> list[dict[str, Any]]:
        """Return so many events; there may be several in one piece."""
        found: list[dict[str, Any]] = []
        for piece in self._frames:
            for frame in piece.decode().removesuffix("\n\n").split("\n\n"):
                fields = dict(line.split(": ", 1) for line in frame.splitlines())
                if "data" in fields:
                    found.append({**fields, "data": json.loads(fields["data"])})
            if len(found) >= number:
                break
        assert len(found) == number
        return found

    def has_ended(self) -> bool:
        """Read to the end."""
        for _ in self._frames:
            pass
        return True


@contextmanager
def listening(
    client: FlaskClient, query: str = "", headers: Headers | None = None
) -> Iterator[Listener]:
    """Listen, from what is there when this begins."""
    listener = Listener(client, query, headers or {})
    try:
        yield listener
    finally:
        listener.response.close()


def _add(own: Services, *events: Event) -> None:
    fill(own.database, own.recorder, events)


def test_who_listens_is_told_what_is_recorded_from_then_on(
    client: FlaskClient, own: Services
) -> None:
    _add(own, factories.event())
    with listening(client) as listener:
        first = listener.frame()
        events = [factories.event(), factories.event(at_ns=1)]
        _add(own, *events)
        heard = listener.hears(2)

    listed = client.get("/api/v1/events").get_json()["items"]
    by_id = {item["event"]["id"]: item for item in listed}
    assert first["retry"] == " 1000"
    assert "id" in first
    assert [item["data"] for item in heard] == [by_id[str(e.id)] for e in events]
    assert listener.response.content_type == "text/event-stream"
    assert listener.response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("by_header", [True, False])
def test_a_stream_goes_on_behind_the_last_id(
    client: FlaskClient, own: Services, *, by_header: bool
) -> None:
    events = [factories.event() for _ in range(3)]
    with listening(client) as listener:
        _add(own, *events)
        marks = [item["id"] for item in listener.hears(3)]
    later = factories.event()
    _add(own, later)

    # As EventSource comes back: the header counts, whatever the URL was.
    query = f"after={marks[2]}" if by_header else f"after={marks[0]}"
    headers = {"Last-Event-ID": marks[0]} if by_header else {}
    with listening(client, query, headers) as listener:
        heard = listener.hears(3)

    assert [item["id"] for item in heard[:2]] == marks[1:]
    assert heard[2]["data"]["event"]["id"] == str(later.id)


def test_only_what_was_asked_for_is_told(client: FlaskClient, own: Services) -> None:
    wanted = factories.event(repository="team/app")
    with listening(client, "action=push&repository=team/app") as listener:
        _add(
            own,
            factories.event(repository="team/other"),
            factories.event(Action.PULL, repository="team/app"),
            wanted,
        )
        [heard] = listener.hears(1)

    assert heard["data"]["event"]["id"] == str(wanted.id)


def test_when_there_is_nothing_to_tell_the_id_moves_on_all_the_same(
    client: FlaskClient, own: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_KEEP_ALIVE_S", 0.05)
    with listening(client, "action=delete") as listener:
        first = listener.frame()
        _add(own, factories.event())
        frame = listener.frame()
        while frame["id"] == first["id"]:
            frame = listener.frame()
    _add(own, factories.event())

    with listening(client, f"after={frame['id'].strip()}") as listener:
        assert len(listener.hears(1)) == 1
    assert frame == {"": "", "id": frame["id"]}


def test_what_cannot_be_gone_on_with_is_said_first(
    client: FlaskClient, own: Services
) -> None:
    events = [factories.event() for _ in range(3)]
    with listening(client) as listener:
        for event in events:
            _add(own, event)
        mark = listener.hears(3)[0]["id"]
    feed.Forgetting(own.database, timedelta(0)).work()

    with listening(client, f"after={mark}") as listener:
        listener.frame()
        gap, heard = listener.hears(2)

    assert gap["event"] == "gap"
    assert "id" not in gap
    assert gap["data"]["complete_since"] >= heard["data"]["recorded_at"]
    assert heard["data"]["event"]["id"] == str(events[2].id)


@pytest.mark.parametrize("text", ["x", "0", "1.", "-1", "1.x", "01", "9" * 30])
def test_what_is_no_id_is_refused(client: FlaskClient, text: str) -> None:
    by_query = client.get(f"{_PATH}?after={text}")
    by_header = client.get(_PATH, headers={"Last-Event-ID": text})

    assert by_query.status_code == by_header.status_code == 400
    assert by_query.mimetype == "application/problem+json"


def test_there_are_so_many_streams_and_no_more(client: FlaskClient) -> None:
    # One without a body leaves no place taken.
    assert client.head(_PATH).status_code == 200
    open_ = [Listener(client, "", {}) for _ in range(_MOST)]
    refused = client.get(_PATH)
    open_[0].response.close()
    open_[0].response.close()
    open_.append(Listener(client, "", {}))
    again = client.get(_PATH)
    for listener in open_:
        listener.response.close()

    assert refused.status_code == again.status_code == 503
    assert int(refused.headers["Retry-After"]) > 0
    with listening(client):
        assert client.get("/healthz").status_code == 200


def test_streams_end_when_the_process_is_about_to(
    client: FlaskClient, own: Services
) -> None:
    with listening(client) as waiting, listening(client) as other:
        waiting.frame()
        threading.Timer(0.1, own.streams.end).start()

        assert waiting.has_ended()
        assert other.has_ended()


def test_a_stream_ends_when_its_token_does(
    client: FlaskClient, own: Services, people: People
) -> None:
    people.add("alice", "auditor")
    token = people.token("alice", "auditor")
    with listening(client, headers=token) as listener:
        _add(own, factories.event())
        assert len(listener.hears(1)) == 1
        [id_] = [
            item["id"]
            for item in client.get("/api/v1/tokens", headers=token).get_json()["items"]
        ]
        revoked = client.delete(
            f"/api/v1/tokens/{id_}", headers=people.add("b", "admin")
        )

        assert revoked.status_code == 204
        assert listener.has_ended()


def test_a_stream_ends_when_its_caller_may_see_other_things(
    client: FlaskClient, people: People
) -> None:
    headers = people.add("alice", "auditor", on="team/*")
    with listening(client, "repository=team/app", headers) as listener:
        listener.frame()
        people.grant("user:alice", "auditor", on="else/**")

        assert listener.has_ended()


def test_an_auditor_of_some_repositories_hears_of_these_alone(
    client: FlaskClient, own: Services, people: People
) -> None:
    headers = people.add("alice", "auditor", on="team/*")
    for query in ("repository=team/app", ""):
        wanted = factories.event(repository="team/app")
        with listening(client, query, headers) as listener:
            _add(own, factories.event(repository="other/app"), wanted)
            [heard] = listener.hears(1)

        assert heard["data"]["event"]["id"] == str(wanted.id)
    refused = client.get(f"{_PATH}?repository=other/app", headers=headers)
    assert refused.status_code == 403
