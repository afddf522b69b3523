"""Tags by REST: what they pointed to, and which of them nobody pulls."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from notifier.events.event import Action, Kind
from notifier.registry.digest import Digest
from notifier.web.services import Services
from tests import factories
from tests.audit.logs import DAY_NS, SECOND_NS, fill
from tests.web.api.conforming import ConformingClient
from tests.web.v2.traces import wait_for_journal

_HISTORY = "/repositories/team/app/tags/1.0/history"


def _items(api: ConformingClient, path: str) -> list[dict[str, Any]]:
    response = api.get(path)
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.get_json()["items"]
    return items


@pytest.fixture(name="moved")
def _moved(own: Services) -> None:
    """Move a tag from one manifest to another, an hour later, and delete it."""
    events = [
        factories.event(content=b"1", at_ns=DAY_NS, actor="alice"),
        factories.event(content=b"2", at_ns=DAY_NS + 3600 * SECOND_NS),
        factories.event(
            Action.DELETE, content=b"2", at_ns=DAY_NS + 7200 * SECOND_NS, actor="bob"
        ),
    ]
    fill(own.database, own.recorder, events)


@pytest.mark.usefixtures("moved")
def test_a_tag_tells_what_it_pointed_to_and_when(api: ConformingClient) -> None:
    newer, older = _items(api, _HISTORY)

    assert older["digest"] == Digest.of(b"1")
    assert older["since"] == "2026-05-01T00:00:00Z"
    assert older["until"] == newer["since"] == "2026-05-01T01:00:00Z"
    assert older["began"]["actor"] == "alice"
    assert older["ended"]["event_id"] == newer["began"]["event_id"]
    assert newer["ended"]["action"] == "delete"
    assert newer["ended"]["actor"] == "bob"
    event = api.get(f"/events/{older['began']['event_id']}").get_json()["event"]
    assert event["timestamp"] == older["began"]["timestamp"]


@pytest.mark.usefixtures("moved")
@pytest.mark.parametrize(
    ("at", "content"),
    [
        ("2026-04-30T23:59:59.999Z", None),
        ("2026-05-01T00:00Z", b"1"),
        ("2026-05-01T00:00:00Z", b"1"),
        ("2026-05-01T02:30+02:00", b"1"),
        ("2026-05-01T00:59:59.999Z", b"1"),
        ("2026-05-01T01:00Z", b"2"),
        ("2026-05-01T02:00Z", None),
        ("2999-01-01T00:00Z", None),
        ("1969-12-31T23:59:59Z", None),
        ("0001-01-01T00:00:00Z", None),
    ],
)
def test_a_tag_tells_what_it_pointed_to_at_a_moment(
    api: ConformingClient, at: str, content: bytes | None
) -> None:
    found = _items(api, f"{_HISTORY}?at={at.replace('+', '%2B')}")

    assert [span["digest"] for span in found] == (
        [] if content is None else [Digest.of(content)]
    )


@pytest.mark.usefixtures("moved")
def test_the_history_comes_in_pages(api: ConformingClient) -> None:
    first = api.get(f"{_HISTORY}?limit=1")
    cursor = first.get_json()["next"]

    rest = api.get(f"{_HISTORY}?limit=1&cursor={cursor}").get_json()

    assert first.headers["Link"].endswith('>; rel="next"')
    items = [*first.get_json()["items"], *rest["items"]]
    assert items == _items(api, _HISTORY)
    assert rest["next"] is None


@pytest.mark.usefixtures("moved")
def test_what_cannot_be_has_no_history(api: ConformingClient) -> None:
    assert _items(api, "/repositories/team/app/tags/unknown/history") == []
    for path in (
        "/repositories/nobody/knows/tags/1.0/history",
        "/repositories/Team/tags/1.0/history",
        "/repositories/Team",
        "/repositories/nobody/knows",
        "/repositories/team/app/tags/.1/history",
    ):
        assert api.get(path).status_code == 404
    for query, status in (
        ("at=yesterday", 422),
        ("at=9999-12-31T23:59:59-12:00", 422),
        ("cursor=x", 400),
        ("limit=0", 422),
    ):
        assert api.get(f"{_HISTORY}?{query}").status_code == status
    last = "_" * 21 + "8"
    assert api.get(f"{_HISTORY}?cursor={last}").status_code == 400


def test_a_repository_may_be_called_as_a_route_is(
    api: ConformingClient, own: Services
) -> None:
    name = "a/tags/b/history"
    fill(own.database, own.recorder, [factories.event(repository=name)])

    assert len(_items(api, f"/repositories/{name}/tags/1.0/history")) == 1
    [item] = _items(api, f"/repositories?repository={name}")
    assert item["name"] == name


def _pull(client: FlaskClient, reference: str, repository: str = "team/app") -> None:
    path = f"/v2/{repository}/manifests/{reference}"
    assert client.get(path).status_code == 200


def _grow_old(own: Services, days: int) -> None:
    """Let all that was counted have been so many days ago."""
    own.counting.catch_up()
    with own.database.transaction() as transaction:
        for name in ("pushed_ns", "first_pulled_ns", "last_pulled_ns"):
            transaction.connection.exec_driver_sql(
                f"UPDATE usages SET {name} = {name} - {days * 86_400 * SECOND_NS}"
            )


def _unpulled(api: ConformingClient, query: str = "unpulled_for=90d") -> list[str]:
    return [
        f"{item['repository']}:{item['tag']}" for item in _items(api, f"/tags?{query}")
    ]


def test_a_tag_that_nobody_pulls_is_found(
    api: ConformingClient, client: FlaskClient, own: Services
) -> None:
    for tag in ("old", "pulled", "asked"):
        layer = tag.encode()
        factories.push_image(client, tag, layers=(layer,))
    _pull(client, "old")
    wait_for_journal(own)
    _grow_old(own, 91)
    _pull(client, "pulled")
    assert client.head("/v2/team/app/manifests/asked").status_code == 200
    factories.push_image(client, "new", layers=(b"new",))
    wait_for_journal(own)

    assert _unpulled(api) == ["team/app:asked", "team/app:old"]
    assert _unpulled(api, "unpulled_for=92d") == []
    assert _unpulled(api, "unpulled_for=1h") == ["team/app:asked", "team/app:old"]
    assert _unpulled(api, "") == [
        *("team/app:asked", "team/app:new", "team/app:old", "team/app:pulled"),
    ]
    old, pulled = (
        next(item for item in _items(api, "/tags") if item["tag"] == tag)["usage"]
        for tag in ("old", "pulled")
    )
    assert old["pulls"] == pulled["pulls"] == 1
    assert old["last_pulled_at"] < pulled["last_pulled_at"]


def test_an_index_is_used_as_long_as_what_it_lists_is(
    api: ConformingClient, client: FlaskClient, own: Services
) -> None:
    child = factories.push_image(client, factories.digest(factories.manifest()))
    factories.push_manifest(client, factories.index(factories.manifest()), "index")
    _grow_old(own, 91)
    assert _unpulled(api) == ["team/app:index"]

    _pull(client, child)
    wait_for_journal(own)

    assert _unpulled(api) == []
    [item] = _items(api, "/tags")
    assert item["usage"]["last_pulled_at"] is not None


def test_repositories_are_chosen_by_globs(
    api: ConformingClient, client: FlaskClient
) -> None:
    for repository in ("team/app", "team/lib", "other"):
        factories.push_image(client, repository=repository)

    assert _unpulled(api, "repository=team/*") == ["team/app:1.0", "team/lib:1.0"]
    assert _unpulled(api, "repository=team/app,other") == ["other:1.0", "team/app:1.0"]
    assert _unpulled(api, "repository=nobody/**") == []


@pytest.mark.parametrize(
    "query",
    [
        *("unpulled_for=90", "unpulled_for=d", "unpulled_for=-1d", "unpulled_for=90m"),
        *("repository=A", "repository=", "until=2026-01-01", "unpulled_for=99999d"),
        *("repository=a%00b", "repository=a%20b", "repository=a%0A"),
    ],
)
def test_what_is_not_understood_is_refused(api: ConformingClient, query: str) -> None:
    for path in ("/tags", "/repositories"):
        assert api.get(f"{path}?{query}").status_code == 422
        assert api.get(f"{path}?cursor=x").status_code == 400


def test_what_is_not_counted_yet_is_not_called_unused(
    api: ConformingClient, own: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own.counting, "catch_up", lambda: False)

    for path in ("/tags", "/repositories"):
        response = api.get(f"{path}?unpulled_for=90d")

        assert response.status_code == 503
        assert response.headers["Retry-After"] == "1"
        assert api.get(path).status_code == 200


def test_a_blob_is_no_manifest_of_its_repository(
    api: ConformingClient, own: Services
) -> None:
    pull = factories.event(Action.PULL, kind=Kind.BLOB, tag=None)
    fill(own.database, own.recorder, [pull])

    [item] = _items(api, "/repositories")

    assert item["usage"]["pulls"] == 0
